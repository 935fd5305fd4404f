import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnService, testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { appendEvents, createRelay, OUTBOX_SHARDS, type Relay } from './index.ts';
import { measureBacklog } from './outbox-backlog.ts';
import type { RelayStep } from './relay-shard.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';
import { readTopic } from './testing/read-topic.ts';

let kit: LifecycleKit;
beforeAll(async () => {
  kit = await createLifecycleKit(subject, '');
});
afterAll(async () => {
  await kit?.close();
});

const newRelay = (leaseMs = 600): Relay => createRelay({ bus: kit.bus, pool: kit.pool, logger: testLogger, leaseMs });

describe('a relay', () => {
  it('shares the shards with the others that are alive, and hands its own over when it stops', async () => {
    const relays = [newRelay(), newRelay(), newRelay()];
    const held = () => relays.map((r) => r.shards().length).sort();
    await relays[0]!.start();
    await waitFor('the first to hold all', () => relays[0]!.shards().length === OUTBOX_SHARDS);
    await relays[1]!.start();
    await relays[2]!.start();
    await waitFor('a fair share', () => JSON.stringify(held()) === '[1,1,2]');
    await relays[0]!.stop();
    const left = relays.slice(1);
    await waitFor('the others to take over', () => left.every((r) => r.shards().length === 2));
    expect(new Set(left.flatMap((r) => r.shards()))).toEqual(new Set([0, 1, 2, 3]));
    await Promise.all(left.map((r) => r.stop()));
  });

  it('measures what waits in all shards, and since when', async () => {
    expect(await measureBacklog(kit.pool)).toEqual({ unpublished: 0, oldestAtMs: null });
    const startedAtMs = Date.now();
    await appendEvents(kit.pool, kit.events(0, 30));
    await kit.pool.query('UPDATE outbox SET created_at_ms = created_at_ms + 1000 WHERE shard = 0');
    const { unpublished, oldestAtMs } = await measureBacklog(kit.pool);
    expect(unpublished).toBe(30);
    expect(oldestAtMs).toBeGreaterThanOrEqual(startedAtMs);
    expect(oldestAtMs).toBeLessThanOrEqual(Date.now());
    await kit.pool.query('DELETE FROM outbox');
  });

  it('sends soon after the commit, woken by it', async () => {
    const relay = newRelay(10_000);
    await relay.start();
    try {
      await appendEvents(kit.pool, kit.events(0, 8));
      await relay.idle();
      const startedMs = performance.now();
      for (let i = 0; i < 10; i += 1) {
        await appendEvents(kit.pool, kit.events(i, i + 1));
        await relay.idle();
      }
      // Polling alone would need a second on average for each.
      expect((performance.now() - startedMs) / 10).toBeLessThan(150);
    } finally {
      await relay.stop();
    }
  });

  it('that is stopped while it begins gives its connections back', async () => {
    const pool = kit.newPool();
    const relay = createRelay({ bus: kit.bus, pool, logger: testLogger });
    await relay.start();
    await relay.stop();
    await waitFor('all connections to be free', () => pool.totalCount > 0 && pool.idleCount === pool.totalCount);
  });

  it.each<RelayStep>(['leased', 'fenced-in', 'read', 'sent', 'committed', 'deleted'])(
    'that is killed at the step "%s" loses nothing',
    async (step) => {
      const from = (await readTopic(kit.bus, 'token-refreshed')).length;
      const child = spawnService({
        name: 'relay',
        entry: fileURLToPath(new URL('./testing/relay-process.ts', import.meta.url)),
        env: {
          KILL_AT: step,
          DATABASE_URL: kit.databaseUrl,
          KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
          TOPIC_PREFIX: kit.bus.prefix,
          CLIENT_ID: kit.bus.clientId,
        },
      });
      await appendEvents(kit.pool, kit.events(0, 60));
      expect((await child.exit).signal).toBe('SIGKILL');
      const successor = newRelay();
      await successor.start();
      await successor.idle();
      await successor.stop();
      const seen = (await readTopic(kit.bus, 'token-refreshed')).slice(0);
      const versions = seen.map((r) => JSON.parse(r.value).version as number);
      // Every second event of 60 is token-refreshed; at most what one batch per shard held comes twice.
      expect(new Set(versions)).toEqual(new Set(Array.from({ length: 30 }, (_, i) => 2 * i + 1)));
      expect(seen.length - from).toBeGreaterThanOrEqual(30);
      expect(seen.length - from).toBeLessThanOrEqual(30 + OUTBOX_SHARDS * 5);
    },
  );
});
