import { randomBytes } from 'node:crypto';
import { inTransaction, problem } from '@wxcc-wfo/service-kit';
import { type TokenSet, WebexError } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import { findClient, secretBinding } from '../clients/client-repository.ts';
import { keepToken } from '../tokens/token-keeper.ts';
import type { Wiring } from '../wiring.ts';
import { codeChallenge, hashState, judgeAuthorizer } from './authorization-policy.ts';
import { insertAuthorizationRequest, useAuthorizationRequest } from './authorization-repository.ts';

const REQUEST_LIFE_MS = 15 * 60_000;

const verifierBinding = (stateHash: string) => `pkce-verifier:${stateHash}`;

/** Begins the authorization-code flow of an ACD: where the administrator signs in, and until when that is good. */
export async function beginAuthorization(
  wiring: Wiring,
  acd: Acd,
  requestedBy: string,
): Promise<{ authorizationUrl: string; expiresAtMs: number }> {
  const client = await findClient(wiring.pool, { clientRef: acd.clientRef, tenantId: acd.tenantId });
  if (!client) throw new Error(`The client of ACD ${acd.acdId} is gone.`);
  const state = randomBytes(32).toString('base64url');
  const verifier = randomBytes(48).toString('base64url');
  const nowMs = wiring.clock.nowMs();
  const stateHash = hashState(state);
  await insertAuthorizationRequest(wiring.pool, {
    stateHash,
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    sealedVerifier: wiring.seals.atRest.seal(verifier, verifierBinding(stateHash)),
    requestedBy,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + REQUEST_LIFE_MS,
  });
  const authorizationUrl = wiring.oauthClient.authorizeUrl({
    clientId: client.webexClientId,
    redirectUri: wiring.redirectUrl(),
    scopes: wiring.config.WEBEX_SCOPES.split(' '),
    state,
    codeChallenge: codeChallenge(verifier),
  });
  return { authorizationUrl, expiresAtMs: nowMs + REQUEST_LIFE_MS };
}

/** Ends the flow: the state is used up, the code exchanged, organization and account checked, the token stored. */
export async function completeAuthorization(wiring: Wiring, answer: { code: string; state: string }): Promise<Acd> {
  const stateHash = hashState(answer.state);
  const request = await useAuthorizationRequest(wiring.pool, { stateHash, nowMs: wiring.clock.nowMs() });
  if (!request) {
    throw problem({
      status: 400,
      code: 'state-mismatch',
      title: 'This sign-in does not belong to a request of ours',
      detail: 'The `state` is unknown, was used before, or has expired.',
      field: 'state',
      remedy: 'Ask for a new authorization URL of the ACD and sign in within 15 minutes.',
    });
  }
  const acd = await findAcd(wiring.pool, request.acdId);
  if (!acd || acd.deleted) throw notFound(request.acdId);
  const verifier = wiring.seals.atRest.open(request.sealedVerifier, verifierBinding(stateHash)).toString('utf8');
  const granted = await exchange(wiring, acd, { code: answer.code, verifier });
  const kept = await inTransaction(wiring.pool, async (tx) => {
    const locked = await findAcd(tx, acd.acdId, true);
    if (!locked || locked.deleted) throw notFound(acd.acdId);
    return keepToken(tx, locked, granted, wiring);
  });
  await wiring.handOver(kept);
  wiring.logger.info({ acdId: acd.acdId, tenantId: acd.tenantId, version: kept.version }, 'ACD authorized');
  return { ...acd, authorization: 'authorized' };
}

async function exchange(wiring: Wiring, acd: Acd, sent: { code: string; verifier: string }): Promise<TokenSet> {
  const client = await findClient(wiring.pool, { clientRef: acd.clientRef, tenantId: acd.tenantId });
  if (!client) throw new Error(`The client of ACD ${acd.acdId} is gone.`);
  try {
    const granted = await wiring.oauthClient.exchangeCode({
      clientId: client.webexClientId,
      clientSecret: wiring.seals.atRest.open(client.sealedSecret, secretBinding(client.clientRef)).toString('utf8'),
      code: sent.code,
      redirectUri: wiring.redirectUrl(),
      codeVerifier: sent.verifier,
    });
    const person = await wiring.oauthClient.whoAmI(granted.accessToken, { quotaKey: client.quotaKey });
    const judged = judgeAuthorizer(acd, {
      tokenOrgId: granted.orgId,
      personOrgId: person.orgId,
      emails: person.emails,
    });
    if (judged.ok) return granted;
    throw problem({
      status: 409,
      code: judged.code,
      title: 'Another organization or account authorized this ACD',
      detail: judged.detail,
      remedy: judged.remedy,
    });
  } catch (error) {
    if (!(error instanceof WebexError)) throw error;
    const refused = error.kind === 'refused' || error.kind === 'unauthorized' || error.kind === 'forbidden';
    throw problem({
      status: refused ? 400 : 502,
      code: refused ? 'authorization-refused' : 'unavailable',
      title: refused ? 'Webex refused the authorization' : 'Webex did not answer',
      detail: error.message,
      remedy: refused
        ? 'Ask for a new authorization URL and sign in again; check the client id, its secret and the redirect URI.'
        : 'Try again in a few minutes with a new authorization URL.',
    });
  }
}

/** There is no such ACD for the caller. */
export function notFound(acdId: string): Error {
  return problem({
    status: 404,
    code: 'not-found',
    title: 'There is no such ACD',
    detail: `No ACD ${acdId} exists for this tenant.`,
    remedy: 'List the ACDs with GET /v1/acds.',
  });
}
