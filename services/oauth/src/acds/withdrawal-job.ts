import type { Wiring } from '../wiring.ts';
import {
  API_KEY_EXPIRES_AT_MS,
  apiKeyBinding,
  endWithdrawal,
  listApiKeys,
  listWithdrawals,
  type StoredApiKey,
} from './credential-repository.ts';

const PAGE = 200;
/** A replica that was paused between its commit and its hand-over puts an old token back at the latest this much later. */
const WATCH_MS = 10 * 60_000;

/**
 * Takes the tokens and keys of deleted and changed ACDs back from the hand-over store. Repeated for a while: a slow
 * replica may put one there after it was taken away. Gives how many were taken back. @throws when Redis is away
 */
export async function withdrawHandedOver(wiring: Wiring): Promise<number> {
  const { pool, clock, handover } = wiring;
  let withdrawn = 0;
  for (let afterAcdId: string | null = null; ; ) {
    const page = await listWithdrawals(pool, { afterAcdId, limit: PAGE });
    for (const one of page) {
      if (await handover.remove(one)) withdrawn++;
      if (clock.nowMs() - one.withdrawnAtMs > WATCH_MS) await endWithdrawal(pool, one);
    }
    if (page.length < PAGE) return withdrawn;
    afterAcdId = page.at(-1)!.acdId;
  }
}

/** Puts the API keys of 1.0 forms where the other services look for credentials, unless they lie there (AUTH-07). */
export async function handOverApiKeys(wiring: Wiring): Promise<number> {
  let written = 0;
  for (let afterAcdId: string | null = null; ; ) {
    const page = await listApiKeys(wiring.pool, { afterAcdId, limit: PAGE });
    const versions = await wiring.handover.versions(page.map(({ acdId }) => acdId));
    for (const [index, key] of page.entries()) {
      if (versions[index]!.held < key.version && (await handOverStored(wiring, key))) written++;
    }
    if (page.length < PAGE) return written;
    afterAcdId = page.at(-1)!.acdId;
  }
}

/** A stored key that does not open must not keep the others from their services. */
async function handOverStored(wiring: Wiring, key: StoredApiKey): Promise<boolean> {
  const { acdId, version, sealedKey } = key;
  let accessToken: string;
  try {
    accessToken = wiring.seals.atRest.open(sealedKey, apiKeyBinding(acdId, version)).toString('utf8');
  } catch (error) {
    wiring.metrics.oauth_handovers_total.add(1, { outcome: 'failed' });
    wiring.logger.error({ acdId, version, err: error }, 'an API key does not open; give back the old SEALING_KEYS');
    return false;
  }
  return await wiring.handover.put({ acdId, version, accessToken, expiresAtMs: API_KEY_EXPIRES_AT_MS });
}
