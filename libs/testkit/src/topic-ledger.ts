import { type IHeaders, Kafka, logLevel } from 'kafkajs';
import { uniqueName } from './unique-name.ts';
import { waitFor } from './wait-for.ts';

/** One record as it stands on the topic. */
export interface LedgerRecord {
  partition: number;
  offset: bigint;
  timestampMs: number;
  key: string | undefined;
  /** Undefined for a tombstone. */
  value: Buffer | undefined;
  /** Header values as text; of a repeated header the last. */
  headers: Record<string, string>;
  /** The value parsed as JSON; throws when it isn't. */
  json<T = unknown>(): T;
}

export interface TopicLedger {
  /** All that was read so far, in the order of reading (in order within a partition). */
  readonly records: readonly LedgerRecord[];
  /** Resolves with the records once there are `count`, or with those that match once one does. */
  waitFor(
    wanted: number | ((record: LedgerRecord) => boolean),
    options?: { timeoutMs?: number; count?: number },
  ): Promise<LedgerRecord[]>;
  close(): Promise<void>;
}

function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) text[name] = last.toString();
  }
  return text;
}

/**
 * Reads a topic from its beginning, committed records only, and remembers all of it, so that a test can wait for what
 * must appear and afterwards count what must not. The topic must exist.
 */
export async function topicLedger(brokers: string[], topic: string): Promise<TopicLedger> {
  const kafka = new Kafka({ clientId: 'testkit-ledger', brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: uniqueName('ledger'),
    readUncommitted: false,
    maxWaitTimeInMs: 50,
    sessionTimeout: 10_000,
    retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
  });
  const records: LedgerRecord[] = [];
  // Nothing is committed, so that after a rebalance or a broker's restart the reading begins anew.
  const nextOffsets = new Map<number, bigint>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch }) {
      for (const message of batch.messages) {
        const offset = BigInt(message.offset);
        if (offset < (nextOffsets.get(batch.partition) ?? 0n)) continue;
        nextOffsets.set(batch.partition, offset + 1n);
        const value = message.value ?? undefined;
        records.push({
          partition: batch.partition,
          offset,
          timestampMs: Number(message.timestamp),
          key: message.key?.toString(),
          value,
          headers: textHeaders(message.headers),
          json: () => JSON.parse(value?.toString() ?? 'null'),
        });
      }
    },
  });

  return {
    records,
    async waitFor(wanted, options = {}) {
      const byCount = typeof wanted === 'number';
      const count = byCount ? wanted : (options.count ?? 1);
      const matching = () => (byCount ? records : records.filter(wanted));
      await waitFor(
        `${count} ${byCount ? 'records' : 'matching records'} on ${topic}`,
        () => {
          const found = matching().length;
          if (found >= count) return true;
          const keys = records.slice(-5).map((record) => record.key ?? '(no key)');
          throw new Error(
            `${found} of them, ${records.length} records in all; keys of the latest: ${keys.join(', ') || 'none'}`,
          );
        },
        { timeoutMs: options.timeoutMs ?? 60_000, intervalMs: 20 },
      );
      return [...matching()];
    },
    close: () => consumer.disconnect(),
  };
}
