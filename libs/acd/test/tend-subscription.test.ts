import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import type { WebexSubscription } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { createTendSubscriptionStep } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';
import { readSealedSecret, readSubscription } from '../src/webhooks/subscription-repository.ts';
import { secretBinding } from '../src/webhooks/tend-subscription-step.ts';
import { acdDatabase } from './acd-database.ts';

const NOW_MS = 1_780_000_000_000;
const KIND = {
  name: 'bridge media-import',
  eventTypes: ['capture:available'],
  resourceVersion: 'capture:1.0.0',
  path: '/v1/webhooks/media-import',
};
type Source = Parameters<ReturnType<typeof createTendSubscriptionStep>>[1];

/** What Webex keeps of one tenant; `beforeAnswer` runs when a subscription is created and its answer is still out. */
function webexSubscriptions() {
  const kept = new Map<string, { secret: string; view: WebexSubscription }>();
  let number = 0;
  const source = (beforeAnswer?: () => Promise<void>): Source => ({
    listSubscriptions: async () => [...kept.values()].map(({ view }) => view),
    async createSubscription({ name, eventTypes, destinationUrl, resourceVersion, secret }) {
      const subscriptionId = `subscription-${++number}`;
      const view: WebexSubscription = {
        subscriptionId,
        name,
        eventTypes,
        destinationUrl,
        status: 'active',
        resourceVersion,
        createdAtMs: null,
        updatedAtMs: null,
      };
      kept.set(subscriptionId, { secret: secret!, view });
      await beforeAnswer?.();
      return view;
    },
    deleteSubscription: async (id) => void kept.delete(id),
  });
  return { kept, source };
}

describe('tending a webhook subscription', () => {
  let pool: Pool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    ({ pool, drop } = await acdDatabase());
  });
  afterAll(() => drop());

  const sealer = createSealer(parseKeyring(`k1:${newSealingKey()}`));
  const tend = (nowMs: number) =>
    createTendSubscriptionStep({
      kind: KIND,
      worker: { role: 'mediaImport', dataServer: 'default' },
      get sql() {
        return pool;
      },
      sealer,
      nowMs: () => nowMs,
      publicBase: 'https://bridge.example.com',
      checkEveryMs: 60_000,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
  const { signal } = new AbortController();

  it('leaves what another replica has made while Webex kept this one waiting, and takes its own back', async () => {
    const acd = anAcd();
    const webex = webexSubscriptions();
    // The lease of the first one runs out while its request is under way; the second one does the whole work.
    const stalled = webex.source(() => tend(NOW_MS + 120_000)(acd, webex.source(), signal));
    await tend(NOW_MS)(acd, stalled, signal);
    const stored = await readSubscription(pool, acd.acdId);
    expect(stored?.state).toBe('active');
    expect([...webex.kept.keys()]).toEqual([stored?.webexSubscriptionId]);
    const sealed = await readSealedSecret(pool, acd.acdId);
    const secret = sealer.open(sealed!, secretBinding(acd.acdId)).toString('utf8');
    expect(webex.kept.get(stored!.webexSubscriptionId!)?.secret).toBe(secret);
  });

  it('takes back what was created for an ACD that was forgotten meanwhile', async () => {
    const acd = anAcd();
    const webex = webexSubscriptions();
    const gone = { ...acd, revision: 2, deleted: true };
    await tend(NOW_MS)(
      acd,
      webex.source(() => tend(NOW_MS)(gone, webex.source(), signal)),
      signal,
    );
    expect(webex.kept.size).toBe(0);
    expect(await readSubscription(pool, acd.acdId)).toBeNull();
  });
});
