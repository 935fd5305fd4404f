import { inTransaction } from '@wxcc-wfo/service-kit';
import type { Wiring } from '../wiring.ts';
import { appendHistory } from './token-history-repository.ts';
import { listTokensToWarnOf, markWarned } from './token-repository.ts';
import { FIRST_WARNING_MS, warningDue } from './warning-policy.ts';

/**
 * Warns 14, 7, 3 and 1 days before refresh tokens end (AUTH-05): each once per token, by one replica. Gives how many
 * warnings were given.
 */
export async function warnOfEndingTokens(wiring: Wiring): Promise<number> {
  const { pool, clock, logger } = wiring;
  await clock.synchronize();
  const nowMs = clock.nowMs();
  let given = 0;
  for (const token of await listTokensToWarnOf(pool, { nowMs, beforeMs: nowMs + FIRST_WARNING_MS })) {
    const days = warningDue(token, nowMs);
    if (days === null) continue;
    const { acdId, tenantId, version, refreshExpiresAtMs } = token;
    const endsAt = new Date(refreshExpiresAtMs).toISOString();
    const isMine = await inTransaction(pool, async (tx) => {
      if (!(await markWarned(tx, { acdId, version, days }))) return false;
      const reason = `Fewer than ${days} days are left: the refresh token ends at ${endsAt}.`;
      await appendHistory(tx, { tenantId, acdId, kind: 'warned', version, reason, atMs: nowMs });
      return true;
    });
    if (!isMine) continue;
    given += 1;
    logger.warn(
      { event: 'token-expiry-warning', acdId, tenantId, days, endsAt },
      `a refresh token ends within ${days} days: let the ACD’s administrator open a new authorization URL and sign in before`,
    );
  }
  return given;
}
