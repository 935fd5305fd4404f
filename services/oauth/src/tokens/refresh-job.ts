import { randomUUID } from 'node:crypto';
import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import { type TokenSet, WebexError } from '@wxcc-wfo/webex';
import { toAcdChanged } from '../acds/acd.ts';
import { changeAuthorization, findAcd } from '../acds/acd-repository.ts';
import { findClient, secretBinding } from '../clients/client-repository.ts';
import type { Wiring } from '../wiring.ts';
import { keepToken } from './token-keeper.ts';
import { CAUSES_OF_LOSS, judgeRefresh, type RefreshAnswer } from './token-policy.ts';
import { claimDueToken, lockIntended, recordFailure, type StoredToken, tokenBinding } from './token-repository.ts';

/** Longer than any call to the provider may take, so that an intent never ends while its call is in flight. */
export const INTENT_MS = 60_000;

type Attempt = { answer: 'granted'; tokens: TokenSet } | { answer: Exclude<RefreshAnswer, 'granted'>; reason: string };

/**
 * Refreshes one token that is due; gives false when none is.
 * Intent → call → commit. A crash between the provider’s answer and the commit leaves the intent to end and the stored
 * refresh token to be used again; the previous access token works on until then.
 */
export async function refreshOneDueToken(wiring: Wiring): Promise<boolean> {
  const nowMs = wiring.clock.nowMs();
  const intentId = randomUUID();
  const claimed = await claimDueToken(wiring.pool, { intentId, nowMs, untilMs: nowMs + INTENT_MS });
  if (!claimed) return false;
  const attempt = await callProvider(wiring, claimed);
  const kept = await inTransaction(wiring.pool, async (tx) => {
    const acd = await findAcd(tx, claimed.acdId, true);
    const current = await lockIntended(tx, { acdId: claimed.acdId, intentId });
    if (!acd || !current || acd.deleted) return undefined;
    if (attempt.answer === 'granted') return keepToken(tx, acd, attempt.tokens, wiring);
    const at = { nowMs: wiring.clock.nowMs(), random: wiring.clock.random() };
    const verdict = judgeRefresh(attempt.answer, current, at, wiring.retryRules);
    if (verdict.kind === 'renewed') return undefined;
    await recordFailure(tx, {
      acdId: acd.acdId,
      nextAtMs: verdict.kind === 'lost' ? verdict.probeAtMs : verdict.atMs,
      firstRefusedAtMs: verdict.kind === 'lost' ? current.firstRefusedAtMs : verdict.firstRefusedAtMs,
      reason: attempt.reason,
    });
    wiring.logger.warn({ acdId: acd.acdId, verdict: verdict.kind, reason: attempt.reason }, 'token refresh failed');
    if (verdict.kind === 'lost' && acd.authorization === 'authorized') {
      const changed = await changeAuthorization(tx, acd, 'reauthorization-required', at.nowMs);
      await appendEvents(tx, [
        { topic: TOPICS.acdChanged, payload: toAcdChanged(changed) },
        {
          topic: TOPICS.authorizationLost,
          payload: {
            tenantId: acd.tenantId,
            acdId: acd.acdId,
            occurredAtMs: at.nowMs,
            sinceMs: current.firstRefusedAtMs ?? at.nowMs,
            code: verdict.code,
            detail: `Webex refuses to refresh the authorization of ${acd.name} (${acd.username}): ${attempt.reason}`,
            remedy: 'Open the Authorization URL of this ACD, sign in as its administrator, and authorize it again.',
            possibleCauses: [...CAUSES_OF_LOSS],
          },
        },
      ]);
    }
    return undefined;
  });
  if (kept) await wiring.handOver(kept);
  return true;
}

async function callProvider(wiring: Wiring, token: StoredToken): Promise<Attempt> {
  const acd = await findAcd(wiring.pool, token.acdId);
  const client = acd && (await findClient(wiring.pool, { clientRef: acd.clientRef, tenantId: acd.tenantId }));
  if (!client) return { answer: 'no-answer', reason: 'The ACD or its client is gone.' };
  const { atRest } = wiring.seals;
  try {
    const tokens = await wiring.oauthClient.refresh({
      clientId: client.webexClientId,
      clientSecret: atRest.open(client.sealedSecret, secretBinding(client.clientRef)).toString('utf8'),
      refreshToken: atRest
        .open(token.sealedRefresh, tokenBinding(token.acdId, token.version, 'refresh'))
        .toString('utf8'),
    });
    return { answer: 'granted', tokens };
  } catch (error) {
    const refused = error instanceof WebexError && error.kind === 'refused';
    return {
      answer: refused ? 'refused' : 'no-answer',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
