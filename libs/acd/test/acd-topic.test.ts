import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bus, createBus, createConsumer } from '@wxcc-wfo/bus';
import type { ServiceDatabase } from '@wxcc-wfo/bus/testing/service-database';
import { type AcdChanged, TOPICS } from '@wxcc-wfo/contracts';
import { createLogger } from '@wxcc-wfo/service-kit';
import { testAddresses, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { createAcdChangedHandler, findAcd } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';
import { acdDatabase } from './acd-database.ts';

/** What makes the broker compact within seconds what it would compact within days. */
const COMPACTED_SOON = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'segment.ms', value: '100' },
  { name: 'min.cleanable.dirty.ratio', value: '0.001' },
  { name: 'min.compaction.lag.ms', value: '0' },
  { name: 'max.compaction.lag.ms', value: '100' },
  { name: 'delete.retention.ms', value: '0' },
];
/** A topic, to Kafka's question after configurations. */
const TOPIC_RESOURCE = 2;
const logger = createLogger({ service: 'test', level: 'silent' });

describe('ACD-05 the compacted topic alone, nobody who owns the ACDs being there, over real Kafka and Postgres', () => {
  const topicPrefix = `${uniqueName('acd')}.`;
  const databases: ServiceDatabase[] = [];
  let bus: Bus;
  let producer: ReturnType<ReturnType<Bus['createKafka']>['producer']>;
  const topic = `${topicPrefix}${TOPICS.acdChanged}`;
  const lives = anAcd({ name: 'Lives' });
  const deleted = anAcd({ name: 'Deleted' });

  beforeAll(async () => {
    bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'acd-test', topicPrefix, logger });
    await bus.withAdmin((admin) =>
      admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: 1, configEntries: COMPACTED_SOON }],
      }),
    );
    producer = bus.createKafka().producer();
    await producer.connect();
  });
  afterAll(async () => {
    await producer?.disconnect();
    await Promise.all(databases.map((database) => database.drop()));
  });

  const send = (...acds: AcdChanged[]) =>
    producer.send({
      topic,
      messages: acds.map((acd) => ({
        key: acd.acdId,
        value: JSON.stringify(acd),
        headers: { ce_id: `${acd.acdId}:${acd.revision}` },
      })),
    });

  /** A service with an empty database, which reads what the topic holds. */
  async function service(database?: ServiceDatabase) {
    const own = database ?? (await acdDatabase());
    if (!database) databases.push(own);
    const consumer = createConsumer({
      bus,
      pool: own.pool,
      logger,
      // Where it goes on is told by its database alone.
      groupId: uniqueName('acd-test'),
      handlers: { [TOPICS.acdChanged]: createAcdChangedHandler() },
      onFatal: (error) => {
        throw error;
      },
    });
    await consumer.start();
    await consumer.caughtUp([TOPICS.acdChanged]);
    await consumer.stop(5_000);
    return own;
  }
  /** What the topic holds of these ACDs. */
  async function recordsOf(...acds: AcdChanged[]) {
    const ledger = await topicLedger(testAddresses.kafkaBrokers, topic);
    const end = uniqueName('end');
    await producer.send({ topic, messages: [{ key: 'filler', value: JSON.stringify({ end }) }] });
    await ledger.waitFor((record) => record.value?.toString().includes(end) ?? false);
    await ledger.close();
    return ledger.records.filter((record) => acds.some(({ acdId }) => acdId === record.key));
  }

  it('is configured to be compacted and never to forget a key', async () => {
    const elsewhere = createBus({
      brokers: testAddresses.kafkaBrokers,
      clientId: 'acd-test',
      topicPrefix: `${uniqueName('acd')}.`,
      logger,
    });
    await elsewhere.ensureTopics([TOPICS.acdChanged], { partitions: 1, replicationFactor: 1 });
    const { resources } = await elsewhere.withAdmin((admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          {
            type: TOPIC_RESOURCE,
            name: elsewhere.physicalTopic(TOPICS.acdChanged),
            configNames: ['cleanup.policy'],
          },
        ],
      }),
    );
    expect(resources[0]!.configEntries).toMatchObject([{ configName: 'cleanup.policy', configValue: 'compact' }]);
  });

  it('tells a service that was away while it was compacted, and one that begins with nothing, what is and what was deleted', async () => {
    await send(lives, deleted, { ...lives, revision: 2 });
    const away = await service();
    expect(await findAcd(away.pool, deleted.acdId)).toEqual(deleted);
    await send({ ...lives, revision: 3 }, { ...deleted, revision: 2 });
    await send({ ...lives, revision: 4, name: 'Lives on' }, { ...deleted, revision: 3, deleted: true });
    const remaining = await waitFor(
      'the broker to compact the topic',
      async () => {
        const records = await recordsOf(lives, deleted);
        return records.length === 2 ? records : null;
      },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    // The deletion is a whole record, not a tombstone that the broker would drop.
    const last = remaining.map((record) => record.json<AcdChanged>()).sort((a, b) => b.revision - a.revision);
    expect(last).toEqual([
      { ...lives, revision: 4, name: 'Lives on' },
      { ...deleted, revision: 3, deleted: true },
    ]);
    for (const database of [await service(away), await service()]) {
      expect(await findAcd(database.pool, lives.acdId)).toMatchObject({
        revision: 4,
        name: 'Lives on',
        deleted: false,
      });
      expect(await findAcd(database.pool, deleted.acdId)).toMatchObject({ revision: 3, deleted: true });
      const { rows } = await database.pool.query('SELECT active FROM acd WHERE deleted');
      expect(rows).toEqual([{ active: false }]);
    }
  }, 90_000);
});
