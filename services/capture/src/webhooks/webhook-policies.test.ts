import { describe, expect, it } from '@jest/globals';
import type { WebexSubscription } from '@wxcc-wfo/webex';
import { decideOnHint } from './hint-policy.ts';
import { destinationUrlOf, type KeptSubscription, planSubscription, SUBSCRIPTION } from './subscription-policy.ts';

describe('decideOnHint', () => {
  it('retries a minute long, ever later, then leaves the task to polling', () => {
    const delays: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const outcome = decideOnHint({ isSettled: false, attempts });
      if (outcome.kind !== 'retry') {
        expect(outcome).toEqual({ kind: 'left-to-polling' });
        break;
      }
      delays.push(outcome.afterMs);
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]);
    expect(decideOnHint({ isSettled: true, attempts: 9 })).toEqual({ kind: 'settled' });
  });
});

describe('planSubscription', () => {
  const acdId = '22222222-2222-4222-8222-222222222222';
  const destinationUrl = destinationUrlOf('https://bridge.example.com/', acdId);
  const wanted = { destinationUrl, acdId };
  const kept: KeptSubscription = { webexSubscriptionId: 's1', destinationUrl, state: 'active' };
  const listed = (changes: Partial<WebexSubscription> = {}): WebexSubscription => ({
    subscriptionId: 's1',
    name: SUBSCRIPTION.name,
    eventTypes: ['task:ended'],
    destinationUrl,
    status: 'active',
    resourceVersion: 'task:1.0.0',
    createdAtMs: null,
    updatedAtMs: null,
    ...changes,
  });

  it('calls the ACD’s own address', () => {
    expect(destinationUrl).toBe(`https://bridge.example.com/v1/webhooks/capture/${acdId}`);
  });
  it('leaves a good one alone, and those of others', () => {
    const others = [listed({ subscriptionId: 'x', name: 'somebody else' })];
    expect(planSubscription(kept, [listed(), ...others], wanted)).toEqual({ remove: [], create: false });
  });
  it('creates what is missing', () => {
    expect(planSubscription(null, [], wanted)).toEqual({ remove: [], create: true });
    expect(planSubscription(kept, [], wanted)).toEqual({ remove: [], create: true });
  });
  it.each([{ status: 'inactive' }, { destinationUrl: `https://old.example.com/v1/webhooks/capture/${acdId}` }])(
    'replaces ours when it is %j',
    (changes) => {
      expect(planSubscription(kept, [listed(changes)], wanted)).toEqual({ remove: ['s1'], create: true });
    },
  );
  it('replaces one whose secret we may not know: a kill came between creating and remembering', () => {
    const unsure: KeptSubscription = { webexSubscriptionId: null, destinationUrl, state: 'creating' };
    expect(planSubscription(unsure, [listed()], wanted)).toEqual({ remove: ['s1'], create: true });
  });
  it('does not touch the subscription of another ACD of the same organization', () => {
    const other = listed({
      subscriptionId: 's2',
      destinationUrl: destinationUrlOf('https://bridge.example.com', 'other'),
    });
    expect(planSubscription(kept, [listed(), other], wanted)).toEqual({ remove: [], create: false });
  });
});
