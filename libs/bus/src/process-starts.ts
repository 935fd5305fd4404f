import type { Pool } from 'pg';
import type { AssignedPartition } from './assignment.ts';

/** A position seen so often at a start without any progress means that its records may end the process. */
const SUSPICIOUS_STARTS = 3;

/**
 * Counts how often a process was given a partition at the same position and did not come to an orderly end. Joining
 * again counts nothing, and letting go of the partition or stopping takes the count back.
 */
export function createProcessStarts(o: { pool: Pool; groupId: string }) {
  /** What this process has counted and not taken back: where each partition stood. */
  let counted = new Map<string, { topic: string; partition: number; next: string }>();
  const keyOf = (p: AssignedPartition) => `${p.position.topic}:${p.position.partition}`;

  /** The partitions among `found` that were begun too often without progress: to be handled with care. */
  async function note(found: readonly AssignedPartition[]): Promise<AssignedPartition[]> {
    const keys = new Set(found.map(keyOf));
    await takeBack([...counted.keys()].filter((key) => !keys.has(key)));
    const behind = found.filter((p) => p.end > p.position.next);
    if (behind.length === 0) return [];
    const fresh = behind.filter((p) => !counted.has(keyOf(p)));
    for (const p of fresh) {
      const { topic, partition, next } = p.position;
      counted.set(keyOf(p), { topic, partition, next: next.toString() });
    }
    const { rows } = await count(behind, fresh).catch((error: unknown) => {
      for (const p of fresh) counted.delete(keyOf(p));
      throw error;
    });
    const often = rows.filter((row) => row.attempts > SUSPICIOUS_STARTS);
    return behind.filter((p) =>
      often.some((row) => row.topic === p.position.topic && row.partition === p.position.partition),
    );
  }

  async function count(behind: readonly AssignedPartition[], fresh: readonly AssignedPartition[]) {
    const counts = await o.pool.query<{ topic: string; partition: number; attempts: number }>(
      `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts, last_error)
       SELECT $1, topic, partition, -1 - next, n, 'start'
       FROM unnest($2::text[], $3::int[], $4::bigint[], $5::int[]) AS p(topic, partition, next, n)
       ON CONFLICT (group_id, topic, partition, "offset")
         DO UPDATE SET attempts = delivery_attempt.attempts + excluded.attempts, updated_at = now()
       RETURNING topic, partition, attempts`,
      [
        o.groupId,
        behind.map((p) => p.position.topic),
        behind.map((p) => p.position.partition),
        behind.map((p) => p.position.next.toString()),
        behind.map((p) => (fresh.includes(p) ? 1 : 0)),
      ],
    );
    await o.pool.query(
      `DELETE FROM delivery_attempt a USING consumed_offset c
       WHERE a.group_id = $1 AND a."offset" < 0 AND c.group_id = a.group_id AND c.topic = a.topic
         AND c.partition = a.partition AND a."offset" <> -1 - c.next_offset`,
      [o.groupId],
    );
    return counts;
  }

  async function takeBack(keys: readonly string[]): Promise<void> {
    const starts = keys.flatMap((key) => counted.get(key) ?? []);
    if (starts.length === 0) return;
    counted = new Map([...counted].filter(([key]) => !keys.includes(key)));
    await o.pool.query(
      `UPDATE delivery_attempt a SET attempts = greatest(0, a.attempts - 1)
       FROM unnest($2::text[], $3::int[], $4::bigint[]) AS p(topic, partition, next)
       WHERE a.group_id = $1 AND a.topic = p.topic AND a.partition = p.partition AND a."offset" = -1 - p.next`,
      [o.groupId, starts.map((s) => s.topic), starts.map((s) => s.partition), starts.map((s) => s.next)],
    );
  }

  return { note, takeBackAll: () => takeBack([...counted.keys()]) };
}
