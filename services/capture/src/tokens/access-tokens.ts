import type { Logger, Sealer } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import type { TokenHandover } from './handover-client.ts';
import { readToken, type SealedToken, saveTokenIfNewer } from './token-repository.ts';

/** No usable access token: the owner of the ACD or of `oauth` has to act. */
export class NoTokenError extends Error {
  override name = 'NoTokenError';
}

export interface AccessTokens {
  /** The newest token that is known, from memory, our own table or the hand-over store. @throws NoTokenError */
  current(acdId: string): Promise<string>;
  /** Copies the hand-over store's token if it is newer; an unreachable store changes nothing. True when it was newer. */
  copyNewer(acdId: string): Promise<boolean>;
}

/** A token this close to its end is asked for anew, in case the notice of its successor was missed. */
const NEAR_EXPIRY_MS = 60_000;

/** Works on from our own copies while Redis and `oauth` are down. */
export function createAccessTokens(deps: {
  pool: Pool;
  handover: TokenHandover;
  sealer: Sealer;
  clock: Clock;
  logger: Logger;
}): AccessTokens {
  async function copyNewer(acdId: string): Promise<boolean> {
    const own = await readToken(deps.pool, acdId);
    let offered: SealedToken | null;
    try {
      offered = await deps.handover.read(acdId);
    } catch (error) {
      deps.logger.warn({ err: error, acdId }, 'the token hand-over store is away; working on with our own copy');
      return false;
    }
    if (!offered || offered.version <= (own?.version ?? 0)) return false;
    open(acdId, offered);
    await saveTokenIfNewer(deps.pool, acdId, offered);
    return true;
  }

  function open(acdId: string, token: SealedToken): string {
    try {
      return deps.sealer.open(token.sealed, `${acdId}:${token.version}`).toString('utf8');
    } catch (cause) {
      const detail = `The access token of ACD ${acdId} (version ${token.version}) can't be opened.`;
      throw new NoTokenError(`${detail} Give capture and oauth the same HANDOVER_KEYS.`, { cause });
    }
  }

  return {
    copyNewer,
    async current(acdId) {
      let token = await readToken(deps.pool, acdId);
      if (!token || token.expiresAtMs - deps.clock.nowMs() < NEAR_EXPIRY_MS) {
        if (await copyNewer(acdId)) token = await readToken(deps.pool, acdId);
      }
      if (!token) {
        throw new NoTokenError(`There is no access token for ACD ${acdId} yet. Authorize it, and see that oauth runs.`);
      }
      return open(acdId, token);
    },
  };
}
