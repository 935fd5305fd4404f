import { createHmac, randomUUID } from 'node:crypto';
import type { FaultBoard } from '../faults/fault-board.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Subscription, SubscriptionStore } from './subscription-store.ts';

const TIMEOUT_MS = 5_000;
const SHUFFLE_AFTER_MS = 1_000;

export interface WebhookEvent {
  type: string;
  data: Record<string, unknown>;
}

/** One attempt to deliver; tests read the list. */
export interface Delivery {
  subscriptionId: string;
  eventId: string;
  type: string;
  taskId: unknown;
  atMs: number;
  /** HTTP status, or the reason why there is none. */
  outcome: number | string;
}

export interface WebhookSender {
  send(event: WebhookEvent): void;
  deliveries(): readonly Delivery[];
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

type Settings = Pick<SimulatorOptions, 'orgId' | 'resolve' | 'webhookFailureLimit' | 'now'>;

/** Sends events to the subscriptions that want them: one attempt each, as nothing is published about retries. */
export function createWebhookSender(store: SubscriptionStore, faults: FaultBoard, settings: Settings): WebhookSender {
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();
  let shuffled: (() => Promise<void>)[] = [];
  let shuffleTimer: NodeJS.Timeout | undefined;

  const releaseShuffled = async (): Promise<void> => {
    clearTimeout(shuffleTimer);
    shuffleTimer = undefined;
    const held = shuffled.reverse();
    shuffled = [];
    // One after the other: side by side they would arrive in any order.
    for (const deliver of held) await deliver();
  };

  const deliver = (subscription: Subscription, event: WebhookEvent, eventId: string): Promise<void> => {
    const work = attempt(subscription, event, eventId).finally(() => underWay.delete(work));
    underWay.add(work);
    return work;
  };

  const attempt = async (subscription: Subscription, event: WebhookEvent, eventId: string): Promise<void> => {
    const { url, body, headers } = composeRequest(subscription, event, eventId, settings);
    const delivery: Delivery = {
      subscriptionId: subscription.view.id,
      eventId,
      type: event.type,
      taskId: event.data.taskId,
      atMs: settings.now(),
      outcome: 'under way',
    };
    deliveries.push(delivery);
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal });
      await answer.body?.cancel();
      delivery.outcome = answer.status;
    } catch (error) {
      delivery.outcome = (error as Error).message;
    }
    const ok = typeof delivery.outcome === 'number' && delivery.outcome >= 200 && delivery.outcome < 300;
    subscription.failuresInRow = ok ? 0 : subscription.failuresInRow + 1;
    if (subscription.failuresInRow >= settings.webhookFailureLimit) subscription.view.status = 'inactive';
  };

  return {
    send(event) {
      for (const subscription of store.list()) {
        const { status, eventTypes } = subscription.view;
        if (status !== 'active' || !eventTypes.includes(event.type)) continue;
        if (faults.strike('webhook-lost') !== undefined) continue;
        const eventId = randomUUID();
        const copies = faults.strike('webhook-double') === undefined ? 1 : 2;
        for (let n = 0; n < copies; n++) {
          const go = (): Promise<void> => deliver(subscription, event, eventId);
          if (faults.strike('webhook-shuffle') === undefined) void go();
          else {
            shuffled.push(go);
            shuffleTimer ??= setTimeout(() => void releaseShuffled(), SHUFFLE_AFTER_MS);
          }
        }
      }
    },
    deliveries: () => deliveries,
    async close() {
      clearTimeout(shuffleTimer);
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
}

function composeRequest(
  subscription: Subscription,
  event: WebhookEvent,
  eventId: string,
  settings: Settings,
): { url: string; body: string; headers: Record<string, string> } {
  const { view, secret, version } = subscription;
  const timestamp = settings.now();
  const body = JSON.stringify({
    id: eventId,
    specversion: '1.0',
    type: event.type,
    source: `/com/cisco/wxcc/${view.id}`,
    comciscoorgid: settings.orgId,
    ...(version === 2 ? { comciscotimestamp: timestamp } : {}),
    datacontenttype: 'application/json',
    data: event.data,
  });
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (secret !== undefined) headers['X-WebexCC-Signature'] = createHmac('sha256', secret).update(body).digest('hex');
  if (version === 2) {
    headers['X-WebexCC-Timestamp'] = String(timestamp);
    headers['X-WebexCC-Webhook-Version'] = view.resourceVersion ?? '';
  }
  const published = new URL(view.destinationUrl);
  const actual = settings.resolve[published.origin] ?? published.origin;
  return { url: `${actual}${published.pathname}`, body, headers };
}
