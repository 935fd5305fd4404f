import { randomUUID } from 'node:crypto';
import { WebexError } from '@wxcc-wfo/webex';
import { findAcd } from '../acds/acd-repository.ts';
import { findClient, secretBinding } from '../clients/client-repository.ts';
import { CALL_DEADLINE_MS, NotSent, REFRESH_BUDGET_WAIT_MS } from '../provider/provider-client.ts';
import type { Wiring } from '../wiring.ts';
import { type FailedAttempt, type RefreshAttempt, settleRefresh } from './settle-refresh.ts';
import { refreshTokensOf } from './token-keeper.ts';
import { answerOfUnauthorized } from './token-policy.ts';
import { claimDueToken, clientInUse, releaseIntent, type StoredToken } from './token-repository.ts';

/**
 * An intent outlasts whatever may happen under it (two attempts, each after a wait for the budget), so that none ends
 * while its call is in flight.
 */
export const INTENT_MS = 90_000;
/** A request is only sent while it can also end, with a margin, before the intent does. */
const SEND_WITHIN_MS = INTENT_MS - CALL_DEADLINE_MS - 10_000;
if (2 * (REFRESH_BUDGET_WAIT_MS + CALL_DEADLINE_MS) > SEND_WITHIN_MS) throw new Error('INTENT_MS is too short.');

/** A token whose refresh this replica has announced. `startedAt` is on the monotonic clock. */
export interface Claim {
  token: StoredToken;
  intentId: string;
  startedAt: number;
}

/** How long a refresh may still take when the process is stopping. */
export interface RefreshOptions {
  stopping?: AbortSignal | undefined;
  /** Called between two tries to write down an answer; for liveness. */
  onTick?(): void;
}

/**
 * Refreshes one token that is due; gives false when none is. Intent → call → commit.
 * A crash between the provider’s answer and the commit leaves the intent to end and the stored refresh token to be used
 * again; the previous access token works on until then. An answer that is here is not given up for a database that is
 * away: it is written down as soon as the database is back.
 */
export async function refreshOneDueToken(wiring: Wiring, o: RefreshOptions = {}): Promise<boolean> {
  const claim = await claimOne(wiring);
  if (!claim) return false;
  const attempt = await askProvider(wiring, claim, o.stopping);
  if (attempt.answer === 'not-asked' && o.stopping?.aborted) {
    await releaseIntent(wiring.pool, { acdId: claim.token.acdId, intentId: claim.intentId });
    return false;
  }
  const kept = await settleRefresh(wiring, { claim, attempt, ...o });
  if (kept) await wiring.handOver(kept);
  return true;
}

async function claimOne({ pool, clock }: Wiring): Promise<Claim | undefined> {
  await clock.synchronize();
  const startedAt = performance.now();
  const nowMs = clock.nowMs();
  const intentId = randomUUID();
  const token = await claimDueToken(pool, { intentId, nowMs, untilMs: nowMs + INTENT_MS });
  return token && { token, intentId, startedAt };
}

async function askProvider(wiring: Wiring, claim: Claim, stopping?: AbortSignal): Promise<RefreshAttempt> {
  const { token } = claim;
  if (wiring.clock.nowMs() >= token.refreshExpiresAtMs) {
    return { answer: 'refresh-token-ended', reason: 'The refresh token’s life is over.' };
  }
  const acd = await findAcd(wiring.pool, token.acdId);
  const client = acd && (await findClient(wiring.pool, { clientRef: acd.clientRef, tenantId: acd.tenantId }));
  if (!client) return { answer: 'no-answer', reason: 'The ACD or its client is gone.' };
  const maySend = () => performance.now() - claim.startedAt <= SEND_WITHIN_MS;
  let failure: FailedAttempt = { answer: 'no-answer', reason: 'There is no refresh token.' };
  try {
    const { atRest } = wiring.seals;
    const credentials = {
      clientId: client.webexClientId,
      clientSecret: atRest.open(client.sealedSecret, secretBinding(client.clientRef)).toString('utf8'),
      quotaKey: client.quotaKey,
    };
    for (const refreshToken of refreshTokensOf(token, atRest)) {
      try {
        const tokens = await wiring.provider.refresh(credentials, refreshToken, { maySend, stopping });
        return { answer: 'granted', tokens, usedRefreshToken: refreshToken };
      } catch (error) {
        failure = await failureOf(wiring, { error, token, webexClientId: client.webexClientId });
        failure = { ...failure, client };
        if (failure.answer !== 'refused') return failure;
      }
    }
  } catch (error) {
    return { answer: 'no-answer', reason: messageOf(error) };
  }
  return failure;
}

async function failureOf(
  wiring: Wiring,
  o: { error: unknown; token: StoredToken; webexClientId: string },
): Promise<FailedAttempt> {
  const { error, token, webexClientId } = o;
  const reason = messageOf(error);
  if (error instanceof NotSent) return { answer: 'not-asked', reason };
  if (!(error instanceof WebexError)) return { answer: 'no-answer', reason };
  if (error.kind !== 'refused') {
    const answer = error.kind === 'rate-limited' ? 'throttled' : 'no-answer';
    return { answer, reason, retryAfterMs: error.retryAfterMs };
  }
  if (error.statusCode !== 401) return { answer: 'refused', reason };
  const sinceMs = token.firstRefusedAtMs ?? wiring.clock.nowMs();
  const client = await clientInUse(wiring.pool, { acdId: token.acdId, webexClientId, sinceMs });
  return { answer: answerOfUnauthorized(client), reason };
}

/** Messages of WebexError, NotSent and SealError hold no secret; those of other errors are not our own to tell. */
function messageOf(error: unknown): string {
  // The only evidence of why: what a refusal is told by is its status alone.
  if (error instanceof WebexError && error.kind === 'refused' && error.answerText) {
    return `${error.message}. Webex said: “${error.answerText}”`;
  }
  if (error instanceof WebexError || error instanceof NotSent) return error.message;
  if (error instanceof Error && error.name === 'SealError') return `The stored tokens do not open. ${error.message}`;
  return 'The refresh failed inside of this service; its log says why.';
}
