import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import { testAddresses, topicLedger, uniqueName } from './index.ts';
import { createTopics } from './test-topic.ts';

// Without patches/kafkajs@2.2.4.patch an open connection keeps setting timers of 1 ms (kafkajs issue 1751).
it('an idle kafkajs connection arms no timer, and no timer has a negative delay', async () => {
  const topic = uniqueName('idle');
  await createTopics(testAddresses.kafkaBrokers, topic);
  const armed: number[] = [];
  const original = globalThis.setTimeout;
  globalThis.setTimeout = ((callback: () => void, delayMs: number, ...rest: unknown[]) => {
    armed.push(delayMs);
    return original(callback, delayMs, ...(rest as []));
  }) as typeof setTimeout;
  const producer = new Kafka({ brokers: testAddresses.kafkaBrokers, logLevel: logLevel.NOTHING }).producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'x' }] });
    const armedInUse = armed.length;
    expect(armedInUse).toBeGreaterThan(0);
    await delay(300);
    // Unpatched: about 280 in 300 ms.
    expect(armed.length - armedInUse).toBeLessThanOrEqual(3);
    expect(armed.filter((delayMs) => delayMs < 0)).toEqual([]);
  } finally {
    globalThis.setTimeout = original;
    await producer.disconnect();
  }
});

const text = (bytes: number) => 'Grüße, 世界. '.repeat(Math.ceil(bytes / 18)).slice(0, bytes);

/** Around the sizes from which on the patch refers to bytes instead of copying them, and times that need a long. */
function awkwardMessages(): Message[] {
  const sizes = [0, 1, 4_095, 16_000, 16_384, 16_385, 70_000, 200_000];
  const dayMs = 86_400_000;
  return sizes.flatMap((bytes, n) => [
    { key: `text-${n}`, value: text(bytes), timestamp: String(1_700_000_000_000 - n * 400 * dayMs) },
    { key: `bytes-${n}`, value: Buffer.alloc(bytes, n), headers: { one: 'é', many: ['1', Buffer.from('2')] } },
    { key: `none-${n}`, value: null },
  ]);
}

// The broker refuses a batch whose checksum or lengths are wrong; what it took is read back and compared.
it.each([
  ['in pieces', CompressionTypes.None],
  ['compressed', CompressionTypes.GZIP],
])('records of every size arrive as they were sent, %s', async (_, compression) => {
  const topic = uniqueName('sizes');
  await createTopics(testAddresses.kafkaBrokers, { [topic]: { partitions: 2 } });
  const producer = new Kafka({ brokers: testAddresses.kafkaBrokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const ledger = await topicLedger(testAddresses.kafkaBrokers, topic);
  try {
    const sent = [0, 1].flatMap((partition) => awkwardMessages().map((message) => ({ ...message, partition })));
    await producer.send({ topic, compression, messages: sent });
    // Several at once share a connection, and so their answers come in the same packets.
    await Promise.all(sent.map((message) => producer.send({ topic, compression, messages: [message] })));
    const records = await ledger.waitFor(2 * sent.length);
    for (const { partition, key, value, timestamp, headers } of sent) {
      const found = records.filter((record) => record.partition === partition && record.key === key);
      expect(found).toHaveLength(2);
      for (const record of found) {
        expect(record.value?.equals(Buffer.from(value ?? ''))).toBe(value === null ? undefined : true);
        if (timestamp) expect(record.timestampMs).toBe(Number(timestamp));
        expect(record.headers).toEqual(headers ? { one: 'é', many: '2' } : {});
      }
    }
  } finally {
    await ledger.close();
    await producer.disconnect();
  }
});

it('a transactional producer looks its coordinator up once, and again after anything went wrong', async () => {
  const topic = uniqueName('transactions');
  await createTopics(testAddresses.kafkaBrokers, topic);
  const kafka = new Kafka({ brokers: testAddresses.kafkaBrokers, logLevel: logLevel.NOTHING });
  const transactional = () => kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  const [producer, successor] = [transactional(), transactional()];
  const asked: string[] = [];
  producer.on(producer.events.REQUEST, ({ payload }) => void asked.push(payload.apiName));
  const lookups = () => asked.filter((name) => name === 'GroupCoordinator').length;
  const send = async (value: string) => {
    const transaction = await producer.transaction();
    try {
      await transaction.send({ topic, messages: [{ value }] });
      await transaction.commit();
    } catch (error) {
      await transaction.abort();
      throw error;
    }
  };
  const ledger = await topicLedger(testAddresses.kafkaBrokers, topic);
  try {
    await producer.connect();
    await send('1');
    const atFirst = lookups();
    await send('2');
    await send('3');
    // Unpatched: two for every transaction.
    expect(lookups()).toBe(atFirst);
    expect(asked.filter((name) => name === 'EndTxn')).toHaveLength(3);
    const read = await ledger.waitFor(3);
    expect(read.map((record) => record.value?.toString())).toEqual(['1', '2', '3']);
    await successor.connect();
    await (await successor.transaction()).abort();
    // Fenced by its successor: what it remembers may be wrong.
    await expect(send('4')).rejects.toThrow(/epoch/);
    await expect(send('5')).rejects.toThrow(/epoch/);
    expect(lookups()).toBe(atFirst + 1);
  } finally {
    await ledger.close();
    await producer.disconnect();
    await successor.disconnect();
  }
});
