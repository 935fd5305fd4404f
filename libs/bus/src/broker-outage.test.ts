import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningServers, startServers, waitFor } from '@wxcc-wfo/testkit';
import { createRelay, type Relay } from './index.ts';
import { appendEvents } from './outbox.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

/** Gone for a minute; and one that hangs, for longer than a send's deadline, a session and all liveness that ends with them. */
const OUTAGE_MS = { SIGKILL: 60_000, SIGSTOP: 25_000 };
/** Services allow 60 s between two signs of life. */
const SILENCE_MS = 20_000;

let servers: RunningServers;
let kit: LifecycleKit;
let folder: string;
const shared = process.env.KAFKA_BROKERS;

// A broker of its own: the others' must not go away under them.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bus-outage-'));
  servers = await startServers({ dataFolder: folder, environment: { ...process.env, KAFKA_BROKERS: '' } });
  process.env.KAFKA_BROKERS = servers.kafkaBrokers.join(',');
  kit = await createLifecycleKit(subject, '');
}, 60_000);
afterAll(async () => {
  await kit?.close();
  await servers?.stop();
  process.env.KAFKA_BROKERS = shared;
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('while the broker is away', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'rows stay, nothing is parked, all stay alive, and all goes on by itself afterwards (%s)',
    async (how) => {
      const base = how === 'SIGKILL' ? 0 : 400;
      const broker = servers.kafka!;
      const relay: Relay = createRelay({ bus: kit.bus, pool: kit.pool, logger: testLogger, sendDeadlineMs: 3_000 });
      await relay.start();
      const consumer = await kit.startConsumer();
      await appendEvents(kit.pool, kit.events(base, base + 100));
      await waitFor('traffic', async () => (await subject.effects(kit.pool)).length > base);
      const pid = broker.pid()!;
      if (how === 'SIGKILL') await broker.kill('SIGKILL');
      else process.kill(pid, 'SIGSTOP');
      await appendEvents(kit.pool, kit.events(base + 100, base + 200));
      let silentForMs = 0;
      for (const endMs = Date.now() + OUTAGE_MS[how]; Date.now() < endMs; await delay(200)) {
        silentForMs = Math.max(silentForMs, Date.now() - Math.min(consumer.lastTickMs(), relay.lastTickMs()));
      }
      expect(silentForMs).toBeLessThan(SILENCE_MS);
      const { rows } = await kit.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox');
      expect(rows[0]!.n).toBe(100);
      if (how === 'SIGKILL') await broker.start();
      else process.kill(pid, 'SIGCONT');
      await appendEvents(kit.pool, kit.events(base + 200, base + 400));
      await waitFor('all effects', async () => (await subject.effects(kit.pool)).length === base + 400, {
        timeoutMs: 40_000,
      });
      await kit.effectsOf(base + 400);
      expect(await kit.deadLetters()).toEqual([]);
      expect((await kit.pool.query('SELECT kind FROM bus_incident')).rows).toEqual([]);
      await consumer.stop();
      await relay.stop();
    },
    OUTAGE_MS.SIGKILL + 60_000,
  );
});
