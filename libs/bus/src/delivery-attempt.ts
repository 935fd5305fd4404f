import type { SqlClient } from '@wxcc-wfo/service-kit';
import { storableText } from './failure-policy.ts';
import type { RawRecord } from './received-event.ts';

/** Counts one attempt at a record that is handled alone; gives how many there were, this one included. */
export async function countAttempt(db: SqlClient, group: string, record: RawRecord, error: string): Promise<number> {
  const { rows } = await db.query<{ attempts: number }>(
    `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts, last_error)
     VALUES ($1, $2, $3, $4, 1, $5)
     ON CONFLICT (group_id, topic, partition, "offset")
       DO UPDATE SET attempts = delivery_attempt.attempts + 1, last_error = excluded.last_error, updated_at = now()
     RETURNING attempts`,
    [group, record.topic, record.partition, record.offset.toString(), storableText(error)],
  );
  return rows[0]!.attempts;
}

export async function forgetAttempts(db: SqlClient, group: string, record: RawRecord): Promise<void> {
  await db.query(
    `DELETE FROM delivery_attempt WHERE group_id = $1 AND topic = $2 AND partition = $3 AND "offset" = $4`,
    [group, record.topic, record.partition, record.offset.toString()],
  );
}
