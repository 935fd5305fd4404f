import type { ReadinessCheck } from '@wxcc-wfo/service-kit';
import type { Consumer, PartitionHealth } from './consumer-port.ts';
import { busMetrics } from './telemetry.ts';

/** The consumers of this process; asked at each scrape, so that a partition that was handed over is told no longer. */
const watched = new Set<() => PartitionHealth[]>();

/** Lets the metrics tell of a consumer's partitions until the function that it gives is called. */
export function watchPartitions(read: () => PartitionHealth[]): () => void {
  watched.add(read);
  const each = (value: (p: PartitionHealth) => number) => () =>
    [...watched].flatMap((partitions) =>
      partitions().map((p) => ({ value: value(p), attributes: { topic: p.topic, partition: p.partition } })),
    );
  const metrics = busMetrics();
  metrics.bus_consumer_lag.observe(each((p) => Math.max(0, Number(BigInt(p.end) - BigInt(p.position)))));
  metrics.bus_consumer_behind_seconds.observe(each((p) => p.behindForMs / 1_000));
  return () => watched.delete(read);
}

/**
 * Readiness of a service that consumes. `assigned`: without its partitions it is of no use; `running`: it is, and what
 * it waits for is a note. Partitions that stand still are a note always: taking the replica out of HTTP moves none.
 */
export function consumerCheck(consumer: Pick<Consumer, 'health'>, needs: 'assigned' | 'running'): ReadinessCheck {
  return {
    name: 'consumer',
    check() {
      const { running, assigned, stalled } = consumer.health();
      if (!running) return 'The consumer is not running.';
      const unjoined = 'It has not joined its group yet.';
      if (!assigned) return needs === 'assigned' ? unjoined : { note: unjoined };
      if (stalled.length === 0) return null;
      return { note: `These stand still: ${stalled.map(describe).join(', ')}. The log says what they wait for.` };
    },
  };
}

function describe(p: PartitionHealth): string {
  return `${p.topic}/${p.partition} (at ${p.position} of ${p.end} for ${Math.round(p.behindForMs / 1_000)} s)`;
}
