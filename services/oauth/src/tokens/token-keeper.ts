import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { DatabaseClock, Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import type { TokenSet } from '@wxcc-wfo/webex';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import { changeAuthorization } from '../acds/acd-repository.ts';
import type { HandedToken } from './handover-client.ts';
import { appendHistory } from './token-history-repository.ts';
import { nextRefreshAtMs } from './token-policy.ts';
import { lockToken, type StoredToken, storeToken, tokenBinding } from './token-repository.ts';

export interface KeeperDeps {
  seals: { atRest: Sealer };
  clock: Pick<DatabaseClock, 'nowMs' | 'random'>;
}

/**
 * Stores a token that the provider gave as the next version, in the caller’s transaction and under the lock of the
 * ACD row: sealed tokens, `token-refreshed`, and `acd-changed` where the ACD becomes authorized by it.
 * `subject` is who signed in; left out where no person did.
 * `from` is the refresh token that it was got with, which is kept until the new one has worked (rule 10); left out
 * after a sign-in, which has nothing to do with the tokens before.
 */
export async function keepToken(
  tx: SqlClient,
  o: { acd: Acd; granted: TokenSet; from?: string; subject?: string },
  deps: KeeperDeps,
): Promise<HandedToken> {
  const { acd, granted, from } = o;
  const { atRest } = deps.seals;
  const nowMs = deps.clock.nowMs();
  const before = await lockToken(tx, acd.acdId);
  const version = (before?.version ?? acd.droppedTokenVersion) + 1;
  const seal = (token: string, kind: 'access' | 'refresh' | 'previous-refresh') =>
    atRest.seal(token, tokenBinding(acd.acdId, version, kind));
  const life = { issuedAtMs: nowMs, accessExpiresAtMs: granted.accessTokenExpiresAtMs };
  await storeToken(tx, {
    acdId: acd.acdId,
    tenantId: acd.tenantId,
    version,
    sealedAccess: seal(granted.accessToken, 'access'),
    sealedRefresh: seal(granted.refreshToken, 'refresh'),
    sealedPreviousRefresh: from === undefined || from === granted.refreshToken ? null : seal(from, 'previous-refresh'),
    issuedAtMs: nowMs,
    accessExpiresAtMs: granted.accessTokenExpiresAtMs,
    refreshExpiresAtMs: granted.refreshTokenExpiresAtMs,
    nextRefreshAtMs: nextRefreshAtMs(life, deps.clock.random()),
    signedInAtMs: from === undefined ? nowMs : null,
  });
  const healed = before?.standing === 'lost' || before?.standing === 'ended';
  const kind = from === undefined ? 'signed-in' : healed ? 'recovered' : 'refreshed';
  await appendHistory(tx, { tenantId: acd.tenantId, acdId: acd.acdId, kind, version, atMs: nowMs });
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
    const authorized = await changeAuthorization(tx, acd, 'authorized', nowMs, o.subject);
    await appendEvents(tx, [refreshed, { topic: TOPICS.acdChanged, payload: toAcdChanged(authorized) }]);
  }
  return {
    acdId: acd.acdId,
    version,
    accessToken: granted.accessToken,
    expiresAtMs: granted.accessTokenExpiresAtMs,
  };
}

/** The refresh tokens of a stored row, the newest first; the one before is tried only once the newest was refused. */
export function refreshTokensOf(token: StoredToken, atRest: Sealer): string[] {
  const open = (sealed: string, kind: 'refresh' | 'previous-refresh') =>
    atRest.open(sealed, tokenBinding(token.acdId, token.version, kind)).toString('utf8');
  const newest = open(token.sealedRefresh, 'refresh');
  if (token.sealedPreviousRefresh === null || token.firstRefusedAtMs === null) return [newest];
  try {
    return [newest, open(token.sealedPreviousRefresh, 'previous-refresh')];
  } catch {
    return [newest];
  }
}
