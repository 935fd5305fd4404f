import { randomBytes, randomUUID } from 'node:crypto';
import { problem, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Acd } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import { appendAudit } from '../audit/audit-repository.ts';
import { findClient, type OAuthClientRecord } from '../clients/client-repository.ts';
import type { Wiring } from '../wiring.ts';
import { codeChallenge, hashOf } from './authorization-policy.ts';
import { noSuchAddress, notByOAuth, notFound, requestExpired, requestUsed } from './authorization-problems.ts';
import {
  type AuthorizationRequest,
  findRequestByTicket,
  hasOpened,
  insertAuthorizationRequest,
  insertOpening,
  listOpenRequests,
} from './authorization-repository.ts';
import { bindingCookie, readCookie, setCookie } from './browser-binding-policy.ts';

export { notFound } from './authorization-problems.ts';

const REQUEST_LIFE_MS = 15 * 60_000;
/** Previews of links open them, too. */
const MAX_OPENINGS = 50;

/** What a request is made of. Sealed, so that its addresses can be shown again to who began it. */
export interface RequestSecrets {
  /** PKCE (RFC 7636). */
  verifier: string;
  /** Of our own address. */
  ticket: string;
  /** The `state` of the address at Webex itself, which no browser is bound to. */
  state: string;
}

export interface StartedRequest {
  requestId: string;
  /** Ours: it binds the browser that opens it, and sends it on to Webex. */
  authorizationUrl: string;
  /** At Webex itself, for a browser that cannot reach us: its answer is handed in by hand. */
  webexUrl: string;
  createdAtMs: number;
  expiresAtMs: number;
}

/** What binds a request’s sealed secrets to it. */
export const requestBinding = (requestId: string): string => `authorization-request:${requestId}`;

const newSecret = () => randomBytes(32).toString('base64url');

/** Begins the authorization-code flow of an ACD: where the administrator signs in, and until when that is good. */
export async function beginAuthorization(
  wiring: Wiring,
  sql: SqlClient,
  o: { acd: Acd; requestedBy: string },
): Promise<StartedRequest> {
  const { acd, requestedBy } = o;
  const client = await clientOf(sql, acd);
  await wiring.clock.synchronize();
  const nowMs = wiring.clock.nowMs();
  const requestId = randomUUID();
  const secrets = { verifier: randomBytes(48).toString('base64url'), ticket: newSecret(), state: newSecret() };
  const request = {
    requestId,
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    requestedBy,
    sealedSecrets: wiring.seals.atRest.seal(JSON.stringify(secrets), requestBinding(requestId)),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + REQUEST_LIFE_MS,
    usedAtMs: null,
  };
  await insertAuthorizationRequest(sql, { ...request, ticketHash: hashOf(secrets.ticket) });
  await insertOpening(sql, { stateHash: hashOf(secrets.state), requestId, browserHash: null, openedAtMs: nowMs });
  await appendAudit(sql, {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    subject: requestedBy,
    action: 'authorization-requested',
    changes: [],
    occurredAtMs: nowMs,
  });
  return started(wiring, { request, client, secrets });
}

/** The open requests of an ACD that the caller began, the one whose address was opened last first. */
export async function listStartedRequests(
  wiring: Wiring,
  o: { acd: Acd; requestedBy: string },
): Promise<StartedRequest[]> {
  const { acd, requestedBy } = o;
  const client = await clientOf(wiring.pool, acd);
  await wiring.clock.synchronize();
  const of = { acdId: acd.acdId, requestedBy, nowMs: wiring.clock.nowMs() };
  const requests = await listOpenRequests(wiring.pool, of);
  return requests.map((request) => started(wiring, { request, client, secrets: secretsOf(wiring, request) }));
}

/**
 * A browser opens our address: it gets the cookie that it must bring back, and is sent on to Webex. One that opened it
 * before keeps its cookie, so that each of its tabs may come back.
 */
export async function openAddress(
  wiring: Wiring,
  o: { ticket: string; cookies: string | undefined },
): Promise<{ location: string; cookie: string; acdId: string }> {
  const { ticket, cookies } = o;
  const { pool, clock } = wiring;
  await clock.synchronize();
  const nowMs = clock.nowMs();
  const request = await findRequestByTicket(pool, hashOf(ticket));
  if (!request) throw noSuchAddress();
  if (request.usedAtMs !== null) throw requestUsed();
  if (request.expiresAtMs <= nowMs) throw requestExpired();
  if (request.openings >= MAX_OPENINGS) throw openedTooOften();
  const acd = await findAcd(pool, request.acdId);
  if (!acd || acd.deleted) throw notFound(request.acdId);
  const { requestId } = request;
  const cookie = bindingCookie(requestId, wiring.startUrl(''));
  const known = readCookie(cookies, cookie.name);
  const isSame = known !== undefined && (await hasOpened(pool, { requestId, browserHash: hashOf(known) }));
  const [state, browser] = [newSecret(), isSame ? known : newSecret()];
  const opening = { stateHash: hashOf(state), requestId, browserHash: hashOf(browser), openedAtMs: nowMs };
  await insertOpening(pool, opening);
  const { verifier } = secretsOf(wiring, request);
  return {
    acdId: acd.acdId,
    location: webexAddress(wiring, { client: await clientOf(pool, acd), verifier, state }),
    cookie: setCookie(cookie, browser, (request.expiresAtMs - nowMs) / 1_000),
  };
}

/** The secrets of a stored request. @throws SealError when its key is gone */
export function secretsOf(
  wiring: Pick<Wiring, 'seals'>,
  request: Pick<AuthorizationRequest, 'requestId' | 'sealedSecrets'>,
): RequestSecrets {
  const { requestId, sealedSecrets } = request;
  return JSON.parse(wiring.seals.atRest.open(sealedSecrets, requestBinding(requestId)).toString('utf8'));
}

/** The client record that authorizes an ACD. */
export async function clientOf(sql: SqlClient, acd: Acd): Promise<OAuthClientRecord> {
  if (acd.clientRef === null) throw notByOAuth(acd.variant);
  const client = await findClient(sql, { clientRef: acd.clientRef, tenantId: acd.tenantId });
  if (!client) throw new Error(`The client of ACD ${acd.acdId} is gone.`);
  return client;
}

function started(
  wiring: Wiring,
  o: { request: AuthorizationRequest; client: OAuthClientRecord; secrets: RequestSecrets },
): StartedRequest {
  const { request, client, secrets } = o;
  return {
    requestId: request.requestId,
    authorizationUrl: wiring.startUrl(secrets.ticket),
    webexUrl: webexAddress(wiring, { client, verifier: secrets.verifier, state: secrets.state }),
    createdAtMs: request.createdAtMs,
    expiresAtMs: request.expiresAtMs,
  };
}

function webexAddress(wiring: Wiring, o: { client: OAuthClientRecord; verifier: string; state: string }): string {
  return wiring.provider.authorizeUrl({
    clientId: o.client.webexClientId,
    redirectUri: wiring.redirectUrl(),
    scopes: wiring.config.WEBEX_SCOPES.split(/\s+/).filter(Boolean),
    state: o.state,
    ...(wiring.config.WEBEX_PKCE ? { codeChallenge: codeChallenge(o.verifier) } : {}),
  });
}

function openedTooOften(): Error {
  return problem({
    status: 409,
    code: 'conflict',
    title: 'This authorization address was opened too often',
    detail: `It was opened ${MAX_OPENINGS} times without a sign-in.`,
    remedy: 'Ask for a new authorization URL with POST /v1/acds/{acdId}/authorization-requests.',
  });
}
