import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { Admin, Consumer as KafkaConsumer } from 'kafkajs';
import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import { fetchLogIds } from './log-ids.ts';
import type { Logger } from './logger.ts';
import {
  fetchWatermarks,
  type HeldLog,
  isOtherLog,
  type Position,
  planPosition,
  readPositions,
  storePosition,
} from './positions.ts';
import { createProcessStarts } from './process-starts.ts';

/** A partition that this replica holds, from its join until the next one. */
export interface AssignedPartition {
  physical: string;
  position: Position;
  /** End of the log when last looked. */
  end: bigint;
  movedAtMs: number;
  committedAtMs: number;
  /** The broker does not hold its position, and kafkajs reset it: nothing is handled until that is settled. */
  suspect: boolean;
  /** The comparison with the broker that is under way. */
  verifying: Promise<void> | undefined;
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

/**
 * Which partitions are ours and where they go on. On every join the positions come from the database (Decision 2):
 * fetching is paused until they are known, compared with what the broker holds, and sought.
 */
export function createAssignment(o: AssignmentOptions) {
  let generation = 0;
  let held = new Map<string, AssignedPartition>();
  let expected = 0;
  let kafka: KafkaConsumer | undefined;
  const starts = createProcessStarts(o);
  /** Partitions whose position the broker has refused, until that is stored; a join in between forgets nothing. */
  const refused = new Set<string>();
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
    if (expected === 0) {
      void starts.note([]).catch(() => undefined);
      return;
    }
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
        if (of !== generation) return;
        for (const p of await starts.note(found)) p.aloneLeft = o.batchSize;
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
    // Before the ends: a log that is made anew in between is then seen as another one at the next look, not missed.
    const logIds = await fetchLogIds(o.bus, topics);
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
        const log = { ...mark, logId: logIds.get(topic) };
        const plan = await planOf(admin, { topic, physical, partition, position, log });
        if (plan) changed = true;
        else if (position) found.push(fresh(physical, position, log));
      }
    }
    // What another replica stored meanwhile counts as well, so the positions are read back instead of assumed.
    return changed ? await positionsOf(admin, wanted) : found;
  }

  async function planOf(
    admin: Admin,
    at: {
      topic: TopicName;
      physical: string;
      partition: number;
      position: Position | undefined;
      log: HeldLog;
    },
  ): Promise<boolean> {
    const { topic, partition, position } = at;
    let committed = -1n;
    if (!position) {
      const offsets = await admin.fetchOffsets({ groupId: o.bus.prefix + o.groupId, topics: [at.physical] });
      committed = BigInt(offsets[0]?.partitions.find((p) => p.partition === partition)?.offset ?? '-1');
    }
    const outOfRange = refused.has(keyOf(at.physical, partition));
    const planFor = (log: HeldLog) =>
      planPosition(position, { ...log, committed }, { readFromStart: o.readFromStart, outOfRange });
    let { log } = at;
    let plan = planFor(log);
    // A broker that just took over may not know the log's end or its id for a moment; look again before believing it.
    for (let look = 0; look < 3 && plan.change?.incident === 'log-began-anew' && !outOfRange; look += 1) {
      await delay(300, undefined, { signal: o.signal });
      const logId = (await fetchLogIds(o.bus, [topic])).get(topic);
      const mark = (await fetchWatermarks(o.bus, admin, topic)).get(partition);
      log = { ...(mark ?? log), logId };
      plan = planFor(log);
    }
    if (!plan.change) return false;
    const stored = await storePosition(o.pool, o.groupId, { topic, partition, stored: position }, plan.change, log);
    if (stored) refused.delete(keyOf(at.physical, partition));
    if (stored && plan.change.incident) {
      o.logger.error(
        {
          incident: plan.change.incident,
          topic,
          partition,
          stored: position?.next.toString(),
          low: log.low.toString(),
          high: log.high.toString(),
        },
        'the position of a partition does not fit what the broker holds; see table bus_incident, and have the publisher send again what may be missing',
      );
    }
    return true;
  }

  /** Reads the position anew, compares it with the broker, and seeks to it. */
  function verify(p: AssignedPartition): Promise<void> {
    p.verifying ??= compare(p).finally(() => {
      p.verifying = undefined;
    });
    return p.verifying;
  }

  async function compare(p: AssignedPartition): Promise<void> {
    const { partition } = p.position;
    const key = keyOf(p.physical, partition);
    const [found] = await o.bus.withAdmin((admin) =>
      positionsOf(admin, [{ topic: p.physical, partitions: [partition] }]),
    );
    // Refused meanwhile: what was found may be just what the broker does not hold.
    if (!found || held.get(key) !== p || refused.has(key)) return;
    found.aloneLeft = p.aloneLeft;
    held.set(key, found);
    kafka?.seek({ topic: p.physical, partition, offset: found.position.next.toString() });
  }

  /** At once, not with the next batch: a log that grows meanwhile must not come to fit. */
  async function settleSuspect(p: AssignedPartition): Promise<void> {
    for (let attempt = 0; held.get(keyOf(p.physical, p.position.partition)) === p && !o.signal.aborted; attempt += 1) {
      try {
        await verify(p);
      } catch (error) {
        o.logger.debug({ reason: describeError(error), attempt }, 'a refused position could not be compared yet');
        await delay(backoffMs(attempt, { firstMs: 50, maxMs: 3_000 }), undefined, { signal: o.signal }).catch(
          () => undefined,
        );
      }
    }
  }

  function fresh(physical: string, position: Position, log: HeldLog): AssignedPartition {
    const now = Date.now();
    return {
      physical,
      position,
      end: log.high,
      movedAtMs: now,
      committedAtMs: 0,
      suspect: false,
      verifying: undefined,
      aloneLeft: 0,
    };
  }

  return {
    begin,
    find: (physical: string, partition: number) => held.get(keyOf(physical, partition)),
    holds: (p: AssignedPartition) => held.get(keyOf(p.physical, p.position.partition)) === p,
    all: () => [...held.values()],
    ready: () => generation > 0 && held.size === expected,
    suspect(physical: string, partition: number) {
      const p = held.get(keyOf(physical, partition));
      if (!p || p.suspect) return;
      p.suspect = true;
      refused.add(keyOf(physical, partition));
      void settleSuspect(p);
    },
    verify,
    /** Looks at where the logs end, and whether they are still the ones that the positions count in. */
    async refreshEnds(): Promise<void> {
      if (held.size === 0) return;
      const topics = [...new Set([...held.values()].map((p) => p.position.topic))];
      // As they were before the broker was asked: handling goes on meanwhile.
      const before = [...held.values()].map((p) => ({ p, next: p.position.next }));
      const doubtful: AssignedPartition[] = [];
      const logIds = await fetchLogIds(o.bus, topics);
      await o.bus.withAdmin(async (admin) => {
        for (const topic of topics) {
          const marks = await fetchWatermarks(o.bus, admin, topic);
          for (const { p, next } of before) {
            const mark = marks.get(p.position.partition);
            if (p.position.topic !== topic || !mark) continue;
            if (mark.high < next || isOtherLog(p.position, logIds.get(topic))) doubtful.push(p);
            // Behind since the moment it was first seen to be, not since the last event of a quiet topic.
            if (p.end <= p.position.next && mark.high > p.position.next) p.movedAtMs = Date.now();
            p.end = mark.high;
          }
        }
      });
      for (const p of doubtful) if (held.get(keyOf(p.physical, p.position.partition)) === p) await verify(p);
    },
    /** An orderly end: that this process was given its partitions without progress says nothing against them. */
    release: () => starts.takeBackAll(),
  };
}
