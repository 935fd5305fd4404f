import { storableText } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
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

/**
 * The count of a record that may end the process: it stands only while the record is in hand, so that what is left of
 * it was left by processes that died.
 */
export interface StandingCount {
  /** Counts, unless it stands already; gives how many there are, this one included. */
  stand(): Promise<number>;
  /** The attempt came to an end, whichever. Never throws: a count too many is the smaller evil. */
  takeBack(): Promise<void>;
  /** The record is settled. Never throws. */
  forget(): Promise<void>;
}

export function createStandingCount(db: SqlClient, group: string, record: RawRecord): StandingCount {
  let standing: number | undefined;
  const end = async (work: () => Promise<unknown>) => {
    if (standing === undefined) return;
    await work().then(
      () => {
        standing = undefined;
      },
      () => undefined,
    );
  };
  return {
    async stand() {
      standing ??= await countAttempt(db, group, record, 'The process ended while it was handled.');
      return standing;
    },
    takeBack: () =>
      end(() =>
        db.query(
          `UPDATE delivery_attempt SET attempts = greatest(0, attempts - 1)
           WHERE group_id = $1 AND topic = $2 AND partition = $3 AND "offset" = $4`,
          [group, record.topic, record.partition, record.offset.toString()],
        ),
      ),
    forget: () => end(() => forgetAttempts(db, group, record)),
  };
}
