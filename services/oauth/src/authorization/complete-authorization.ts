import { inTransaction, ProblemError, problem } from '@wxcc-wfo/service-kit';
import { type TokenSet, WebexError } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import { type AuditChange, appendAudit } from '../audit/audit-repository.ts';
import { secretBinding } from '../clients/client-repository.ts';
import { type ClientCredentials, NotSent } from '../provider/provider-client.ts';
import { keepToken } from '../tokens/token-keeper.ts';
import type { Wiring } from '../wiring.ts';
import { readAuthorizationAnswer } from './authorization-answer-policy.ts';
import { type Authorizer, hashOf, judgeAuthorizer, judgeGrantRefusal } from './authorization-policy.ts';
import * as refusals from './authorization-problems.ts';
import {
  type AuthorizationRequest,
  codeWasUsed,
  findOpening,
  listOpenRequests,
  releaseRequest,
  useRequest,
} from './authorization-repository.ts';
import { clientOf, secretsOf } from './authorize.ts';
import { bindingCookie, readCookie } from './browser-binding-policy.ts';

/** How the answer of a sign-in came to us. */
type Way = 'redirect' | 'by-hand';

interface Attempt {
  way: Way;
  tenantId: string;
  acdId: string;
  subject: string;
}

/** A browser came back from Webex: its state must be known, its cookie the one that was given for that state. */
export async function completeByRedirect(
  wiring: Wiring,
  back: {
    code: string | undefined;
    state: string | undefined;
    error: string | undefined;
    cookies: string | undefined;
  },
): Promise<Acd> {
  const { code, state, error } = back;
  if (!state) throw error ? refusals.signInFailed(error) : refusals.incomplete('state');
  await wiring.clock.synchronize();
  const opening = await findOpening(wiring.pool, hashOf(state));
  if (!opening) throw refusals.stateMismatch();
  const { request, browserHash } = opening;
  const { tenantId, acdId, requestedBy: subject } = request;
  return await audited(wiring, { way: 'redirect', tenantId, acdId, subject }, async (attempt) => {
    refuseEnded(wiring, request);
    const { name } = bindingCookie(request.requestId, wiring.startUrl(''));
    const browser = readCookie(back.cookies, name);
    if (browserHash === null) throw refusals.browserMismatch(true);
    if (browser === undefined || hashOf(browser) !== browserHash) throw refusals.browserMismatch(false);
    if (error) throw refusals.signInFailed(error);
    if (!code) throw refusals.incomplete('code');
    return await finish(wiring, { attempt, request, code });
  });
}

/**
 * An operator hands the answer in (AUTH-02). The request must have been begun by the same caller, for this ACD. Where
 * the answer has no `state`, it is the caller’s open request whose address was opened last: a code belongs to the
 * request that it was got by (PKCE), and trying others with it could use it up.
 */
export async function completeByHand(wiring: Wiring, o: { acd: Acd; subject: string; answer: string }): Promise<Acd> {
  const { tenantId, acdId } = o.acd;
  return await audited(wiring, { way: 'by-hand', tenantId, acdId, subject: o.subject }, async (attempt) => {
    const answer = readAuthorizationAnswer(o.answer);
    if (answer.kind === 'unreadable') throw refusals.answerUnreadable(answer.reason);
    await wiring.clock.synchronize();
    const request = await requestOf(wiring, { state: answer.state, acdId, subject: o.subject });
    if (answer.kind === 'refused') throw refusals.signInFailed(answer.error);
    const codeHash = hashOf(answer.code);
    if (!request)
      throw (await codeWasUsed(wiring.pool, { tenantId, codeHash })) ? refusals.codeUsed() : refusals.noRequest();
    refuseEnded(wiring, request);
    return await finish(wiring, { attempt, request, code: answer.code });
  });
}

async function requestOf(
  wiring: Wiring,
  o: { state: string | null; acdId: string; subject: string },
): Promise<AuthorizationRequest | undefined> {
  const { state, acdId, subject } = o;
  if (state === null) {
    const of = { acdId, requestedBy: subject, nowMs: wiring.clock.nowMs() };
    return (await listOpenRequests(wiring.pool, of))[0];
  }
  const request = (await findOpening(wiring.pool, hashOf(state)))?.request;
  if (request?.acdId !== acdId || request.requestedBy !== subject) throw refusals.stateMismatch();
  return request;
}

function refuseEnded({ clock }: Wiring, request: AuthorizationRequest): void {
  if (request.usedAtMs !== null) throw refusals.requestUsed();
  if (request.expiresAtMs <= clock.nowMs()) throw refusals.requestExpired();
}

/** The request is used up, the code exchanged, organization and account checked, the token stored. */
async function finish(
  wiring: Wiring,
  o: { attempt: Attempt; request: AuthorizationRequest; code: string },
): Promise<Acd> {
  const { pool, clock } = wiring;
  const { attempt, request, code } = o;
  const acd = await findAcd(pool, request.acdId);
  if (!acd || acd.deleted) throw refusals.notFound(request.acdId);
  const codeHash = hashOf(code);
  if (await codeWasUsed(pool, { tenantId: acd.tenantId, codeHash })) throw refusals.codeUsed();
  const client = await credentialsOf(wiring, acd);
  const { requestId } = request;
  if (!(await useRequest(pool, { requestId, nowMs: clock.nowMs(), codeHash }))) throw refusals.requestUsed();
  const tokens = await exchange(wiring, { client, request, code }).catch(async (error) => {
    // Nothing was given for it: who mistyped a code, or met a Webex that was away, need not begin anew.
    if (isWorthAnotherTry(error, attempt.way)) await releaseRequest(pool, { requestId, codeHash });
    throw error;
  });
  const granted = { tokens, authorizer: await whoAuthorized(wiring, tokens, client) };
  judge(acd, granted);
  const kept = await inTransaction(pool, async (tx) => {
    const locked = await findAcd(tx, acd.acdId, true);
    if (!locked || locked.deleted) throw refusals.notFound(acd.acdId);
    // What was compared with the sign-in may have been changed meanwhile; a token of another client cannot be refreshed.
    if (locked.clientRef !== acd.clientRef) throw refusals.stateMismatch();
    judge(locked, granted);
    const token = await keepToken(tx, { acd: locked, granted: granted.tokens, subject: attempt.subject }, wiring);
    await appendAudit(tx, {
      ...whoAndWhat(attempt),
      action: 'authorization-granted',
      changes: [
        { field: 'authorization', before: locked.authorization, after: 'authorized' },
        { field: 'tokenVersion', before: null, after: token.version },
        { field: 'way', before: null, after: attempt.way },
      ],
      occurredAtMs: clock.nowMs(),
    });
    return token;
  });
  await wiring.handOver(kept);
  wiring.logger.info({ acdId: acd.acdId, tenantId: acd.tenantId, version: kept.version }, 'ACD authorized');
  return { ...acd, authorization: 'authorized' };
}

interface Granted {
  tokens: TokenSet;
  authorizer: Authorizer;
}

async function credentialsOf(wiring: Wiring, acd: Acd): Promise<ClientCredentials> {
  const client = await clientOf(wiring.pool, acd);
  const binding = secretBinding(client.clientRef);
  return {
    clientId: client.webexClientId,
    clientSecret: wiring.seals.atRest.open(client.sealedSecret, binding).toString('utf8'),
    quotaKey: client.quotaKey,
  };
}

async function exchange(
  wiring: Wiring,
  o: { client: ClientCredentials; request: AuthorizationRequest; code: string },
): Promise<TokenSet> {
  const sent = {
    code: o.code,
    redirectUri: wiring.redirectUrl(),
    ...(wiring.config.WEBEX_PKCE ? { codeVerifier: secretsOf(wiring, o.request).verifier } : {}),
  };
  try {
    return await wiring.provider.exchangeCode(o.client, sent);
  } catch (error) {
    if (error instanceof NotSent) throw refusals.unavailable(error.message);
    if (!(error instanceof WebexError)) throw error;
    const { statusCode, answerText } = error;
    if (isRefusal(error)) throw refusals.grantRefused(judgeGrantRefusal(statusCode, answerText), answerText);
    throw refusals.unavailable(error.message);
  }
}

/** The code is used up by now: whatever fails here, only a new sign-in helps. */
async function whoAuthorized(wiring: Wiring, tokens: TokenSet, client: ClientCredentials): Promise<Authorizer> {
  try {
    const person = await wiring.provider.whoAmI(tokens.accessToken, client);
    return { tokenOrgId: tokens.orgId, personOrgId: person.orgId, emails: person.emails };
  } catch (error) {
    if (!(error instanceof WebexError)) throw error;
    throw isRefusal(error) ? refusals.personUnknown(error.message) : refusals.personNotTold(error.message);
  }
}

const isRefusal = ({ kind }: WebexError): boolean =>
  kind === 'refused' || kind === 'unauthorized' || kind === 'forbidden';

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

function isWorthAnotherTry(error: unknown, way: Way): boolean {
  if (!(error instanceof ProblemError)) return false;
  const { code } = error.problem;
  return code === 'unavailable' || (way === 'by-hand' && (code === 'code-refused' || code === 'client-refused'));
}

/** Every refusal that belongs to an ACD is in its audit trail (ACD-06). A trail that is away hides no answer. */
async function audited<T>(wiring: Wiring, attempt: Attempt, work: (attempt: Attempt) => Promise<T>): Promise<T> {
  try {
    return await work(attempt);
  } catch (error) {
    const refused =
      error instanceof ProblemError ? error.problem : { code: 'internal-error', title: 'It failed here.' };
    const detail = 'detail' in refused && refused.detail ? `${refused.title}. ${refused.detail}` : refused.title;
    const changes: AuditChange[] = [
      { field: 'outcome', before: null, after: refused.code },
      { field: 'reason', before: null, after: detail.slice(0, 2_000) },
      { field: 'way', before: null, after: attempt.way },
    ];
    const entry = {
      ...whoAndWhat(attempt),
      action: 'authorization-refused',
      changes,
      occurredAtMs: wiring.clock.nowMs(),
    };
    await appendAudit(wiring.pool, entry).catch((failure) => {
      wiring.logger.error({ err: failure, acdId: attempt.acdId }, 'a refused authorization is not in the audit trail');
    });
    throw error;
  }
}

const whoAndWhat = ({ tenantId, acdId, subject }: Attempt) => ({ tenantId, acdId, subject });
