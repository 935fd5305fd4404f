import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createPool } from '@wxcc-wfo/service-kit';
import { spawnService, testAddresses, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { type Bus, createBus } from '../bus.ts';
import type { Consumer } from '../consumer-port.ts';
import { appendEvents, type OutgoingEvent } from '../outbox.ts';
import { createRelay } from '../relay.ts';
import type { LifecycleSubject } from './lifecycle-subject.ts';
import { serviceDatabase } from './service-database.ts';
import { testLogger } from './silent-logger.ts';

const PARTITIONS = 3;
/** The least that the broker allows: a killed member is noticed only after it. */
export const SESSION_MS = 6_000;

/** Everything one test of the suite needs, its own database, topics and group included. */
export async function createLifecycleKit(subject: LifecycleSubject, subjectUrl: string) {
  const database = await serviceDatabase({ service: subject.service, folders: subject.migrations });
  const databaseUrl = database.url;
  const prefix = `${uniqueName('lifecycle')}.`;
  const groupId = 'lifecycle';
  let published = 0;
  let delivered = 0;
  const bus = countingDeliveries(
    createBus({
      brokers: testAddresses.kafkaBrokers,
      clientId: subject.service,
      topicPrefix: prefix,
      logger: testLogger,
      sessionTimeoutMs: SESSION_MS,
    }),
    (records) => {
      delivered += records;
    },
  );
  await bus.ensureTopics(subject.topics, { partitions: PARTITIONS, replicationFactor: 1 });
  const pools: Pool[] = [];
  const consumers: Consumer[] = [];
  const children: { kill(signal: NodeJS.Signals): Promise<unknown> }[] = [];
  const newPool = (url = databaseUrl, max = 10): Pool => {
    const pool = createPool({ url, applicationName: 'lifecycle-test', max });
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  };
  const pool = newPool();
  const tenants = [randomUUID(), randomUUID(), randomUUID()];
  await subject.prepare?.(pool, tenants);

  const kit = {
    bus,
    pool,
    tenants,
    groupId,
    databaseUrl,
    /** The role that HTTP reads run under. */
    readerRole: database.readerRole,
    newPool,
    /** Publishes through a real outbox and relay. */
    async publish(events: OutgoingEvent[]): Promise<void> {
      await appendEvents(pool, events);
      published += events.length;
      const relay = createRelay({ bus, pool, logger: testLogger });
      await relay.start();
      await relay.idle();
      await relay.stop();
    },
    events: (from: number, to: number, tenantOf = (n: number) => tenants[n % tenants.length]!): OutgoingEvent[] =>
      Array.from({ length: to - from }, (_, i) => subject.event(from + i, tenantOf(from + i))),
    /** Sends bytes as they are, with the headers of a tenant. */
    async publishRaw(records: { tenantId: string; value: Buffer }[]): Promise<void> {
      const producer = bus.createKafka().producer({ allowAutoTopicCreation: false });
      await producer.connect();
      const messages = records.map(({ tenantId, value }) => ({
        key: tenantId,
        value,
        headers: { ce_id: randomUUID(), ce_tenantid: tenantId },
      }));
      await producer.send({ topic: bus.physicalTopic(subject.topics[0]!), messages });
      published += records.length;
      await producer.disconnect();
    },
    async startConsumer(own: Pool = pool): Promise<Consumer> {
      const consumer = subject.createConsumer({ bus, pool: own, groupId, logger: testLogger });
      consumers.push(consumer);
      await consumer.start();
      return consumer;
    },
    /** Until the effects of the events [0, n) are stored; then asserts that none is there twice. */
    async effectsOf(n: number, except: readonly number[] = []): Promise<void> {
      const expected = Array.from({ length: n }, (_, i) => i).filter((i) => !except.includes(i));
      let seen: number[] = [];
      await waitFor(
        `${expected.length} effects`,
        async () => {
          seen = (await subject.effects(pool)).sort((a, b) => a - b);
          if (seen.length >= expected.length) return true;
          throw new Error(`${seen.length} of ${expected.length}`);
        },
        { timeoutMs: 30_000, intervalMs: 50 },
      );
      if (JSON.stringify(seen) !== JSON.stringify(expected)) {
        const missing = expected.filter((i) => !seen.includes(i));
        const extra = seen.filter((i, at) => !expected.includes(i) || seen.indexOf(i) !== at);
        throw new Error(
          `Effects differ: missing ${missing.join(', ') || 'none'}; twice or unexpected ${extra.join(', ') || 'none'}`,
        );
      }
    },
    /** Asserts that nothing was handled twice, and that everything was delivered at most once more per fault. */
    async withinFaults(faults: number): Promise<void> {
      const again = (await subject.handledAgain?.(pool)) ?? [];
      if (again.length > 0) throw new Error(`Committed more than once: ${again.join(', ')}`);
      if (delivered > published * (1 + faults)) {
        throw new Error(`${delivered} records were delivered for ${published} events and ${faults} faults.`);
      }
    },
    async deadLetters() {
      const { rows } = await pool.query<{ code: string; tenant_id: string | null; value: Buffer; state: string }>(
        `SELECT code, tenant_id, value, state FROM dead_letter ORDER BY created_at_ms`,
      );
      return rows;
    },
    /** Until the group's positions are at the end of every partition. */
    async settled(): Promise<void> {
      const probe = subject.createConsumer({ bus, pool, groupId, logger: testLogger });
      await probe.caughtUp();
    },
    spawnConsumer(commitDelayMs: number) {
      const child = spawnService({
        name: 'consumer',
        entry: fileURLToPath(new URL('./consumer-process.ts', import.meta.url)),
        env: {
          SUBJECT: subjectUrl,
          DATABASE_URL: databaseUrl,
          KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
          TOPIC_PREFIX: prefix,
          GROUP_ID: groupId,
          SESSION_MS: String(SESSION_MS),
          COMMIT_DELAY_MS: String(commitDelayMs),
          BUS_TEST_LOG: process.env.BUS_TEST_LOG ?? '',
        },
      });
      children.push(child);
      return child;
    },
    async close(): Promise<void> {
      await Promise.all(consumers.map((consumer) => consumer.stop(5_000)));
      await Promise.all(children.map((child) => child.kill('SIGKILL')));
      await Promise.all(pools.map((p) => p.end()));
      await bus
        .withAdmin((admin) => admin.deleteTopics({ topics: subject.topics.map((t) => bus.physicalTopic(t)) }))
        .catch(() => undefined);
      await database.drop();
    },
  };
  return kit;
}

/** The same bus; told how many records each batch hands to the consumers of this process. */
function countingDeliveries(bus: Bus, onBatch: (records: number) => void): Bus {
  return {
    ...bus,
    createKafka(onLog) {
      const kafka = bus.createKafka(onLog);
      const consumer = kafka.consumer.bind(kafka);
      kafka.consumer = (config) => {
        const made = consumer(config);
        made.on(made.events.START_BATCH_PROCESS, ({ payload }) => onBatch(payload.batchSize));
        return made;
      };
      return kafka;
    },
  };
}

export type LifecycleKit = Awaited<ReturnType<typeof createLifecycleKit>>;
