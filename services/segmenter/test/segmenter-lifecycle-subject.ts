import type { LifecycleSubject } from '@wxcc-wfo/bus/testing';
import { TOPICS } from '@wxcc-wfo/contracts';
import { createSegmenterConsumer } from '../src/segmenting/segmenter-consumer.ts';
import { recording, recordingId, row, task, unavailable } from './call-rows.ts';
import { migrationsFolder } from './segmenter-database.ts';

/** Events n, n + 3 and n + 6 of each nine are a call, its recording and a verdict on it, so that all topics share keys. */
const kindOf = (n: number) => (['task', 'recording', 'verdict'] as const)[Math.floor((n % 9) / 3)]!;
const taskIdOf = (n: number): string => `call-${Math.floor(n / 9)}-${n % 3}`;

const callOf = (n: number, tenantId: string) =>
  task([row('connected', 10, 60, 'A'), row('ended', 60, 60)], {
    tenantId,
    taskId: taskIdOf(n),
    callingNumber: String(n),
  });

const subject: LifecycleSubject = {
  service: 'segmenter',
  migrations: [migrationsFolder],
  topics: [
    TOPICS.taskEnded,
    TOPICS.recordingAvailable,
    TOPICS.recordingUnavailable,
    TOPICS.acdChanged,
    TOPICS.contactSegmented,
  ],
  createConsumer: (kit) => createSegmenterConsumer(kit),
  event(n, tenantId) {
    if (kindOf(n) === 'task') return { topic: TOPICS.taskEnded, payload: callOf(n, tenantId) };
    if (kindOf(n) === 'verdict') {
      const verdict = unavailable(1, { tenantId, taskId: taskIdOf(n), reason: String(n) });
      return { topic: TOPICS.recordingUnavailable, payload: verdict };
    }
    const payload = recording(1, 10, 60, { tenantId, taskId: taskIdOf(n), recordingId: recordingId(n) });
    return { topic: TOPICS.recordingAvailable, payload: { ...payload, sizeBytes: n } };
  },
  refusedEvent(n, tenantId) {
    const payload = { ...callOf(n, tenantId), metadata: [{ label: 'Note', value: 'before\u0000after' }] };
    return { topic: TOPICS.taskEnded, payload };
  },
  async effects(pool) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT (facts->>'callingNumber')::integer AS n FROM task WHERE revision > 0
       UNION ALL SELECT (facts->>'sizeBytes')::integer FROM recording
       UNION ALL SELECT (verdict->>'reason')::integer FROM task WHERE verdict_version > 0
       -- A call has one contact, of one to three versions; whatever is more was done twice.
       UNION ALL SELECT (body->>'callingNumber')::integer FROM contact WHERE version > 3
       UNION ALL SELECT min(body->>'callingNumber')::integer FROM contact GROUP BY tenant_id, task_id HAVING count(*) > 1`,
    );
    return rows.map(({ n }) => n);
  },
};

export default subject;
