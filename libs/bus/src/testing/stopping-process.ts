/** A process with a consumer and a relay that stops as the services do: step by step under a deadline. */
import { createPool, type StopStep, stopInOrder } from '@wxcc-wfo/service-kit';
import { createBus, createRelay } from '../index.ts';
import type { LifecycleSubject } from './lifecycle-subject.ts';
import { testLogger } from './silent-logger.ts';

const env = process.env as Record<string, string>;
const { default: subject } = (await import(env.SUBJECT!)) as { default: LifecycleSubject };

const pool = createPool({ url: env.DATABASE_URL!, applicationName: 'stopping', max: 10 });
const bus = createBus({
  brokers: env.KAFKA_BROKERS!.split(','),
  clientId: subject.service,
  topicPrefix: env.TOPIC_PREFIX!,
  logger: testLogger,
});
const relay = createRelay({ bus, pool, logger: testLogger });
const consumer = subject.createConsumer({ bus, pool, groupId: 'stopping', logger: testLogger });
await Promise.all([relay.start(), consumer.start()]);

const steps: StopStep[] = [
  { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
  { name: 'relay', run: (remainingMs) => relay.stop(remainingMs) },
  { name: 'http', run: () => undefined },
  { name: 'connections', run: () => pool.end() },
];
const told = steps.map(({ name, run }) => ({
  name,
  async run(remainingMs: number) {
    await run(remainingMs);
    process.stdout.write(`${JSON.stringify({ step: name })}\n`);
  },
}));

process.once('SIGTERM', async () => {
  const report = await stopInOrder(told, { deadlineMs: Number(env.SHUTDOWN_DEADLINE_MS) });
  process.exit(report.ok ? 0 : 1);
});
