import type { TopicName } from '@wxcc-wfo/contracts';
import { uniqueName, waitFor } from '@wxcc-wfo/testkit';
import type { Bus } from '../bus.ts';
import { fetchWatermarks } from '../positions.ts';

export interface SeenRecord {
  partition: number;
  offset: string;
  key: string;
  value: string;
  headers: Record<string, string>;
}

/** Everything committed on a topic up to its present end, in order within each partition. */
export async function readTopic(bus: Bus, topic: TopicName): Promise<SeenRecord[]> {
  const ends = await bus.withAdmin((admin) => fetchWatermarks(bus, admin, topic));
  const reached = new Map<number, bigint>();
  const seen: SeenRecord[] = [];
  const consumer = bus
    .createKafka()
    .consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50, readUncommitted: false });
  // Markers of transactions never reach eachBatch; this event counts them as well.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (payload.lastOffset !== null) reached.set(payload.partition, BigInt(payload.lastOffset) + 1n);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: bus.physicalTopic(topic), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        for (const m of batch.messages) {
          const headers = Object.fromEntries(Object.entries(m.headers ?? {}).map(([name, v]) => [name, String(v)]));
          const record = { offset: m.offset, key: String(m.key), value: String(m.value), headers };
          seen.push({ partition: batch.partition, ...record });
        }
      },
    });
    await waitFor(`the end of ${topic}`, () => [...ends].every(([p, { high }]) => (reached.get(p) ?? 0n) >= high));
    return seen;
  } finally {
    await consumer.disconnect();
  }
}
