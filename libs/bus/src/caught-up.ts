import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { Bus } from './bus.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import { fetchWatermarks, type Watermarks } from './positions.ts';

/** Where the topics end now; asks until the broker answers; undefined if stopped before. */
export async function readTargets(bus: Bus, topics: readonly TopicName[], signal: AbortSignal, logger: Logger) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await bus.withAdmin(async (admin) => {
        const ends = new Map<TopicName, Map<number, Watermarks>>();
        for (const topic of topics) ends.set(topic, await fetchWatermarks(bus, admin, topic));
        return ends;
      });
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.warn(
        { reason: describeError(error), attempt },
        'the ends of the topics cannot be read; it is tried again',
      );
      await delay(backoffMs(attempt, { firstMs: 200, maxMs: 5_000 }), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Whether the positions have reached those ends. */
export function isCaughtUp(
  ends: ReadonlyMap<TopicName, ReadonlyMap<number, Watermarks>>,
  positions: readonly { topic: TopicName; partition: number; next: bigint }[],
): boolean {
  const at = new Map(positions.map((p) => [`${p.topic}:${p.partition}`, p.next]));
  for (const [topic, partitions] of ends) {
    for (const [partition, { high }] of partitions) {
      const next = at.get(`${topic}:${partition}`);
      if (next === undefined || next < high) return false;
    }
  }
  return true;
}
