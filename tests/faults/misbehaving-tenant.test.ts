import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { drawsOf } from '../support/seeded.ts';
import { endCalls, moment } from '../support/traffic.ts';
import { differencesFromTruth, publishedVersions, quotaOverrun } from '../support/truth.ts';

/** What Webex allows a client, for all processes of the bridge together. */
const REQUESTS_PER_MINUTE = 300;
/** So short that tokens expire all the time, and the replicas of oauth refresh in each other's way. */
const ACCESS_TOKEN_SECONDS = 15;
/** Where facts come from. Tokens have their own back-off, in minutes, which lives of their hours. */
const DATA_ROUTES = ['search', 'captures', 'subscriptions', 'storage'] as const;

describe('two replicas of every service: every contact is there, once', () => {
  let bridge: Bridge;

  beforeAll(async () => {
    bridge = await startBridge({
      replicas: 2,
      requestsPerMinute: REQUESTS_PER_MINUTE,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS,
      simulator: { SIM_TASKS: '40' },
      environment: { POLL_INTERVAL_MS: '2000', WEBHOOK_CHECK_MS: '5000' },
    });
  }, 120_000);

  afterAll(() => bridge?.stop(), 60_000);

  const misbehave = async (...faults: FaultRequest[]) => {
    for (const fault of faults) await bridge.fault(fault);
  };
  const compare = async () => {
    expect(await differencesFromTruth(bridge, { timeoutMs: 60_000 })).toEqual([]);
    expect(await quotaOverrun(bridge)).toEqual([]);
  };

  it('of a day that had ended before the ACD was connected', () => bridge.told(compare), 120_000);

  it('although webhooks are lost, doubled and shuffled, and tasks and recordings come late', async () => {
    await bridge.told(async () => {
      await misbehave(
        { kind: 'webhook-lost', count: 10 },
        { kind: 'webhook-double', count: 20 },
        { kind: 'webhook-shuffle', count: 20 },
        { kind: 'late-tasks', count: 10, delayMs: 6_000 },
        { kind: 'late-recordings', count: 10, delayMs: 6_000 },
      );
      await endCalls(bridge, { tasks: 40, forMs: 3_000 });
      await compare();
      expect([...bridge.webhooks.passed.keys()].sort()).toEqual(['capture', 'media-import']);
    });
  }, 120_000);

  it('although the API fails in every way it knows and downloads break, while access tokens die', async () => {
    await bridge.told(async () => {
      await misbehave(
        { kind: 'rate-limit', forMs: 3_000, retryAfterSeconds: 1, routes: [...DATA_ROUTES] },
        { kind: 'server-error', count: 3, status: 500, routes: ['search'] },
        { kind: 'server-error', count: 3, status: 503, routes: ['captures', 'storage'] },
        { kind: 'errors-with-200', count: 3 },
        { kind: 'empty-page', count: 2 },
        { kind: 'lost-page', count: 1 },
        { kind: 'short-inner-page', count: 2 },
        { kind: 'hang-up', count: 3, routes: [...DATA_ROUTES] },
        { kind: 'cut-download', count: 5, afterBytes: 4_000 },
        { kind: 'truncate-download', count: 3, afterBytes: 4_000 },
      );
      const calls = endCalls(bridge, { tasks: 40, forMs: 4_000 });
      await bridge.control('POST', '/control/oauth/expire-access-tokens');
      await calls;
      await compare();
    });
  }, 180_000);

  it('although rows change after the end: corrected calls keep their contacts', async () => {
    await bridge.told(async () => {
      const corrected = (await bridge.groundTruth()).filter((task) => task.contacts.length > 0).slice(-5);
      const before = publishedVersions(bridge);
      for (const { taskId } of corrected) {
        await bridge.control('POST', `/control/tasks/${taskId}/changes`, { wrapUpCodeName: 'Corrected later' });
      }
      await waitFor('the segmenter to know every correction', async () => {
        const { rows } = await bridge.sql(
          `SELECT task_id FROM segmenter.task WHERE facts #>> '{wrapUpCode,name}' = 'Corrected later'`,
        );
        return rows.length === corrected.length;
      });
      expect([...publishedVersions(bridge).keys()].sort()).toEqual([...before.keys()].sort());
      await compare();
    });
  }, 120_000);

  it('although one replica of each service is killed (kill -9) and stays away', async () => {
    await bridge.told(async () => {
      const draws = drawsOf(bridge.seed);
      const calls = endCalls(bridge, { tasks: 60, forMs: 5_000 });
      for (const service of bridge.stack.services.filter((one) => one.replica === 2)) {
        await moment(draws.whole(0, 1_000));
        expect([service.name, await service.stop('SIGKILL')]).toEqual([service.name, 'SIGKILL']);
      }
      await calls;
      await compare();
    });
  }, 120_000);
});
