import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import { isCompared } from '../../scripts/demo/check-contacts.ts';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { drawsOf } from '../support/seeded.ts';
import { endCalls, moment } from '../support/traffic.ts';
import { differencesFromTruth, publishedVersions, quotaOverrun } from '../support/truth.ts';

/** What Webex allows a client, for all processes of the bridge together. */
const REQUESTS_PER_MINUTE = 300;
/** So short that tokens expire all the time, and the replicas of oauth refresh in each other's way. */
const ACCESS_TOKEN_SECONDS = 15;
const CORRECTED_NUMBER = '+14085559999';
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

  it('although calls change after the end: their contacts get a version more under the same id (SEG-09)', async () => {
    await bridge.told(async () => {
      const tasks = (await bridge.groundTruth()).filter((task) => isCompared(task) && task.contacts.length > 0);
      const corrected = new Set(tasks.slice(-5).map(({ taskId }) => taskId));
      const before = publishedVersions(bridge);
      for (const taskId of corrected) {
        // What a contact says, and what it does not.
        const changes = { origin: CORRECTED_NUMBER, wrapUpCodeName: 'Corrected later' };
        await bridge.control('POST', `/control/tasks/${taskId}/changes`, changes);
      }
      const latest = () => [...publishedVersions(bridge)].map(([, all]) => all.at(-1)!);
      await waitFor('every corrected contact', () =>
        latest()
          .filter(({ taskId }) => corrected.has(taskId))
          .every(({ callingNumber }) => callingNumber === CORRECTED_NUMBER),
      );
      const versions = latest().map(({ contactId, taskId, version }) => [contactId, corrected.has(taskId), version]);
      const expected = [...before].map(([contactId, all]) => {
        const { taskId, version } = all.at(-1)!;
        return [contactId, corrected.has(taskId), corrected.has(taskId) ? version + 1 : version];
      });
      expect(versions.sort()).toEqual(expected.sort());
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
