import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { testAddresses, uniqueName } from './index.ts';
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
