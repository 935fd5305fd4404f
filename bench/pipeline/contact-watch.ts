import { uniqueName } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';

/** Counts the contacts that appear on a topic and keeps their bytes. */
export interface ContactWatch {
  /** Begins a round; resolves with the epoch ms at which the `count`th record of it was there. */
  until(count: number, timeoutMs: number): Promise<number>;
  values(): string[];
  close(): Promise<void>;
}

export async function watchContacts(brokers: string[], topic: string): Promise<ContactWatch> {
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  // It looks 20 times a second, not at every small commit: watching is no part of what is measured.
  const consumer = kafka.consumer({
    groupId: uniqueName('bench'),
    minBytes: 256 * 1024,
    maxWaitTimeInMs: 50,
    readUncommitted: false,
  });
  let kept: Buffer[] = [];
  let wanted = Number.POSITIVE_INFINITY;
  let reached: (atMs: number) => void = () => undefined;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) if (message.value) kept.push(message.value);
      if (kept.length >= wanted) reached(performance.now());
    },
  });
  return {
    async until(count, timeoutMs) {
      kept = [];
      wanted = count;
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise((resolve, reject) => {
          reached = resolve;
          const late = () => reject(new Error(`Only ${kept.length} of ${count} contacts appeared in ${timeoutMs} ms.`));
          timer = setTimeout(late, timeoutMs);
        });
      } finally {
        clearTimeout(timer);
        wanted = Number.POSITIVE_INFINITY;
      }
    },
    values: () => kept.map((value) => value.toString('utf8')),
    close: () => consumer.disconnect(),
  };
}
