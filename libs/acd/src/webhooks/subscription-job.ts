import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createLease, type Repeating, repeat } from '@wxcc-wfo/service-kit';
import { findAcd } from '../acd-copies.ts';
import { listAcdsToTend } from './subscription-repository.ts';
import { createTendSubscriptionStep, type Subscriptions, type TendSubscriptionDeps } from './tend-subscription-step.ts';

export interface SubscriptionJobDeps extends TendSubscriptionDeps {
  logger: Parameters<typeof repeat>[0]['logger'];
  sourceOf(acd: AcdChanged): Subscriptions;
}

const LEASE_MS = 120_000;
const LOOK_MS = 1_000;
const ACDS_PER_TURN = 50;
/** An ACD that could not be tended (no token yet, Webex away) is left alone for this long, or until it is changed. */
const REST_MS = 30_000;

/**
 * Looks after the subscriptions of all ACDs, for services that hold no lease per ACD anyway. Replicas share the work by
 * a lease per ACD. Runs until stopped.
 */
export function startSubscriptionJob(deps: SubscriptionJobDeps): Repeating {
  const tend = createTendSubscriptionStep(deps);
  const resting = new Map<string, { untilMs: number; revision: number }>();

  async function tendOne(acdId: string, signal: AbortSignal): Promise<void> {
    const lease = createLease({ pool: deps.sql, name: `webhook:${acdId}`, ttlMs: LEASE_MS });
    if ((await lease.acquire()) === null) return;
    try {
      const acd = await findAcd(deps.sql, acdId);
      if (acd) await tend(acd, deps.sourceOf(acd), signal);
    } finally {
      await lease.release().catch(() => undefined); // else it ends by itself
    }
  }

  return repeat({
    name: 'webhook subscriptions',
    pauseMs: LOOK_MS,
    logger: deps.logger,
    async turn(signal) {
      if (deps.publicBase === undefined) return false;
      const nowMs = deps.nowMs();
      for (const [acdId, { untilMs }] of resting) if (untilMs <= nowMs) resting.delete(acdId);
      const acds = await listAcdsToTend(deps.sql, {
        ...deps.worker,
        checkedBeforeMs: nowMs - deps.checkEveryMs,
        except: [...resting].map(([acdId, { revision }]) => ({ acdId, revision })),
        limit: ACDS_PER_TURN,
      });
      for (const { acdId, revision } of acds) {
        if (signal.aborted) break;
        resting.set(acdId, { revision, untilMs: nowMs + Math.min(REST_MS, deps.checkEveryMs) });
        await tendOne(acdId, signal);
      }
      return false;
    },
  });
}
