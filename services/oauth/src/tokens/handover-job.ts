import type { Wiring } from '../wiring.ts';
import { listLivingTokens, tokenBinding } from './token-repository.ts';

const PAGE = 200;

/**
 * Puts every living access token into the hand-over store unless the same or a newer one lies there, so that an emptied
 * Redis is filled again from Postgres within seconds. Gives how many were written.
 */
export async function handOverLivingTokens(wiring: Wiring): Promise<number> {
  let written = 0;
  let afterAcdId: string | null = null;
  for (;;) {
    const page = await listLivingTokens(wiring.pool, { afterAcdId, nowMs: wiring.clock.nowMs(), limit: PAGE });
    for (const token of page) {
      const accessToken = wiring.seals.atRest
        .open(token.sealedAccess, tokenBinding(token.acdId, token.version, 'access'))
        .toString('utf8');
      const handed = { acdId: token.acdId, version: token.version, accessToken, expiresAtMs: token.accessExpiresAtMs };
      if (await wiring.handover.put(handed)) written++;
    }
    if (page.length < PAGE) return written;
    afterAcdId = page.at(-1)!.acdId;
  }
}
