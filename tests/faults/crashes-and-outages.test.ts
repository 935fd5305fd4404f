import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningServers, type ServerControl, startServers, uniqueName } from '@wxcc-wfo/testkit';
import { ROOT } from '../../scripts/stack/services.ts';
import type { RunningService } from '../../scripts/stack/start-stack.ts';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { drawsOf } from '../support/seeded.ts';
import { endCalls, moment } from '../support/traffic.ts';
import { differencesFromTruth, quotaOverrun } from '../support/truth.ts';

const OUTAGE_MS = 20_000;
const KILLS_PER_SERVICE = 2;

describe('every contact is there, once', () => {
  let servers: RunningServers;
  let bridge: Bridge;

  beforeAll(async () => {
    // Servers of its own: they are stopped here, and other suites use the run's.
    servers = await startServers({
      dataFolder: `${ROOT}/.data/${uniqueName('test-servers')}`,
      environment: { WFO_SERVERS: process.env.WFO_SERVERS },
    });
    bridge = await startBridge({ servers, requestsPerMinute: 3_000, simulator: { SIM_SEGMENTS: 'false' } });
  }, 120_000);

  afterAll(async () => {
    await bridge?.stop();
    await servers?.stop();
  }, 60_000);

  it('although each service is killed (kill -9) at random moments while 500 tasks pass', async () => {
    await bridge.told(async () => {
      const draws = drawsOf(bridge.seed);
      const moments = new Map(
        bridge.stack.services.map((service) => [
          service,
          Array.from({ length: KILLS_PER_SERVICE }, () => draws.whole(0, 6_000)),
        ]),
      );
      await Promise.all([
        endCalls(bridge, { tasks: 500, forMs: 15_000 }),
        ...bridge.stack.services.map((service) => killAndRestart(service, moments.get(service)!)),
      ]);
      expect(await differencesFromTruth(bridge, { timeoutMs: 90_000, listenTo: 6 })).toEqual([]);
      expect(await quotaOverrun(bridge)).toEqual([]);
    });
  }, 180_000);

  it.each(['kafka', 'postgres'] as const)(
    'although %s is away for 20 s',
    async (server) => {
      await bridge.told(async () => {
        await duringOutage(servers[server]!, () => endCalls(bridge, { tasks: 60, forMs: OUTAGE_MS }));
        expect(await differencesFromTruth(bridge)).toEqual([]);
        expect(await quotaOverrun(bridge)).toEqual([]);
      });
    },
    120_000,
  );

  it('although redis is away for 20 s, and meanwhile each service is stopped (SIGTERM) in mid-work', async () => {
    await bridge.told(async () => {
      const calls = endCalls(bridge, { tasks: 100, forMs: OUTAGE_MS });
      await duringOutage(servers.redis!, async () => {
        for (const service of bridge.stack.services) await stopInOrder(service);
        await calls;
      });
      expect(await differencesFromTruth(bridge)).toEqual([]);
      expect(await quotaOverrun(bridge)).toEqual([]);
    });
  }, 120_000);
});

/** A deployment's work: the exit code must be 0, and within 10 s. */
async function stopInOrder(service: RunningService): Promise<void> {
  const askedMs = Date.now();
  expect([service.name, await service.stop('SIGTERM', 20_000)]).toEqual([service.name, 0]);
  expect(Date.now() - askedMs).toBeLessThan(10_000);
  await service.restart();
}

/** A supervisor's work: what was killed is started again at once. */
async function killAndRestart(service: RunningService, moments: readonly number[]): Promise<void> {
  for (const ms of moments) {
    await moment(ms);
    expect([service.name, await service.stop('SIGKILL')]).toEqual([service.name, 'SIGKILL']);
    await service.restart();
  }
}

async function duringOutage(server: ServerControl, meanwhile: () => Promise<void>): Promise<void> {
  await server.stop();
  try {
    await meanwhile();
  } finally {
    await server.start();
  }
}
