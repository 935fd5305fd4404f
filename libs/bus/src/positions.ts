import type { TopicName } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Admin } from 'kafkajs';
import type { Bus } from './bus.ts';
import { busMetrics } from './telemetry.ts';

/** Where one partition goes on, as the database says. */
export interface Position {
  topic: TopicName;
  partition: number;
  next: bigint;
  logEpoch: number;
}

export interface Watermarks {
  low: bigint;
  high: bigint;
}

/** First and next offset of every partition of a topic. */
export async function fetchWatermarks(bus: Bus, admin: Admin, topic: TopicName): Promise<Map<number, Watermarks>> {
  const offsets = await admin.fetchTopicOffsets(bus.physicalTopic(topic));
  return new Map(offsets.map((o) => [o.partition, { low: BigInt(o.low), high: BigInt(o.high) }]));
}

export async function readPositions(db: SqlClient, group: string, topics: readonly TopicName[]): Promise<Position[]> {
  const { rows } = await db.query<{ topic: TopicName; partition: number; next_offset: string; log_epoch: number }>(
    `SELECT topic, partition, next_offset::text AS next_offset, log_epoch FROM consumed_offset
     WHERE group_id = $1 AND topic = ANY ($2)`,
    [group, topics],
  );
  return rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    next: BigInt(row.next_offset),
    logEpoch: row.log_epoch,
  }));
}

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
  const { rowCount } = await tx.query(
    `UPDATE consumed_offset SET next_offset = $1, updated_at = now()
     WHERE group_id = $2 AND topic = $3 AND partition = $4 AND next_offset = $5 AND log_epoch = $6`,
    [next.toString(), group, position.topic, position.partition, position.next.toString(), position.logEpoch],
  );
  return rowCount === 1;
}

export type Incident = 'log-began-anew' | 'events-deleted-unread' | 'database-without-offsets';

export interface PlannedPosition {
  /** What to store; undefined if the stored position is right. */
  change?: { next: bigint; incident?: Incident };
}

/**
 * Compares a stored position with what the broker holds (Decision 2).
 * Beyond the end: the topic was truncated or made anew, so all it holds is new to us. Before the beginning: events were
 * deleted before we read them. Not stored although the broker knows this group: the database was emptied.
 */
export function planPosition(
  stored: bigint | undefined,
  broker: Watermarks & { committed: bigint },
  readFromStart: boolean,
): PlannedPosition {
  if (stored === undefined) {
    if (broker.committed >= 0n) return { change: { next: broker.low, incident: 'database-without-offsets' } };
    return { change: { next: readFromStart ? broker.low : broker.high } };
  }
  if (stored > broker.high) return { change: { next: broker.low, incident: 'log-began-anew' } };
  if (stored < broker.low) return { change: { next: broker.low, incident: 'events-deleted-unread' } };
  return {};
}

/** Stores a planned change, with its incident, in one statement; gives the position that then holds. */
export async function storePosition(
  db: SqlClient,
  group: string,
  at: { topic: TopicName; partition: number; stored: Position | undefined },
  change: { next: bigint; incident?: Incident },
  broker: Watermarks,
): Promise<void> {
  const epochs = change.incident === 'log-began-anew' ? 1 : 0;
  const { rowCount } = at.stored
    ? await db.query(
        `UPDATE consumed_offset SET next_offset = $4, log_epoch = log_epoch + $5, updated_at = now()
         WHERE group_id = $1 AND topic = $2 AND partition = $3 AND next_offset = $6`,
        [group, at.topic, at.partition, change.next.toString(), epochs, at.stored.next.toString()],
      )
    : await db.query(
        `INSERT INTO consumed_offset (group_id, topic, partition, next_offset) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING`,
        [group, at.topic, at.partition, change.next.toString()],
      );
  if (!change.incident || rowCount !== 1) return;
  busMetrics().bus_incidents_total.add(1, { kind: change.incident, topic: at.topic });
  await db.query(
    `INSERT INTO bus_incident (kind, group_id, topic, partition, expected, low_offset, high_offset, action)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      change.incident,
      group,
      at.topic,
      at.partition,
      at.stored?.next.toString() ?? null,
      broker.low.toString(),
      broker.high.toString(),
      `continues at ${change.next}`,
    ],
  );
}
