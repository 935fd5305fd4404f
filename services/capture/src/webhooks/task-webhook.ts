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

/**
 * Looks after the subscription of one ACD under its poll lease; its questions count among capture's. Never throws. One
 * that was broken off, because it took longer than its poll, is left alone until the next check would be due.
 */
export function createTendTaskWebhook(deps: Omit<TendSubscriptionDeps, 'kind'>) {
  const tend = createTendSubscriptionStep({ ...deps, kind: TASK_WEBHOOK });
  const restsUntilMs = new Map<string, number>();
  return async function tendTaskWebhook(acd: AcdChanged, source: Subscriptions, signal: AbortSignal): Promise<void> {
    if (deps.nowMs() < (restsUntilMs.get(acd.acdId) ?? 0)) return;
    restsUntilMs.delete(acd.acdId);
    await tend(acd, counted(source, acd.acdId), signal);
    if (signal.aborted) restsUntilMs.set(acd.acdId, deps.nowMs() + deps.checkEveryMs);
  };
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
