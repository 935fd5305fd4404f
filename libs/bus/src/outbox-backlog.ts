import type { SqlClient } from '@wxcc-wfo/service-kit';
import { OUTBOX_SHARDS } from './outbox.ts';

export interface Backlog {
  /** Committed events that are not yet published, counted up to `MOST_COUNTED`. */
  unpublished: number;
  /** When the oldest of them was written, epoch ms; null when there is none. */
  oldestAtMs: number | null;
}

/** Counting more would read all of a backlog that an outage of the broker piled up; the age tells the rest. */
export const MOST_COUNTED = 100_000;

const MEASURE = `
  SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT ${MOST_COUNTED}) AS counted)::text AS unpublished, (
    SELECT min(first.created_at_ms) FROM generate_series(0, ${OUTBOX_SHARDS - 1}) AS s(shard), LATERAL (
      SELECT created_at_ms FROM outbox WHERE outbox.shard = s.shard ORDER BY id LIMIT 1) AS first)::text AS oldest`;

/** How much the outbox holds, by a look whose cost does not grow with it. */
export async function measureBacklog(db: SqlClient): Promise<Backlog> {
  const { rows } = await db.query<{ unpublished: string; oldest: string | null }>(MEASURE);
  const { unpublished = '0', oldest = null } = rows[0] ?? {};
  return { unpublished: Number(unpublished), oldestAtMs: oldest === null ? null : Number(oldest) };
}
