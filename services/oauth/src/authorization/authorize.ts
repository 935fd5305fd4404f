import { randomBytes } from 'node:crypto';
import { inTransaction, type ProblemError, problem, type SqlClient } from '@wxcc-wfo/service-kit';
import { type TokenSet, WebexError } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import { findClient, secretBinding } from '../clients/client-repository.ts';
import { NotSent } from '../provider/provider-client.ts';
import { keepToken } from '../tokens/token-keeper.ts';
import type { Wiring } from '../wiring.ts';
import { type Authorizer, codeChallenge, hashState, judgeAuthorizer } from './authorization-policy.ts';
import { insertAuthorizationRequest, useAuthorizationRequest } from './authorization-repository.ts';

const REQUEST_LIFE_MS = 15 * 60_000;

const verifierBinding = (stateHash: string) => `pkce-verifier:${stateHash}`;

/** Begins the authorization-code flow of an ACD: where the administrator signs in, and until when that is good. */
export async function beginAuthorization(
  wiring: Wiring,
  sql: SqlClient,
  o: { acd: Acd; requestedBy: string },
): Promise<{ authorizationUrl: string; expiresAtMs: number }> {
  const { acd, requestedBy } = o;
  const client = await findClient(sql, { clientRef: acd.clientRef, tenantId: acd.tenantId });
  if (!client) throw new Error(`The client of ACD ${acd.acdId} is gone.`);
  const state = randomBytes(32).toString('base64url');
  const verifier = randomBytes(48).toString('base64url');
  await wiring.clock.synchronize();
  const nowMs = wiring.clock.nowMs();
  const stateHash = hashState(state);
  await insertAuthorizationRequest(sql, {
    stateHash,
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    sealedVerifier: wiring.seals.atRest.seal(verifier, verifierBinding(stateHash)),
    requestedBy,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + REQUEST_LIFE_MS,
  });
  const authorizationUrl = wiring.provider.authorizeUrl({
    clientId: client.webexClientId,
    redirectUri: wiring.redirectUrl(),
    scopes: wiring.config.WEBEX_SCOPES.split(/\s+/).filter(Boolean),
    state,
    codeChallenge: codeChallenge(verifier),
  });
  return { authorizationUrl, expiresAtMs: nowMs + REQUEST_LIFE_MS };
}

/** Ends the flow: the state is used up, the code exchanged, organization and account checked, the token stored. */
export async function completeAuthorization(wiring: Wiring, answer: { code: string; state: string }): Promise<Acd> {
  const { pool, clock, seals } = wiring;
  await clock.synchronize();
  const stateHash = hashState(answer.state);
  const request = await useAuthorizationRequest(pool, { stateHash, nowMs: clock.nowMs() });
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
  const acd = await findAcd(pool, request.acdId);
  if (!acd || acd.deleted) throw notFound(request.acdId);
  const verifier = seals.atRest.open(request.sealedVerifier, verifierBinding(stateHash)).toString('utf8');
  const granted = await exchange(wiring, acd, { code: answer.code, verifier });
  const kept = await inTransaction(pool, async (tx) => {
    const locked = await findAcd(tx, acd.acdId, true);
    if (!locked || locked.deleted) throw notFound(acd.acdId);
    // What was compared with the sign-in may have been changed meanwhile.
    judge(locked, granted);
    return keepToken(tx, { acd: locked, granted: granted.tokens }, wiring);
  });
  await wiring.handOver(kept);
  wiring.logger.info({ acdId: acd.acdId, tenantId: acd.tenantId, version: kept.version }, 'ACD authorized');
  return { ...acd, authorization: 'authorized' };
}

interface Granted {
  tokens: TokenSet;
  authorizer: Authorizer;
}

async function exchange(wiring: Wiring, acd: Acd, sent: { code: string; verifier: string }): Promise<Granted> {
  const { provider, seals } = wiring;
  const client = await findClient(wiring.pool, { clientRef: acd.clientRef, tenantId: acd.tenantId });
  if (!client) throw new Error(`The client of ACD ${acd.acdId} is gone.`);
  const credentials = {
    clientId: client.webexClientId,
    clientSecret: seals.atRest.open(client.sealedSecret, secretBinding(client.clientRef)).toString('utf8'),
    quotaKey: client.quotaKey,
  };
  try {
    const tokens = await provider.exchangeCode(credentials, {
      code: sent.code,
      redirectUri: wiring.redirectUrl(),
      codeVerifier: sent.verifier,
    });
    const person = await provider.whoAmI(tokens.accessToken, credentials);
    const granted = {
      tokens,
      authorizer: { tokenOrgId: tokens.orgId, personOrgId: person.orgId, emails: person.emails },
    };
    judge(acd, granted);
    return granted;
  } catch (error) {
    throw explained(error);
  }
}

/** Same organization, same account, or a refusal that names both (AUTH-01). */
function judge(acd: Acd, { authorizer }: Granted): void {
  const judged = judgeAuthorizer(acd, authorizer);
  if (judged.ok) return;
  throw problem({
    status: 409,
    code: judged.code,
    title: 'Another organization or account authorized this ACD',
    detail: judged.detail,
    remedy: judged.remedy,
  });
}

/** A failure of the provider in the words of the person who signs in; anything else stays as it is. */
function explained(error: unknown): ProblemError | unknown {
  if (error instanceof NotSent) return unavailable(error.message);
  if (!(error instanceof WebexError)) return error;
  const refused = error.kind === 'refused' || error.kind === 'unauthorized' || error.kind === 'forbidden';
  if (!refused) return unavailable(error.message);
  return problem({
    status: 400,
    code: 'authorization-refused',
    title: 'Webex refused the authorization',
    detail: error.message,
    remedy:
      'Ask for a new authorization URL and sign in again; if it stays, check the client id, its secret and the redirect URI.',
  });
}

function unavailable(detail: string): ProblemError {
  return problem({
    status: 502,
    code: 'unavailable',
    title: 'Webex did not answer',
    detail,
    remedy: 'Try again in a few minutes with a new authorization URL.',
  });
}

/** There is no such ACD for the caller. */
export function notFound(acdId: string): ProblemError {
  return problem({
    status: 404,
    code: 'not-found',
    title: 'There is no such ACD',
    detail: `No ACD ${acdId} exists for this tenant.`,
    remedy: 'List the ACDs with GET /v1/acds.',
  });
}
