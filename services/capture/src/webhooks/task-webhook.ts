import {
  createTendSubscriptionStep,
  type Subscriptions,
  type TendSubscriptionDeps,
  type WebhookKind,
} from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { instruments } from '../telemetry.ts';

/** What makes capture faster than polling. */
export const TASK_WEBHOOK: WebhookKind = {
  name: 'wxcc-wfo-bridge capture',
  eventTypes: ['task:ended'],
  resourceVersion: 'task:1.0.0',
  path: '/v1/webhooks/capture',
};

/** Looks after the subscription of one ACD under its poll lease; its questions count among capture's. Never throws. */
export function createTendTaskWebhook(deps: Omit<TendSubscriptionDeps, 'kind'>) {
  const tend = createTendSubscriptionStep({ ...deps, kind: TASK_WEBHOOK });
  return (acd: AcdChanged, source: Subscriptions, signal: AbortSignal): Promise<void> =>
    tend(acd, counted(source, acd.acdId), signal);
}

function counted(source: Subscriptions, acdId: string): Subscriptions {
  const count = () => instruments.questions.add(1, { acd: acdId, kind: 'subscription' });
  return {
    listSubscriptions(options) {
      count();
      return source.listSubscriptions(options);
    },
    createSubscription(subscription, options) {
      count();
      return source.createSubscription(subscription, options);
    },
    deleteSubscription(id, options) {
      count();
      return source.deleteSubscription(id, options);
    },
  };
}
