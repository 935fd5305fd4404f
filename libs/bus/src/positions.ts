import type { TopicName } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import type { Admin } from 'kafkajs';
import type { Bus } from './bus.ts';
import { busMetrics } from './telemetry.ts';

/** Where one partition goes on, as the database says. */
export interface Position {
  topic: TopicName;
  partition: number;
  next: bigint;
  logEpoch: number;
  /** The broker's id of the log that `next` counts in; null if it was not known. */
  logId: string | null;
}

export interface Watermarks {
  low: bigint;
  high: bigint;
}

/** What the broker holds of a partition. */
export interface HeldLog extends Watermarks {
  logId: string | undefined;
}

/** First and next offset of every partition of a topic. */
export async function fetchWatermarks(bus: Bus, admin: Admin, topic: TopicName): Promise<Map<number, Watermarks>> {
  const offsets = await admin.fetchTopicOffsets(bus.physicalTopic(topic));
  return new Map(offsets.map((o) => [o.partition, { low: BigInt(o.low), high: BigInt(o.high) }]));
}

export async function readPositions(db: SqlClient, group: string, topics: readonly TopicName[]): Promise<Position[]> {
  const { rows } = await db.query<{
    topic: TopicName;
    partition: number;
    next_offset: string;
    log_epoch: number;
    log_id: string | null;
  }>(
    `SELECT topic, partition, next_offset::text AS next_offset, log_epoch, log_id FROM consumed_offset
     WHERE group_id = $1 AND topic = ANY ($2)`,
    [group, topics],
  );
  return rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    next: BigInt(row.next_offset),
    logEpoch: row.log_epoch,
    logId: row.log_id,
  }));
}

const ADVANCE = prepared(
  `UPDATE consumed_offset SET next_offset = $1, updated_at = now()
   WHERE group_id = $2 AND topic = $3 AND partition = $4 AND next_offset = $5 AND log_epoch = $6 AND next_offset < $1`,
);

/**
 * Moves a position in the transaction of the effects. False: somebody else has moved it since we read it, so these
 * effects are somebody else's already and the transaction must roll back.
 */
export async function advancePosition(
  tx: SqlClient,
  group: string,
  position: Position,
  next: bigint,
): Promise<boolean> {
  const { rowCount } = await tx.query(ADVANCE, [
    next.toString(),
    group,
    position.topic,
    position.partition,
    position.next.toString(),
    position.logEpoch,
  ]);
  return rowCount === 1;
}

export type Incident = 'log-began-anew' | 'events-deleted-unread' | 'database-without-offsets';

export interface PlannedPosition {
  /** What to store; undefined if the stored position is right. */
  change?: { next: bigint; incident?: Incident };
}

/**
 * Compares a stored position with what the broker holds (Decision 2).
 * Another log than the one that the position counts in, or a position beyond its end, or one that the broker refused
 * although it fits by now: the topic was made anew or cut, so all it holds is new to us. Before the beginning: events
 * were deleted before we read them. Not stored although the broker knows this group: the database was emptied.
 */
export function planPosition(
  stored: Pick<Position, 'next' | 'logId'> | undefined,
  broker: HeldLog & { committed: bigint },
  o: {
    readFromStart: boolean;
    /** The broker has said that it does not hold this position. No clean change of leaders makes it say so. */
    outOfRange: boolean;
  },
): PlannedPosition {
  if (stored === undefined) {
    if (broker.committed >= 0n) return { change: { next: broker.low, incident: 'database-without-offsets' } };
    return { change: { next: o.readFromStart ? broker.low : broker.high } };
  }
  const anew: PlannedPosition = { change: { next: broker.low, incident: 'log-began-anew' } };
  const isOther = isOtherLog(stored, broker.logId);
  // Of the other one nothing had been read, so this one is only begun.
  if (isOther && stored.next === 0n && broker.low === 0n) return { change: { next: 0n } };
  if (isOther || stored.next > broker.high) return anew;
  if (stored.next < broker.low) return { change: { next: broker.low, incident: 'events-deleted-unread' } };
  if (o.outOfRange) return anew;
  // Stored before ids were, or at a broker without them: from now on it is known.
  return stored.logId === null && broker.logId !== undefined ? { change: { next: stored.next } } : {};
}

/** Whether a position is known to count in another log than this one. */
export function isOtherLog(position: Pick<Position, 'logId'>, logId: string | undefined): boolean {
  return position.logId !== null && logId !== undefined && position.logId !== logId;
}

/** Stores a planned change with its incident in one statement. False: somebody else has moved the position. */
export async function storePosition(
  db: SqlClient,
  group: string,
  at: { topic: TopicName; partition: number; stored: Position | undefined },
  change: { next: bigint; incident?: Incident },
  broker: HeldLog,
): Promise<boolean> {
  const moved = at.stored
    ? `UPDATE consumed_offset
       SET next_offset = $4::bigint, log_epoch = log_epoch + $6::int, log_id = coalesce($5::uuid, log_id), updated_at = now()
       WHERE group_id = $1::text AND topic = $2::text AND partition = $3::int AND next_offset = $12::bigint
         AND log_epoch = $13::int RETURNING 1`
    : `INSERT INTO consumed_offset (group_id, topic, partition, next_offset, log_id, log_epoch)
       SELECT $1::text, $2::text, $3::int, $4::bigint, $5::uuid, $6::int WHERE $12::bigint IS NULL AND $13::int IS NULL
       ON CONFLICT DO NOTHING RETURNING 1`;
  const { rows } = await db.query(
    `WITH moved AS (${moved}), noted AS (
       INSERT INTO bus_incident (kind, group_id, topic, partition, expected, low_offset, high_offset, action)
       SELECT $7::text, $1::text, $2::text, $3::int, $12::bigint, $8::bigint, $9::bigint, $10::text FROM moved WHERE $11::boolean
     )
     SELECT 1 FROM moved`,
    [
      group,
      at.topic,
      at.partition,
      change.next.toString(),
      broker.logId ?? null,
      change.incident === 'log-began-anew' ? 1 : 0,
      change.incident ?? '',
      broker.low.toString(),
      broker.high.toString(),
      `continues at ${change.next}`,
      change.incident !== undefined,
      at.stored?.next.toString() ?? null,
      at.stored?.logEpoch ?? null,
    ],
  );
  if (rows.length === 1 && change.incident) {
    busMetrics().bus_incidents_total.add(1, { kind: change.incident, topic: at.topic });
  }
  return rows.length === 1;
}
