import { setTimeout as pause } from 'node:timers/promises';
import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction, isTransient, type SqlClient } from '@wxcc-wfo/service-kit';
import type { TokenSet } from '@wxcc-wfo/webex';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import { changeAuthorization, findAcd } from '../acds/acd-repository.ts';
import { findClient, type OAuthClientRecord } from '../clients/client-repository.ts';
import type { Wiring } from '../wiring.ts';
import type { HandedToken } from './handover-client.ts';
import type { Claim, RefreshOptions } from './refresh-job.ts';
import { appendHistory } from './token-history-repository.ts';
import { keepToken } from './token-keeper.ts';
import { decide, type Rescheduled, type Standing, type TokenEvent } from './token-machine-policy.ts';
import { CAUSES_OF_LOSS } from './token-policy.ts';
import { lockToken, recordFailure, type StoredToken } from './token-repository.ts';

type FailureEvent = Extract<
  TokenEvent,
  | 'no-answer'
  | 'throttled'
  | 'not-asked'
  | 'refused'
  | 'client-refused'
  | 'credentials-outdated'
  | 'refresh-token-ended'
>;

/** How an attempt ended, as an event of the token's machine; `client` is the record that it was made with. */
export type RefreshAttempt =
  | { answer: 'granted'; tokens: TokenSet; usedRefreshToken: string }
  | {
      answer: FailureEvent;
      reason: string;
      retryAfterMs?: number | undefined;
      client?: Pick<OAuthClientRecord, 'clientRef' | 'tenantId' | 'revision'>;
    };

export type FailedAttempt = Exclude<RefreshAttempt, { answer: 'granted' }>;

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
      // As this answer finds it: under its own intent, or with none.
      const state = current.intentId === claim.intentId ? 'refreshing' : current.standing;
      const { clock, retryRules } = wiring;
      const event = await eventOf(tx, { attempt, current, nowMs: clock.nowMs() });
      const at = { nowMs: clock.nowMs(), random: clock.random(), ...retryAfterOf(attempt) };
      const decision = decide({ state, facts: current }, event, at, retryRules);
      if (decision.kind === 'renewed' && attempt.answer === 'granted') {
        return keepToken(tx, { acd, granted: attempt.tokens, from: attempt.usedRefreshToken }, wiring);
      }
      if (decision.kind !== 'rescheduled' || attempt.answer === 'granted') return 'overtaken';
      return recordVerdict(tx, { acd, current, attempt: { ...attempt, answer: event as FailureEvent }, decision }, at);
    }),
  );
  report(wiring, { acdId: token.acdId, attempt, settled });
  return typeof settled === 'object' && 'accessToken' in settled ? settled : undefined;
}

type Loss = NonNullable<Rescheduled['loss']>;
type Settled = 'overtaken' | HandedToken | { standing: Standing; announced?: Loss };

/**
 * Past the end of the refresh token's life a failure is that end, whatever the answer was. A refusal of a client that
 * was changed since it was read is one of its old secret. The change waits for the ACD's lock as we do, so that either
 * it finds the failure written down, or we find the change.
 */
async function eventOf(
  tx: SqlClient,
  o: { attempt: RefreshAttempt; current: StoredToken; nowMs: number },
): Promise<TokenEvent> {
  const { attempt, current, nowMs } = o;
  const { answer } = attempt;
  if (answer === 'granted') return answer;
  if (nowMs >= current.refreshExpiresAtMs) return 'refresh-token-ended';
  if ((answer !== 'refused' && answer !== 'client-refused') || !attempt.client) return answer;
  const now = await findClient(tx, attempt.client);
  return now?.revision === attempt.client.revision ? answer : 'credentials-outdated';
}

function retryAfterOf(attempt: RefreshAttempt): { retryAfterMs?: number | undefined } {
  return attempt.answer === 'granted' ? {} : { retryAfterMs: attempt.retryAfterMs };
}

async function recordVerdict(
  tx: SqlClient,
  o: { acd: Acd; current: StoredToken; attempt: FailedAttempt; decision: Rescheduled },
  { nowMs }: { nowMs: number },
): Promise<Settled> {
  const { acd, current, attempt, decision } = o;
  const { standing, loss, nextAtMs } = decision;
  const { answer, reason } = attempt;
  await recordFailure(tx, { acdId: acd.acdId, ...decision, answer, reason, nowMs });
  // Announced once: probing goes on without another word until it heals.
  const isNews = loss !== null && (acd.authorization === 'authorized' || standing !== current.standing);
  await appendHistory(tx, {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    kind: isNews ? (standing === 'ended' ? 'ended' : 'lost') : 'failed',
    version: current.version,
    answer,
    reason,
    nextAtMs,
    atMs: nowMs,
  });
  if (!loss || acd.authorization !== 'authorized') return { standing };
  await announceLoss(tx, { acd, loss, reason, nowMs });
  return { standing, announced: loss };
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
  } else if ('standing' in settled) {
    const { announced, standing } = settled;
    if (announced) metrics.oauth_authorizations_lost_total.add(1, { code: announced.code });
    const line = { acdId, answer: attempt.answer, standing, reason: attempt.reason };
    if (announced) logger.error(line, 'the authorization of an ACD is lost; its administrator must sign in again');
    else logger.warn(line, 'token refresh failed; it is tried again');
  }
}
