import { randomBytes } from 'node:crypto';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { Logger, Sealer } from '@wxcc-wfo/service-kit';
import type { WebexClient } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import { instruments } from '../telemetry.ts';
import { destinationUrlOf, planSubscription, SUBSCRIPTION } from './subscription-policy.ts';
import {
  beginSubscription,
  confirmSubscription,
  forgetSubscription,
  noteCheck,
  readSubscription,
  type StoredSubscription,
} from './subscription-repository.ts';

type Subscriptions = Pick<WebexClient, 'listSubscriptions' | 'createSubscription' | 'deleteSubscription'>;

export interface TendSubscriptionDeps {
  pool: Pool;
  sealer: Sealer;
  clock: Clock;
  /** Where Webex reaches us; without it polling works alone. */
  webhookBase: string | undefined;
  checkEveryMs: number;
  logger: Logger;
}

/** Associated data of a sealed webhook secret. */
export const secretBinding = (acdId: string) => `webhook:${acdId}`;

const SECRET_BYTES = 32;

/**
 * Keeps one `task:ended` subscription alive per authorized ACD and takes it back from a deleted one. Runs under the
 * ACD's poll lease. A failure is noted and tried again at the next check: webhooks only make capture faster.
 */
export function createTendSubscriptionJob(deps: TendSubscriptionDeps) {
  return async function tendSubscription(acd: AcdChanged, source: Subscriptions, signal: AbortSignal): Promise<void> {
    const nowMs = deps.clock.nowMs();
    try {
      const kept = await readSubscription(deps.pool, acd.acdId);
      if (acd.deleted) return await takeBack(deps, { acdId: acd.acdId, kept, source, signal });
      const isDue = !kept || nowMs - kept.checkedAtMs >= deps.checkEveryMs;
      if (deps.webhookBase === undefined || !isDue) return;
      const destinationUrl = destinationUrlOf(deps.webhookBase, acd.acdId);
      await keepAlive(deps, { acd, kept, source, signal, destinationUrl, nowMs });
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.warn(
        { err: error, acdId: acd.acdId },
        'the webhook subscription could not be tended; polling goes on',
      );
      const message = error instanceof Error ? error.message : 'It could not be tended.';
      await noteCheck(deps.pool, acd.acdId, { nowMs, error: message }).catch(() => {});
    }
  };
}

interface KeepAlive {
  acd: AcdChanged;
  kept: StoredSubscription | null;
  source: Subscriptions;
  signal: AbortSignal;
  destinationUrl: string;
  nowMs: number;
}

async function keepAlive(deps: TendSubscriptionDeps, o: KeepAlive): Promise<void> {
  const { acd, source, signal, destinationUrl } = o;
  const { acdId } = acd;
  const ask = () => instruments.questions.add(1, { acd: acdId, kind: 'subscription' });
  ask();
  const plan = planSubscription(o.kept, await source.listSubscriptions({ signal }), { destinationUrl, acdId });
  for (const id of plan.remove) {
    ask();
    await source.deleteSubscription(id, { signal });
  }
  if (!plan.create) return await noteCheck(deps.pool, acdId, { nowMs: o.nowMs, error: null });
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  const secretSealed = deps.sealer.seal(secret, secretBinding(acdId));
  await beginSubscription(deps.pool, acd, { destinationUrl, secretSealed, nowMs: o.nowMs });
  ask();
  const { name, resourceVersion } = SUBSCRIPTION;
  const eventTypes = [...SUBSCRIPTION.eventTypes];
  const created = await source.createSubscription(
    { name, eventTypes, resourceVersion, destinationUrl, secret },
    { signal },
  );
  await confirmSubscription(deps.pool, acdId, created.subscriptionId);
  deps.logger.info({ acdId, subscriptionId: created.subscriptionId }, 'subscribed to ended tasks');
}

/** One attempt: the token of a deleted ACD is gone or soon will be, and its webhooks are refused from now on anyway. */
async function takeBack(
  deps: TendSubscriptionDeps,
  o: { acdId: string; kept: StoredSubscription | null; source: Subscriptions; signal: AbortSignal },
): Promise<void> {
  try {
    if (o.kept?.webexSubscriptionId)
      await o.source.deleteSubscription(o.kept.webexSubscriptionId, { signal: o.signal });
  } catch (error) {
    deps.logger.warn({ err: error, acdId: o.acdId }, 'the webhook subscription of a deleted ACD may be left at Webex');
  }
  await forgetSubscription(deps.pool, o.acdId);
}
