import type { LifecycleSubject } from '@wxcc-wfo/bus/testing';
import { TOPICS, uuidV5 } from '@wxcc-wfo/contracts';
import { createMediaImportConsumer } from '../src/media-import-consumer.ts';
import { anAcd, aTaskEnded, mediaImportMigrations } from './media-import-database.ts';

/** Number n has ended so many milliseconds after it. */
const BASE_MS = 1_780_000_000_000;
const SPACE = '0f0f2a44-1b7d-4b55-9d53-2a8d9b0b7c22';

/** Events n and n + 3 of each six are an ACD and a task of it, so that both topics share keys. */
const acdOf = (n: number, tenantId: string) =>
  anAcd({
    tenantId,
    acdId: uuidV5(SPACE, `${tenantId}:${Math.floor(n / 6)}:${n % 3}`),
    name: String(n),
  });

const taskOf = (n: number, tenantId: string) =>
  aTaskEnded(acdOf(n, tenantId), { taskId: `task-${n}`, endedAtMs: BASE_MS + n });

const subject: LifecycleSubject = {
  service: 'media-import',
  migrations: mediaImportMigrations,
  topics: [TOPICS.taskEnded, TOPICS.acdChanged, TOPICS.tokenRefreshed],
  createConsumer: (kit) => createMediaImportConsumer({ ...kit, nowMs: Date.now }),
  event: (n, tenantId) =>
    n % 6 < 3
      ? { topic: TOPICS.acdChanged, payload: acdOf(n, tenantId) }
      : { topic: TOPICS.taskEnded, payload: taskOf(n, tenantId) },
  refusedEvent: (n, tenantId) => ({
    topic: TOPICS.acdChanged,
    payload: { ...acdOf(n, tenantId), acdId: uuidV5(SPACE, 'refused'), name: 'before\u0000after' },
  }),
  async effects(pool) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT (configuration->>'name')::integer AS n FROM acd UNION ALL SELECT (ended_at_ms - ${BASE_MS})::integer FROM import_job
       -- A job that was told twice has been woken.
       UNION ALL SELECT (ended_at_ms - ${BASE_MS})::integer FROM import_job WHERE wakes > 0`,
    );
    return rows.map(({ n }) => n);
  },
};

export default subject;
