import type { WebexSubscription } from '@wxcc-wfo/webex';

/** What must be true of our subscription at Webex; the name tells it from those of others. */
export const SUBSCRIPTION = {
  name: 'wxcc-wfo-bridge capture',
  eventTypes: ['task:ended'],
  resourceVersion: 'task:1.0.0',
} as const;

/** What we remember of it. */
export interface KeptSubscription {
  webexSubscriptionId: string | null;
  destinationUrl: string;
  state: 'creating' | 'active' | 'deleting';
}

export interface SubscriptionPlan {
  /** Ours, but useless: its secret is unknown, its address is old, or Webex gave up on it. */
  remove: string[];
  create: boolean;
}

/** The ACD's own address for Webex's calls. */
export function destinationUrlOf(webhookBase: string, acdId: string): string {
  return `${webhookBase.replace(/\/+$/, '')}/v1/webhooks/capture/${acdId}`;
}

/**
 * Keeps the one active subscription whose secret we know and which calls us at the wanted address. Others of our name
 * and this ACD's address are leftovers of a kill between creating and remembering, or of an old address.
 */
export function planSubscription(
  kept: KeptSubscription | null,
  listed: readonly WebexSubscription[],
  wanted: { destinationUrl: string; acdId: string },
): SubscriptionPlan {
  const ours = listed.filter(
    ({ subscriptionId, name, destinationUrl }) =>
      subscriptionId === kept?.webexSubscriptionId ||
      (name === SUBSCRIPTION.name && destinationUrl.endsWith(`/v1/webhooks/capture/${wanted.acdId}`)),
  );
  const good = ours.find(
    (one) =>
      one.subscriptionId === kept?.webexSubscriptionId &&
      kept.state === 'active' &&
      one.status === 'active' &&
      one.destinationUrl === wanted.destinationUrl,
  );
  const remove = ours.filter((one) => one !== good).map((one) => one.subscriptionId);
  return { remove, create: good === undefined };
}
