import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { Admin, Consumer as KafkaConsumer } from 'kafkajs';
import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import {
  fetchWatermarks,
  type Position,
  planPosition,
  readPositions,
  storePosition,
  type Watermarks,
} from './positions.ts';

/** A partition that this replica holds, from its join until the next one. */
export interface AssignedPartition {
  physical: string;
  position: Position;
  /** End of the log when last looked. */
  end: bigint;
  movedAtMs: number;
  committedAtMs: number;
  /** kafkajs reset it: compare with the broker before anything is handled. */
  suspect: boolean;
  /** So many records are handled one by one, counted beforehand: one of them may end the process each time. */
  aloneLeft: number;
}

export interface AssignmentOptions {
  bus: Bus;
  pool: Pool;
  groupId: string;
  logger: Logger;
  readFromStart: boolean;
  batchSize: number;
  signal: AbortSignal;
  tick(): void;
}

export type Assignment = ReturnType<typeof createAssignment>;

/** A position seen so often at a start without any progress means that its records may end the process. */
const SUSPICIOUS_STARTS = 3;

/**
 * Which partitions are ours and where they go on. On every join the positions come from the database (Decision 2):
 * fetching is paused until they are known, compared with what the broker holds, and sought.
 */
export function createAssignment(o: AssignmentOptions) {
  let generation = 0;
  let held = new Map<string, AssignedPartition>();
  let expected = 0;
  let kafka: KafkaConsumer | undefined;
  const keyOf = (physical: string, partition: number) => `${physical}:${partition}`;

  /** Called synchronously when the group was joined, before anything is fetched. */
  function begin(consumer: KafkaConsumer, memberAssignment: Record<string, number[]>): void {
    generation += 1;
    held = new Map();
    kafka = consumer;
    const wanted = Object.entries(memberAssignment).map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions],
    }));
    expected = wanted.reduce((n, { partitions }) => n + partitions.length, 0);
    if (expected === 0) return;
    consumer.pause(wanted);
    void settle(generation, consumer, wanted);
  }

  async function settle(
    of: number,
    consumer: KafkaConsumer,
    wanted: { topic: string; partitions: number[] }[],
  ): Promise<void> {
    for (let attempt = 0; of === generation && !o.signal.aborted; attempt += 1) {
      o.tick();
      try {
        const found = await o.bus.withAdmin((admin) => positionsOf(admin, wanted));
        await noteStarts(found);
        if (of !== generation) return;
        for (const p of found) {
          held.set(keyOf(p.physical, p.position.partition), p);
          consumer.seek({ topic: p.physical, partition: p.position.partition, offset: p.position.next.toString() });
        }
        consumer.resume(wanted);
        return;
      } catch (error) {
        if (attempt === 0 || attempt % 10 === 9) {
          o.logger.warn(
            { reason: describeError(error), attempt },
            'it cannot be read where the partitions go on; nothing is consumed until then',
          );
        }
        await delay(backoffMs(attempt, { firstMs: 50, maxMs: 3_000 }), undefined, { signal: o.signal }).catch(
          () => undefined,
        );
      }
    }
  }

  async function positionsOf(
    admin: Admin,
    wanted: { topic: string; partitions: number[] }[],
  ): Promise<AssignedPartition[]> {
    const topics = wanted.map(({ topic }) => o.bus.logicalTopic(topic)!).filter(Boolean);
    const stored = new Map(
      (await readPositions(o.pool, o.groupId, topics)).map((p) => [`${p.topic}:${p.partition}`, p]),
    );
    const found: AssignedPartition[] = [];
    let changed = false;
    for (const { topic: physical, partitions } of wanted) {
      const topic = o.bus.logicalTopic(physical);
      if (!topic) continue;
      const marks = await fetchWatermarks(o.bus, admin, topic);
      for (const partition of partitions) {
        const position = stored.get(`${topic}:${partition}`);
        const mark = marks.get(partition);
        if (!mark) throw new Error(`The broker doesn't know partition ${partition} of '${physical}' yet.`);
        const plan = await planOf(admin, { topic, physical, partition, position, mark });
        if (plan) changed = true;
        else if (position) found.push(fresh(physical, position, mark));
      }
    }
    // What another replica stored meanwhile counts as well, so the positions are read back instead of assumed.
    return changed ? await positionsOf(admin, wanted) : found;
  }

  async function planOf(
    admin: Admin,
    at: { topic: TopicName; physical: string; partition: number; position: Position | undefined; mark: Watermarks },
  ): Promise<boolean> {
    let committed = -1n;
    if (!at.position) {
      const offsets = await admin.fetchOffsets({ groupId: o.bus.prefix + o.groupId, topics: [at.physical] });
      committed = BigInt(offsets[0]?.partitions.find((p) => p.partition === at.partition)?.offset ?? '-1');
    }
    let { mark } = at;
    let plan = planPosition(at.position?.next, { ...mark, committed }, o.readFromStart);
    // A leader that was just elected may not know its own end for a moment; look again before believing it.
    for (let look = 0; look < 3 && plan.change?.incident === 'log-began-anew'; look += 1) {
      await delay(300, undefined, { signal: o.signal });
      mark = (await fetchWatermarks(o.bus, admin, at.topic)).get(at.partition) ?? mark;
      plan = planPosition(at.position?.next, { ...mark, committed }, o.readFromStart);
    }
    if (!plan.change) return false;
    if (plan.change.incident) {
      const { topic, partition } = at;
      o.logger.error(
        {
          incident: plan.change.incident,
          topic,
          partition,
          stored: at.position?.next.toString(),
          low: mark.low.toString(),
          high: mark.high.toString(),
        },
        'the position of a partition does not fit what the broker holds; see table bus_incident, and have the publisher send again what may be missing',
      );
    }
    await storePosition(o.pool, o.groupId, { ...at, stored: at.position }, plan.change, mark);
    return true;
  }

  /** Counts starts at the same position; one without progress three times over is handled with care. */
  async function noteStarts(found: AssignedPartition[]): Promise<void> {
    const behind = found.filter((p) => p.end > p.position.next);
    if (behind.length === 0) return;
    const { rows } = await o.pool.query<{ topic: string; partition: number; attempts: number }>(
      `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts, last_error)
       SELECT $1, topic, partition, -1 - next, 1, 'start' FROM unnest($2::text[], $3::int[], $4::bigint[]) AS p(topic, partition, next)
       ON CONFLICT (group_id, topic, partition, "offset") DO UPDATE SET attempts = delivery_attempt.attempts + 1, updated_at = now()
       RETURNING topic, partition, attempts`,
      [
        o.groupId,
        behind.map((p) => p.position.topic),
        behind.map((p) => p.position.partition),
        behind.map((p) => p.position.next.toString()),
      ],
    );
    await o.pool.query(
      `DELETE FROM delivery_attempt a USING consumed_offset c
       WHERE a.group_id = $1 AND a."offset" < 0 AND c.group_id = a.group_id AND c.topic = a.topic
         AND c.partition = a.partition AND a."offset" <> -1 - c.next_offset`,
      [o.groupId],
    );
    for (const row of rows) {
      if (row.attempts <= SUSPICIOUS_STARTS) continue;
      const p = behind.find((b) => b.position.topic === row.topic && b.position.partition === row.partition);
      if (p) p.aloneLeft = o.batchSize;
    }
  }

  function fresh(physical: string, position: Position, mark: Watermarks): AssignedPartition {
    const now = Date.now();
    return { physical, position, end: mark.high, movedAtMs: now, committedAtMs: 0, suspect: false, aloneLeft: 0 };
  }

  return {
    begin,
    find: (physical: string, partition: number) => held.get(keyOf(physical, partition)),
    holds: (p: AssignedPartition) => held.get(keyOf(p.physical, p.position.partition)) === p,
    all: () => [...held.values()],
    ready: () => generation > 0 && held.size === expected,
    suspect(physical: string, partition: number) {
      const p = held.get(keyOf(physical, partition));
      if (p) p.suspect = true;
    },
    /** Reads the position anew, compares it with the broker, and seeks to it. */
    async verify(p: AssignedPartition): Promise<void> {
      const { partition } = p.position;
      const [found] = await o.bus.withAdmin((admin) =>
        positionsOf(admin, [{ topic: p.physical, partitions: [partition] }]),
      );
      if (!found || held.get(keyOf(p.physical, partition)) !== p) return;
      held.set(keyOf(p.physical, partition), found);
      kafka?.seek({ topic: p.physical, partition, offset: found.position.next.toString() });
    },
    async refreshEnds(): Promise<void> {
      if (held.size === 0) return;
      const topics = [...new Set([...held.values()].map((p) => p.position.topic))];
      await o.bus.withAdmin(async (admin) => {
        for (const topic of topics) {
          const marks = await fetchWatermarks(o.bus, admin, topic);
          for (const p of held.values()) {
            const mark = marks.get(p.position.partition);
            if (p.position.topic !== topic || !mark) continue;
            // Behind since the moment it was first seen to be, not since the last event of a quiet topic.
            if (p.end <= p.position.next && mark.high > p.position.next) p.movedAtMs = Date.now();
            p.end = mark.high;
          }
        }
      });
    },
  };
}
