import { inTransaction } from '@wxcc-wfo/service-kit';
import { findAcd } from '../acds/acd-repository.ts';
import type { Wiring } from '../wiring.ts';
import { appendHistory } from './token-history-repository.ts';
import { decide, stateOf } from './token-machine-policy.ts';
import {
  listExpiries,
  listLivingTokens,
  lockToken,
  reschedule,
  type StoredToken,
  tokenBinding,
} from './token-repository.ts';
import { warningOf } from './warning-policy.ts';

const PAGE = 200;

/**
 * Puts every living access token into the hand-over store unless the same or a newer one lies there, so that a Redis
 * that lost its data has every token back at the next look, and one that another key sealed is sealed anew. A token that siblings report as refused before its time
 * (revoked, say) is refreshed now instead of when it would be due. Gives how many were written.
 */
export async function handOverLivingTokens(wiring: Wiring): Promise<number> {
  let written = 0;
  let afterAcdId: string | null = null;
  for (;;) {
    const page = await listLivingTokens(wiring.pool, { afterAcdId, nowMs: wiring.clock.nowMs(), limit: PAGE });
    const versions = await wiring.handover.versions(page.map(({ acdId }) => acdId));
    for (const [index, token] of page.entries()) {
      const { held, refused } = versions[index]!;
      if (held < token.version && (await handOverStored(wiring, token))) written++;
      if (refused === token.version) await refreshEarly(wiring, token);
    }
    if (page.length < PAGE) return written;
    afterAcdId = page.at(-1)!.acdId;
  }
}

/** The machine's `reported-refused`; a token that was only just issued, or whose refresh fails already, is left alone. */
async function refreshEarly(wiring: Wiring, { acdId, tenantId, version }: StoredToken): Promise<void> {
  const { pool, clock, retryRules, logger } = wiring;
  await clock.synchronize();
  const at = { nowMs: clock.nowMs(), random: clock.random() };
  const hurried = await inTransaction(pool, async (tx) => {
    const acd = await findAcd(tx, acdId, true);
    const current = await lockToken(tx, acdId);
    if (!acd || acd.deleted || current?.version !== version) return false;
    const decision = decide({ state: stateOf(current), facts: current }, 'reported-refused', at, retryRules);
    if (decision.kind !== 'rescheduled' || (current.nextRefreshAtMs ?? 0) <= at.nowMs) return false;
    await reschedule(tx, { acdId, ...decision, nowMs: at.nowMs });
    await appendHistory(tx, { tenantId, acdId, kind: 'reported-refused', version, atMs: at.nowMs });
    return true;
  });
  if (hurried) logger.warn({ acdId, version }, 'Webex refuses an access token before its time; it is refreshed now');
}

/** A stored token that does not open must not keep the others from their services. */
async function handOverStored(wiring: Wiring, token: StoredToken): Promise<boolean> {
  const { acdId, version, accessExpiresAtMs: expiresAtMs } = token;
  let accessToken: string;
  try {
    accessToken = wiring.seals.atRest.open(token.sealedAccess, tokenBinding(acdId, version, 'access')).toString('utf8');
  } catch (error) {
    wiring.metrics.oauth_handovers_total.add(1, { outcome: 'failed' });
    wiring.logger.error({ acdId, version, err: error }, 'a stored token does not open; give back the old SEALING_KEYS');
    return false;
  }
  const written = await wiring.handover.put({ acdId, version, accessToken, expiresAtMs });
  if (written) wiring.metrics.oauth_handovers_total.add(1, { outcome: 'written' });
  return written;
}

/** Keeps what the gauges show of the tokens' ends up to date. */
export async function observeExpiries(wiring: Wiring): Promise<void> {
  const tokens = await listExpiries(wiring.pool);
  const { metrics, clock } = wiring;
  const seconds = (expiresAtMs: number) => Math.round((expiresAtMs - clock.nowMs()) / 1_000);
  metrics.oauth_access_token_remaining_seconds.observe(() =>
    tokens.map((one) => ({ value: seconds(one.accessExpiresAtMs), attributes: { acd_id: one.acdId } })),
  );
  metrics.oauth_refresh_token_remaining_seconds.observe(() =>
    tokens.map((one) => ({ value: seconds(one.refreshExpiresAtMs), attributes: { acd_id: one.acdId } })),
  );
  metrics.oauth_refresh_token_warning_days.observe(() =>
    tokens.flatMap((one) => {
      const days = warningOf(one.refreshExpiresAtMs, clock.nowMs());
      return days === null ? [] : [{ value: days, attributes: { acd_id: one.acdId } }];
    }),
  );
}
