import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { faultProxy, freePort, spawnService, testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { appendEvents, createRelay } from './index.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

const subjectUrl = new URL('./testing/fixtures/ledger-subject.ts', import.meta.url);

let kit: LifecycleKit;
beforeEach(async () => {
  kit = await createLifecycleKit(subject, String(subjectUrl));
});
afterEach(() => kit?.close());

describe('a stop (house style 20)', () => {
  it.each(['refuses connections', 'answers nothing'])(
    'with events to publish and a broker that %s takes all its steps in time, and the rows stay',
    async (how) => {
      const [host, port] = testAddresses.kafkaBrokers[0]!.split(':');
      const dead = await faultProxy({ target: { host: host!, port: Number(port) } });
      dead.halfOpen();
      const broker = how === 'answers nothing' ? dead.address : `127.0.0.1:${await freePort()}`;
      await appendEvents(kit.pool, kit.events(0, 20));
      const service = spawnService({
        name: 'stopping',
        entry: fileURLToPath(new URL('./testing/stopping-process.ts', import.meta.url)),
        env: {
          SUBJECT: String(subjectUrl),
          DATABASE_URL: kit.databaseUrl,
          KAFKA_BROKERS: broker,
          TOPIC_PREFIX: kit.bus.prefix,
          SHUTDOWN_DEADLINE_MS: '5000',
        },
      });
      const held = async () =>
        (await kit.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM relay_lease WHERE owner IS NOT NULL'))
          .rows[0]!.n;
      await waitFor('the shards to be leased', async () => (await held()) === 4);
      expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(service.logs().filter((l) => 'step' in l)).toEqual([
        { step: 'consumer' },
        { step: 'relay' },
        { step: 'http' },
        { step: 'connections' },
      ]);
      expect(await held()).toBe(0);
      expect((await kit.pool.query('SELECT 1 FROM outbox')).rows).toHaveLength(20);
      await dead.close();
    },
  );

  it('right after the start leaves no connection and no member behind', async () => {
    const own = kit.newPool();
    for (let i = 0; i < 3; i += 1) {
      const relay = createRelay({ bus: kit.bus, pool: own, logger: testLogger });
      const consumer = subject.createConsumer({ bus: kit.bus, pool: own, groupId: kit.groupId, logger: testLogger });
      await Promise.all([relay.start(), consumer.start()]);
      // A little later each time: while it connects, subscribes, joins.
      for (let turn = 0; turn < i * 40; turn += 1) await new Promise(setImmediate);
      await Promise.all([relay.stop(), consumer.stop()]);
    }
    await waitFor('every connection to be given back', () => own.idleCount === own.totalCount);
    const group = kit.bus.prefix + kit.groupId;
    await waitFor('the group to be empty', async () => {
      const { groups } = await kit.bus.withAdmin((admin) => admin.describeGroups([group]));
      return groups[0]!.members.length === 0;
    });
  });
});
