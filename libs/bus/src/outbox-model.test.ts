import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool, migrateService, runTransaction } from '@wxcc-wfo/service-kit';
import { type TestDatabase, testAddresses, testDatabase, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { type Bus, busMigrationsFolder, createBus, OUTBOX_SHARDS, shardOf } from './index.ts';
import { appendEvents } from './outbox.ts';
import type { RelayStep } from './relay-shard.ts';
import { acdChanged } from './testing/acd-events.ts';
import { createFreezableRelay, type FreezableRelay } from './testing/freezable-relay.ts';
import { testLogger } from './testing/index.ts';
import { readTopic } from './testing/read-topic.ts';

const LEASE_MS = 250;
const STEPS: RelayStep[] = ['balancing', 'fenced-in', 'read', 'sent', 'committed', 'deleted'];

interface Write {
  key: number;
  events: number;
  rollback: boolean;
  pauseMs: number;
}
interface Fault {
  relay: 0 | 1;
  step: RelayStep;
  /** crash: never goes on, another one is started; zombie: goes on long after its leases were taken over */
  kind: 'crash' | 'zombie';
}

let database: TestDatabase;
let pool: Pool;
let bus: Bus;

beforeAll(async () => {
  database = await testDatabase('outbox-model');
  const service = uniqueName('t-outbox');
  const { databaseUrl } = await migrateService({
    adminUrl: database.url,
    service,
    password: randomUUID(),
    folders: [busMigrationsFolder],
  });
  pool = createPool({ url: databaseUrl, applicationName: 'outbox-model', max: 20 });
  await pool.query('CREATE TABLE thing (acd_id uuid PRIMARY KEY, revision integer NOT NULL)');
  const topicPrefix = `${uniqueName('model')}.`;
  bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'model', topicPrefix, logger: testLogger });
  await bus.ensureTopics(['acd-changed'], { partitions: 2, replicationFactor: 1 });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** One writer's transactions, each changing one thing under its row lock; gives the revisions that were committed. */
async function write(writes: Write[], acdIds: string[], committed: Map<string, number>): Promise<void> {
  const tenantId = randomUUID();
  for (const w of writes) {
    const acdId = acdIds[w.key % acdIds.length]!;
    let revision = 0;
    const { commit } = await runTransaction(pool, async (tx) => {
      await tx.query('INSERT INTO thing VALUES ($1, 0) ON CONFLICT DO NOTHING', [acdId]);
      for (let i = 0; i < w.events; i += 1) {
        const { rows } = await tx.query<{ revision: number }>(
          'UPDATE thing SET revision = revision + 1 WHERE acd_id = $1 RETURNING revision',
          [acdId],
        );
        revision = rows[0]!.revision;
        await appendEvents(tx, [{ topic: 'acd-changed', payload: acdChanged({ tenantId, acdId, revision }) }]);
        await delay(w.pauseMs);
      }
      return { commit: !w.rollback };
    });
    if (commit) committed.set(acdId, Math.max(committed.get(acdId) ?? 0, revision));
  }
}

/** One key for each shard, so that every relay that holds a shard has something to do. */
function keysOfAllShards(): string[] {
  const keys = new Map<number, string>();
  while (keys.size < OUTBOX_SHARDS) {
    const key = randomUUID();
    keys.set(shardOf(key), key);
  }
  return [...keys.values()];
}

async function scenario(writers: [Write[], Write[]], faults: Fault[]): Promise<void> {
  const acdIds = keysOfAllShards();
  const onePerKey = acdIds.map((_, key): Write => ({ key, events: 1, rollback: false, pauseMs: 0 }));
  const committed = new Map<string, number>();
  const all: FreezableRelay[] = [];
  const start = async (freezeAt?: RelayStep) => {
    const relay = createFreezableRelay({
      bus,
      pool,
      logger: testLogger,
      leaseMs: LEASE_MS,
      batchSize: 3,
      ...(freezeAt ? { freezeAt } : {}),
    });
    all.push(relay);
    await relay.start();
    return relay;
  };
  const relays = [await start(), await start()];
  /** The zombies, until they go on. */
  const waking: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  /** Makes one of the two stand still at that step, and waits until it does. */
  const freeze = async (place: 0 | 1, step: RelayStep) => {
    await waking[place];
    if (step === 'fenced-in') {
      // It is passed once per shard and life, so only one that begins is sure to come there.
      await relays[place]!.stop(2_000);
      relays[place] = await start(step);
    } else relays[place]!.freezeAt(step);
    const victim = relays[place]!;
    // The writers may be done already: without rows there are no turns.
    await waitFor(`the freeze at "${step}"`, async () => {
      if (!victim.frozen()) await write(onePerKey, acdIds, committed);
      return victim.frozen();
    });
    return victim;
  };
  try {
    const writing = Promise.all(writers.map((writes) => write(writes, acdIds, committed)));
    const breaking = (async () => {
      for (const fault of faults) {
        const victim = await freeze(fault.relay, fault.step);
        if (fault.kind === 'crash') relays[fault.relay] = await start();
        // Long enough that its leases have expired, others have published behind it, and it wakes amid their work.
        else waking[fault.relay] = delay(LEASE_MS * 2).then(() => victim.thaw());
      }
    })();
    await Promise.all([writing, breaking]);
    await Promise.all(waking);
    for (const relay of relays) relay.thaw();
    await relays[0]!.idle();
    const seen = (await readTopic(bus, 'acd-changed')).filter((r) => acdIds.includes(r.key));
    for (const acdId of acdIds) {
      const revisions = seen.filter((r) => r.key === acdId).map((r) => JSON.parse(r.value).revision as number);
      const highest = committed.get(acdId) ?? 0;
      expect([...new Set(revisions)].sort((a, b) => a - b)).toEqual(Array.from({ length: highest }, (_, i) => i + 1));
      if (highest > 0) expect(revisions.at(-1)).toBe(highest);
    }
  } finally {
    const stopped = all.map((relay) => relay.stop(2_000));
    for (const relay of all) relay.thaw();
    await Promise.all(stopped);
  }
}

describe('the outbox with two writers, two relays, crashes and a zombie', () => {
  const writes = fc.array(
    fc.record({
      key: fc.nat(OUTBOX_SHARDS - 1),
      events: fc.integer({ min: 1, max: 3 }),
      rollback: fc.boolean(),
      pauseMs: fc.integer({ min: 0, max: 15 }),
    }),
    { minLength: 5, maxLength: 25 },
  );
  const fault = fc.record<Fault>({
    relay: fc.constantFrom(0 as const, 1 as const),
    step: fc.constantFrom(...STEPS),
    kind: fc.constantFrom('crash' as const, 'zombie' as const),
  });

  it('publishes every committed row, nothing else, and ends every key at its highest revision (rule 2)', async () => {
    const property = fc.asyncProperty(
      fc.tuple(writes, writes),
      fc.array(fault, { minLength: 1, maxLength: 3 }),
      scenario,
    );
    await fc.assert(property, { numRuns: 6, endOnFailure: true });
  });

  it.each(STEPS)('survives a zombie and a crash at the step "%s"', async (step) => {
    const some: Write[] = Array.from({ length: 15 }, (_, i) => ({
      key: i,
      events: 2,
      rollback: i % 5 === 4,
      pauseMs: 3,
    }));
    await scenario(
      [some, some],
      [
        { relay: 0, step, kind: 'zombie' },
        { relay: 1, step, kind: 'crash' },
      ],
    );
  });
});
