import { randomBytes } from 'node:crypto';
import { type AcdChanged, dataServerOf } from '@wxcc-wfo/contracts';
import type { Logger, Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import type { WebexClient } from '@wxcc-wfo/webex';
import { type WorkerOf, worksFor } from '../roles/worker-of.ts';
import { destinationUrlOf, planSubscription, type WebhookKind } from './subscription-policy.ts';
import {
  beginSubscription,
  confirmSubscription,
  forgetSubscription,
  noteCheck,
  readSubscription,
  type StoredSubscription,
} from './subscription-repository.ts';

/** What is asked of Webex. */
export type Subscriptions = Pick<WebexClient, 'listSubscriptions' | 'createSubscription' | 'deleteSubscription'>;

export interface TendSubscriptionDeps {
  kind: WebhookKind;
  /** Only the workers of an ACD's data server keep its subscription. */
  worker: WorkerOf;
  sql: SqlClient;
  /** Seals webhook secrets. */
  sealer: Sealer;
  nowMs(): number;
  /** Where Webex reaches this service; without it polling works alone. */
  publicBase: string | undefined;
  checkEveryMs: number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Associated data of a sealed webhook secret. */
export const secretBinding = (acdId: string): string => `webhook:${acdId}`;

const SECRET_BYTES = 32;

/**
 * Keeps one subscription alive per authorized ACD; takes it back when the ACD is deleted or the role switched off. One
 * replica at a time per ACD: the caller holds its lease. A failure is noted and tried again at the next check: webhooks
 * only make work faster.
 */
export function createTendSubscriptionStep(deps: TendSubscriptionDeps) {
  return async function tendSubscription(acd: AcdChanged, source: Subscriptions, signal: AbortSignal): Promise<void> {
    const nowMs = deps.nowMs();
    try {
      const kept = await readSubscription(deps.sql, acd.acdId);
      if (acd.deleted) return await takeBackFromDeleted(deps, { acdId: acd.acdId, kept, source, signal });
      if (dataServerOf(acd, deps.worker.role) === null) {
        return await takeBack(deps, { acdId: acd.acdId, kept, source, signal });
      }
      if (!worksFor(deps.worker, acd)) return;
      const isDue = !kept || nowMs - kept.checkedAtMs >= deps.checkEveryMs;
      if (deps.publicBase === undefined || !isDue) return;
      const destinationUrl = destinationUrlOf(deps.kind, deps.publicBase, acd.acdId);
      await keepAlive(deps, { acd, kept, source, signal, destinationUrl, nowMs });
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.warn({ err: error, acdId: acd.acdId }, 'a webhook subscription could not be tended; polling goes on');
      const message = error instanceof Error ? error.message : 'It could not be tended.';
      await noteCheck(deps.sql, acd.acdId, { nowMs, error: message }).catch(() => undefined);
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
  const { acd, source, signal, destinationUrl, nowMs } = o;
  const { acdId } = acd;
  const { name, resourceVersion, eventTypes } = deps.kind;
  const listed = await source.listSubscriptions({ signal });
  const plan = planSubscription(deps.kind, o.kept, listed, { destinationUrl, acdId });
  for (const id of plan.remove) await source.deleteSubscription(id, { signal });
  if (!plan.create) return await noteCheck(deps.sql, acdId, { nowMs, error: null });
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  const secretSealed = deps.sealer.seal(secret, secretBinding(acdId));
  await beginSubscription(deps.sql, acd, { destinationUrl, secretSealed, nowMs });
  const created = await source.createSubscription(
    { name, eventTypes: [...eventTypes], resourceVersion, destinationUrl, secret },
    { signal },
  );
  const { subscriptionId } = created;
  if (!(await confirmSubscription(deps.sql, acdId, { subscriptionId, secretSealed }))) {
    deps.logger.warn({ acdId, subscriptionId }, 'another replica has subscribed meanwhile; ours is taken back');
    return await source.deleteSubscription(subscriptionId, { signal });
  }
  deps.logger.info({ acdId, subscriptionId, eventTypes }, 'subscribed to webhooks');
}

/** One attempt: the token of a deleted ACD is gone or soon will be, and its webhooks are refused from now on anyway. */
async function takeBackFromDeleted(deps: TendSubscriptionDeps, o: TakeBack): Promise<void> {
  const { acdId } = o;
  try {
    await takeBack(deps, o);
  } catch (error) {
    if (o.signal.aborted) return;
    deps.logger.warn({ err: error, acdId }, 'the webhook subscription of a deleted ACD may be left at Webex');
    await forgetSubscription(deps.sql, acdId);
  }
}

interface TakeBack {
  acdId: string;
  kept: StoredSubscription | null;
  source: Subscriptions;
  signal: AbortSignal;
}

async function takeBack(deps: TendSubscriptionDeps, { acdId, kept, source, signal }: TakeBack): Promise<void> {
  if (!kept) return;
  if (kept.webexSubscriptionId) await source.deleteSubscription(kept.webexSubscriptionId, { signal });
  await forgetSubscription(deps.sql, acdId);
}
