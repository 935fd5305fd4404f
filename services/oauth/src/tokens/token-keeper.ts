import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { TokenSet } from '@wxcc-wfo/webex';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import { changeAuthorization } from '../acds/acd-repository.ts';
import type { Clock, Seals } from '../wiring.ts';
import { nextRefreshAtMs } from './token-policy.ts';
import { nextVersion, storeToken, tokenBinding } from './token-repository.ts';

export interface KeptToken {
  acdId: string;
  version: number;
  accessToken: string;
  expiresAtMs: number;
}

/**
 * Stores a token that the provider gave as the next version, in the caller’s transaction and under the lock of the
 * ACD row: sealed tokens, `token-refreshed`, and `acd-changed` where the ACD becomes authorized by it.
 */
export async function keepToken(
  tx: SqlClient,
  acd: Acd,
  granted: TokenSet,
  deps: { seals: Seals; clock: Clock },
): Promise<KeptToken> {
  const nowMs = deps.clock.nowMs();
  const version = await nextVersion(tx, acd.acdId);
  const life = { issuedAtMs: nowMs, accessExpiresAtMs: granted.accessTokenExpiresAtMs };
  await storeToken(tx, {
    acdId: acd.acdId,
    tenantId: acd.tenantId,
    version,
    sealedAccess: deps.seals.atRest.seal(granted.accessToken, tokenBinding(acd.acdId, version, 'access')),
    sealedRefresh: deps.seals.atRest.seal(granted.refreshToken, tokenBinding(acd.acdId, version, 'refresh')),
    issuedAtMs: nowMs,
    accessExpiresAtMs: granted.accessTokenExpiresAtMs,
    refreshExpiresAtMs: granted.refreshTokenExpiresAtMs,
    nextRefreshAtMs: nextRefreshAtMs(life, deps.clock.random()),
  });
  const refreshed = {
    topic: TOPICS.tokenRefreshed,
    payload: {
      tenantId: acd.tenantId,
      acdId: acd.acdId,
      version,
      occurredAtMs: nowMs,
      accessTokenExpiresAtMs: granted.accessTokenExpiresAtMs,
      refreshTokenExpiresAtMs: granted.refreshTokenExpiresAtMs,
    },
  };
  if (acd.authorization === 'authorized') {
    await appendEvents(tx, [refreshed]);
  } else {
    const authorized = await changeAuthorization(tx, acd, 'authorized', nowMs);
    await appendEvents(tx, [refreshed, { topic: TOPICS.acdChanged, payload: toAcdChanged(authorized) }]);
  }
  return {
    acdId: acd.acdId,
    version,
    accessToken: granted.accessToken,
    expiresAtMs: granted.accessTokenExpiresAtMs,
  };
}
