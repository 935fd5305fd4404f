/** A process with a relay that kills itself, as kill -9 does, when it first reaches a step. */
import { createPool } from '@wxcc-wfo/service-kit';
import { createBus, createRelay } from '../index.ts';
import { testLogger } from './silent-logger.ts';

const env = process.env as Record<string, string>;
const pool = createPool({ url: env.DATABASE_URL!, applicationName: 'relay-process', max: 10 });
const bus = createBus({
  brokers: env.KAFKA_BROKERS!.split(','),
  clientId: env.CLIENT_ID!,
  topicPrefix: env.TOPIC_PREFIX!,
  logger: testLogger,
});
const relay = createRelay({
  bus,
  pool,
  logger: testLogger,
  leaseMs: 500,
  batchSize: 5,
  onStep(step) {
    if (step === env.KILL_AT) process.kill(process.pid, 'SIGKILL');
  },
});
await relay.start();
