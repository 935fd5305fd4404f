import { describe, expect, it } from '@jest/globals';
import type { WebexSubscription } from '@wxcc-wfo/webex';
import { destinationUrlOf, planSubscription } from './subscription-policy.ts';

const KIND = {
  name: 'bridge media-import',
  eventTypes: ['capture:available'],
  resourceVersion: 'capture:1.0.0',
  path: '/v1/webhooks/media-import',
};
const wanted = { acdId: 'acd-1', destinationUrl: 'https://bridge.example.com/v1/webhooks/media-import/acd-1' };
const listed = (changes: Partial<WebexSubscription> = {}): WebexSubscription => ({
  subscriptionId: 'ours',
  name: KIND.name,
  eventTypes: KIND.eventTypes,
  destinationUrl: wanted.destinationUrl,
  status: 'active',
  resourceVersion: KIND.resourceVersion,
  createdAtMs: null,
  updatedAtMs: null,
  ...changes,
});
const kept = { webexSubscriptionId: 'ours', state: 'active' } as const;

describe('the plan for a webhook subscription', () => {
  it('names the address of one ACD, with or without a slash at the end of the base', () => {
    expect(destinationUrlOf(KIND, 'https://bridge.example.com/', 'acd-1')).toBe(wanted.destinationUrl);
    expect(destinationUrlOf(KIND, 'https://bridge.example.com', 'acd-1')).toBe(wanted.destinationUrl);
  });

  it('leaves a good one and those of others alone', () => {
    const others = [
      listed({
        subscriptionId: 'other-acd',
        destinationUrl: 'https://bridge.example.com/v1/webhooks/media-import/acd-2',
      }),
      listed({ subscriptionId: 'other-service', name: 'bridge capture', destinationUrl: 'https://x.example/v1/acd-1' }),
    ];
    expect(planSubscription(KIND, kept, [listed(), ...others], wanted)).toEqual({ remove: [], create: false });
  });

  it.each<[string, Parameters<typeof planSubscription>[1], WebexSubscription[], string[]]>([
    ['is not there', kept, [], []],
    ['was given up by Webex', kept, [listed({ status: 'inactive' })], ['ours']],
    [
      'calls at an old address',
      kept,
      [listed({ destinationUrl: 'https://old.example/v1/webhooks/media-import/acd-1' })],
      ['ours'],
    ],
    ['was never confirmed', { webexSubscriptionId: null, state: 'creating' }, [listed()], ['ours']],
    ['is unknown here', null, [listed(), listed({ subscriptionId: 'twin' })], ['ours', 'twin']],
  ])('makes a new one when it %s', (_, known, all, remove) => {
    expect(planSubscription(KIND, known, all, wanted)).toEqual({ remove, create: true });
  });
});
