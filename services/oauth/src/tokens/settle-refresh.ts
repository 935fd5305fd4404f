import { setTimeout as pause } from 'node:timers/promises';
import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction, isTransient, type SqlClient } from '@wxcc-wfo/service-kit';
import type { TokenSet } from '@wxcc-wfo/webex';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import { changeAuthorization, findAcd } from '../acds/acd-repository.ts';
import type { Wiring } from '../wiring.ts';
import type { HandedToken } from './handover-client.ts';
import type { Claim, RefreshOptions } from './refresh-job.ts';
import { keepToken } from './token-keeper.ts';
import { CAUSES_OF_LOSS, judgeRefresh, type RefreshAnswer, type RefreshVerdict } from './token-policy.ts';
import { lockToken, recordFailure, type StoredToken } from './token-repository.ts';

/** How an attempt ended; `not-asked`: no request left this process. */
export type RefreshAttempt =
  | { answer: 'granted'; tokens: TokenSet; usedRefreshToken: string }
  | { answer: Exclude<RefreshAnswer, 'granted'> | 'not-asked'; reason: string; retryAfterMs?: number | undefined };

/** When the process stops, an answer that could not be written down yet is tried this long, then given up. */
const LAST_TRIES_MS = 3_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Writes down what an attempt brought. A granted token counts as long as no newer one is stored, even if the intent has
 * ended meanwhile: where refresh tokens rotate, it is the only one that works. A failure counts only under its own
 * intent. Gives the token that is new, if there is one.
 */
export async function settleRefresh(
  wiring: Wiring,
  o: { claim: Claim; attempt: RefreshAttempt } & RefreshOptions,
): Promise<HandedToken | undefined> {
  const { claim, attempt } = o;
  const { token } = claim;
  const settled = await untilWritten(o, () =>
    inTransaction(wiring.pool, async (tx) => {
      const acd = await findAcd(tx, token.acdId, true);
      const current = await lockToken(tx, token.acdId);
      if (!acd || acd.deleted || !current || current.version !== token.version) return 'overtaken';
      if (attempt.answer === 'granted') {
        return keepToken(tx, { acd, granted: attempt.tokens, from: attempt.usedRefreshToken }, wiring);
      }
      if (current.intentId !== claim.intentId) return 'overtaken';
      return recordVerdict(tx, wiring, { acd, current, attempt });
    }),
  );
  report(wiring, { acdId: token.acdId, attempt, settled });
  return typeof settled === 'object' && 'accessToken' in settled ? settled : undefined;
}

type Failure = Exclude<RefreshAttempt, { answer: 'granted' }>;
type Loss = Extract<RefreshVerdict, { kind: 'lost' }>;
type Settled = 'overtaken' | HandedToken | { verdict: RefreshVerdict['kind']; announced?: Loss };

async function recordVerdict(
  tx: SqlClient,
  wiring: Wiring,
  o: { acd: Acd; current: StoredToken; attempt: Failure },
): Promise<Settled> {
  const { acd, current, attempt } = o;
  const { clock, retryRules } = wiring;
  const answer = attempt.answer === 'not-asked' ? 'no-answer' : attempt.answer;
  const at = { nowMs: clock.nowMs(), random: clock.random(), retryAfterMs: attempt.retryAfterMs };
  const verdict = judgeRefresh(answer, current, at, retryRules);
  if (verdict.kind === 'renewed') throw new Error(`A failed refresh can't end as ${verdict.kind}.`);
  const { nextAtMs, firstRefusedAtMs } = verdict;
  await recordFailure(tx, { acdId: acd.acdId, nextAtMs, firstRefusedAtMs, reason: attempt.reason });
  // Announced once: probing goes on without another word until it heals.
  if (verdict.kind !== 'lost' || acd.authorization !== 'authorized') return { verdict: verdict.kind };
  await announceLoss(tx, { acd, loss: verdict, reason: attempt.reason, nowMs: at.nowMs });
  return { verdict: verdict.kind, announced: verdict };
}

async function announceLoss(tx: SqlClient, o: { acd: Acd; loss: Loss; reason: string; nowMs: number }): Promise<void> {
  const { acd, loss, nowMs } = o;
  const changed = await changeAuthorization(tx, acd, 'reauthorization-required', nowMs);
  await appendEvents(tx, [
    { topic: TOPICS.acdChanged, payload: toAcdChanged(changed) },
    {
      topic: TOPICS.authorizationLost,
      payload: {
        tenantId: acd.tenantId,
        acdId: acd.acdId,
        occurredAtMs: nowMs,
        sinceMs: Math.min(loss.sinceMs, nowMs),
        code: loss.code,
        detail: `The authorization of ${acd.name} (${acd.username}) cannot be refreshed. ${o.reason}`.slice(0, 2_000),
        remedy: 'Ask for a new authorization URL of this ACD, sign in as its administrator, and authorize it again.',
        possibleCauses: [...CAUSES_OF_LOSS],
      },
    },
  ]);
}

/** An answer in hand outlives the database’s absence; other failures end with their intent. */
async function untilWritten(
  o: { attempt: RefreshAttempt } & RefreshOptions,
  write: () => Promise<Settled>,
): Promise<Settled> {
  let stoppedAt: number | undefined;
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (!isTransient(error) || o.attempt.answer !== 'granted') throw error;
      if (o.stopping?.aborted) stoppedAt ??= performance.now();
      if (stoppedAt !== undefined && performance.now() - stoppedAt > LAST_TRIES_MS) throw error;
      o.onTick?.();
      await pause(Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(tries, 10)));
    }
  }
}

function report({ logger, metrics }: Wiring, o: { acdId: string; attempt: RefreshAttempt; settled: Settled }): void {
  const { acdId, attempt, settled } = o;
  const outcome = settled === 'overtaken' ? 'overtaken' : attempt.answer;
  metrics.oauth_token_refreshes_total.add(1, { outcome });
  if (settled === 'overtaken') {
    logger.info({ acdId, answer: attempt.answer }, 'a newer token or intent came first; this answer is discarded');
  } else if (attempt.answer === 'granted') {
    logger.info({ acdId }, 'access token refreshed');
  } else if ('verdict' in settled) {
    const { announced, verdict } = settled;
    if (announced) metrics.oauth_authorizations_lost_total.add(1, { code: announced.code });
    const line = { acdId, answer: attempt.answer, verdict, reason: attempt.reason };
    if (announced) logger.error(line, 'the authorization of an ACD is lost; its administrator must sign in again');
    else logger.warn(line, 'token refresh failed; it is tried again');
  }
}
