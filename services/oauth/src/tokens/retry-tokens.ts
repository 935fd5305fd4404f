import type { SqlClient } from '@wxcc-wfo/service-kit';
import { appendHistory } from './token-history-repository.ts';
import { decide, stateOf } from './token-machine-policy.ts';
import type { RetryRules } from './token-policy.ts';
import { lockTokensOfClient, reschedule } from './token-repository.ts';

/**
 * The machine's `credentials-changed` for every ACD of a client record, in the transaction that replaces the secret:
 * what was refused was refused to the old one, so those that fail are tried again at once. Gives how many.
 */
export async function retryWithNewCredentials(
  tx: SqlClient,
  of: { clientRef: string; nowMs: number },
  rules: RetryRules,
): Promise<number> {
  const { clientRef, nowMs } = of;
  let retried = 0;
  for (const token of await lockTokensOfClient(tx, clientRef)) {
    const now = { state: stateOf(token), facts: token };
    const decision = decide(now, 'credentials-changed', { nowMs, random: 0 }, rules);
    if (decision.kind !== 'rescheduled') continue;
    const { acdId, tenantId, version } = token;
    await reschedule(tx, { acdId, ...decision, nowMs });
    await appendHistory(tx, { tenantId, acdId, kind: 'credentials-changed', version, atMs: nowMs });
    retried += 1;
  }
  return retried;
}
