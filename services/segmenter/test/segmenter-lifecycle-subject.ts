import type { LifecycleSubject } from '@wxcc-wfo/bus/testing';
import { TOPICS } from '@wxcc-wfo/contracts';
import { createSegmenterConsumer } from '../src/segmenting/segmenter-consumer.ts';
import { recording, recordingId, row, task } from './call-rows.ts';
import { migrationsFolder } from './segmenter-database.ts';

/** Events n and n + 3 of each six are a call and its recording, so that both topics share keys. */
const isTask = (n: number): boolean => n % 6 < 3;
const taskIdOf = (n: number): string => `call-${Math.floor(n / 6)}-${n % 3}`;

const callOf = (n: number, tenantId: string) =>
  task([row('connected', 10, 60, 'A'), row('ended', 60, 60)], {
    tenantId,
    taskId: taskIdOf(n),
    callingNumber: String(n),
  });

const subject: LifecycleSubject = {
  service: 'segmenter',
  migrations: [migrationsFolder],
  topics: [TOPICS.taskEnded, TOPICS.recordingAvailable, TOPICS.contactSegmented],
  createConsumer: (kit) => createSegmenterConsumer(kit),
  event(n, tenantId) {
    if (isTask(n)) return { topic: TOPICS.taskEnded, payload: callOf(n, tenantId) };
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
       -- A call has one contact, of one version or two; whatever is more was done twice.
       UNION ALL SELECT (body->>'callingNumber')::integer FROM contact WHERE version > 2
       UNION ALL SELECT min(body->>'callingNumber')::integer FROM contact GROUP BY tenant_id, task_id HAVING count(*) > 1`,
    );
    return rows.map(({ n }) => n);
  },
};

export default subject;
