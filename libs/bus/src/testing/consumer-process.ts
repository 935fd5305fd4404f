/** A process with one consumer of a lifecycle subject, to be ended by signals in mid-batch. */
import { createPool } from '@wxcc-wfo/service-kit';
import { createBus } from '../bus.ts';
import type { LifecycleSubject } from './lifecycle-subject.ts';
import { testLogger } from './silent-logger.ts';
import { slowCommits } from './slow-commits.ts';

const env = process.env as Record<string, string>;
const { default: subject } = (await import(env.SUBJECT!)) as { default: LifecycleSubject };
const say = (event: string) => process.stdout.write(`${JSON.stringify({ event })}\n`);

const pool = slowCommits(createPool({ url: env.DATABASE_URL!, applicationName: 'lifecycle', max: 10 }), {
  delayMs: Number(env.COMMIT_DELAY_MS),
  onCommit: () => say('committing'),
});
const bus = createBus({
  brokers: env.KAFKA_BROKERS!.split(','),
  clientId: subject.service,
  topicPrefix: env.TOPIC_PREFIX!,
  logger: testLogger,
  sessionTimeoutMs: Number(env.SESSION_MS),
});
const consumer = subject.createConsumer({ bus, pool, groupId: env.GROUP_ID!, logger: testLogger });
await consumer.start();
say('started');

process.once('SIGTERM', async () => {
  await consumer.stop(8_000);
  await pool.end();
  say('stopped');
  process.exit(0);
});
