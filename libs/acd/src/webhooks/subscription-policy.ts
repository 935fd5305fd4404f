import type { WebexSubscription } from '@wxcc-wfo/webex';

/** What a service subscribes to. The name tells its subscription from those of others (4 to 64 characters). */
export interface WebhookKind {
  name: string;
  /** Of one resource, e.g. `capture:available`. */
  eventTypes: readonly string[];
  /** E.g. `capture:1.0.0`. */
  resourceVersion: string;
  /** Path below the public base; the ACD's id follows it: `/v1/webhooks/media-import`. */
  path: string;
}

/** What is remembered of a subscription. */
export interface KeptSubscription {
  webexSubscriptionId: string | null;
  state: 'creating' | 'active';
}

export interface SubscriptionPlan {
  /** Ours, but useless: its secret is unknown, its address is old, or Webex gave up on it. */
  remove: string[];
  create: boolean;
}

/** The ACD's own address for Webex's calls. */
export function destinationUrlOf(kind: WebhookKind, publicBase: string, acdId: string): string {
  return `${publicBase.replace(/\/+$/, '')}${kind.path}/${acdId}`;
}

/**
 * Keeps the one active subscription whose secret is known and which calls at the wanted address. Others of the same
 * name and this ACD's address are leftovers of a kill between creating and remembering, or of an old address.
 */
export function planSubscription(
  kind: WebhookKind,
  kept: KeptSubscription | null,
  listed: readonly WebexSubscription[],
  wanted: { destinationUrl: string; acdId: string },
): SubscriptionPlan {
  const ours = listed.filter(
    ({ subscriptionId, name, destinationUrl }) =>
      subscriptionId === kept?.webexSubscriptionId ||
      (name === kind.name && destinationUrl.endsWith(`${kind.path}/${wanted.acdId}`)),
  );
  const good = ours.find(
    (one) =>
      one.subscriptionId === kept?.webexSubscriptionId &&
      kept.state === 'active' &&
      one.status === 'active' &&
      one.destinationUrl === wanted.destinationUrl,
  );
  return {
    remove: ours.filter((one) => one !== good).map((one) => one.subscriptionId),
    create: good === undefined,
  };
}
