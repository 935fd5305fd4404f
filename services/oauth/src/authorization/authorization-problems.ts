import { type ProblemError, problem } from '@wxcc-wfo/service-kit';
import type { GrantRefusal } from './authorization-policy.ts';

/** Every way in which an authorization can fail, each with its own code and what to do next (AUTH-01, AUTH-02). */

const AGAIN =
  'Ask for a new authorization URL with POST /v1/acds/{acdId}/authorization-requests and open it within 15 minutes.';

export const notFound = (acdId: string): ProblemError =>
  problem({
    status: 404,
    code: 'not-found',
    title: 'There is no such ACD',
    detail: `No ACD ${acdId} exists for this tenant.`,
    remedy: 'List the ACDs with GET /v1/acds.',
  });

export const noSuchAddress = (): ProblemError =>
  problem({
    status: 404,
    code: 'not-found',
    title: 'This authorization address is not known',
    detail: 'It is not whole, or it is older than a day.',
    remedy: AGAIN,
  });

/** Nothing here tells whether the state exists for another ACD or another caller. */
export const stateMismatch = (): ProblemError =>
  problem({
    status: 400,
    code: 'state-mismatch',
    title: 'This sign-in does not belong to a request of ours',
    detail: 'The `state` is unknown here, or it belongs to another ACD or another operator’s request.',
    field: 'state',
    remedy: `Hand in the address that the last sign-in for this ACD ended at. ${AGAIN}`,
  });

export const requestExpired = (): ProblemError =>
  problem({
    status: 400,
    code: 'request-expired',
    title: 'The request to authorize has expired',
    detail: 'More than 15 minutes went by between the request and the answer.',
    field: 'state',
    remedy: AGAIN,
  });

export const requestUsed = (): ProblemError =>
  problem({
    status: 400,
    code: 'request-used',
    title: 'This sign-in was used before',
    detail: 'A request to authorize is good once. A page that was loaded again is a second time.',
    field: 'state',
    remedy: `Look at the ACD: it may be authorized already. If not: ${AGAIN}`,
  });

export const noRequest = (): ProblemError =>
  problem({
    status: 409,
    code: 'request-expired',
    title: 'There is no open request to authorize this ACD',
    detail:
      'You began none within the last 15 minutes, or it was used. A code belongs to the request that it was got by.',
    remedy: AGAIN,
  });

export const browserMismatch = (byHand: boolean): ProblemError =>
  problem({
    status: 403,
    code: 'browser-mismatch',
    title: 'Another browser began this sign-in',
    detail: byHand
      ? 'The address at Webex itself was opened, so that this browser is not known here.'
      : 'The browser that opened the authorization URL must be the one that comes back; cookies must be allowed in it.',
    remedy:
      'Open the authorization URL in this browser again, or copy this page’s whole address and hand it in with POST /v1/acds/{acdId}/authorize.',
  });

/** Only the form that RFC 6749 gives an error is repeated: the address can be written by anybody. */
export function signInFailed(error: string): ProblemError {
  const known = /^[a-z_]{1,64}$/.test(error);
  const detail = known ? `Webex answered “${error}”.` : 'Webex answered with an error.';
  if (error === 'access_denied') {
    return problem({
      status: 400,
      code: 'sign-in-refused',
      title: 'The access was not allowed',
      detail: `${detail} Whoever signed in refused the access, or the organization’s administrator has not approved the integration.`,
      field: 'error',
      remedy:
        'Open the authorization URL again and allow the access that Webex asks for. If it stays: let an administrator allow the integration in Control Hub (Apps › Integrations).',
    });
  }
  if (error === 'server_error' || error === 'temporarily_unavailable') return unavailable(detail);
  return problem({
    status: 400,
    code: 'authorization-refused',
    title: 'The sign-in did not end with an authorization',
    detail,
    field: 'error',
    remedy:
      'Check the integration’s redirect URI and scopes at Webex against OAUTH_REDIRECT_URL and WEBEX_SCOPES, then open the authorization URL again.',
  });
}

export const incomplete = (field: 'code' | 'state'): ProblemError =>
  problem({
    status: 400,
    code: 'authorization-refused',
    title: 'The sign-in did not end with an authorization',
    detail: 'The answer has no `code` or no `state`.',
    field,
    remedy: AGAIN,
  });

export const answerUnreadable = (reason: string): ProblemError =>
  problem({
    status: 422,
    code: 'answer-unreadable',
    title: 'There is no authorization code in the answer',
    detail: reason,
    field: 'answer',
    remedy:
      'Copy the whole address that the browser shows after the sign-in, or the part after “code=”, and hand that in.',
  });

export const codeUsed = (): ProblemError => grantRefused('code-used', undefined);

const GRANT_REFUSALS: Record<GrantRefusal, { title: string; detail: string; field?: string; remedy: string }> = {
  'code-refused': {
    title: 'Webex does not accept this code',
    detail: 'It is not whole, belongs to another request or another integration, or is not good any more.',
    field: 'code',
    remedy: `Copy the code again, from its first to its last character. If it stays: ${AGAIN}`,
  },
  'code-used': {
    title: 'This code was used before',
    detail: 'An authorization code is good once.',
    field: 'code',
    remedy: `Look at the ACD: it may be authorized already. If not: ${AGAIN}`,
  },
  'code-expired': {
    title: 'This code has expired',
    detail: 'Webex gives a code for a few minutes only.',
    field: 'code',
    remedy: `${AGAIN} Hand the code in right after the sign-in.`,
  },
  'client-refused': {
    title: 'Webex does not accept the client id or its secret',
    detail: 'The credentials of the integration that this ACD’s client record holds were refused.',
    field: 'clientRef',
    remedy: 'Correct the client record’s id and secret as Webex shows them for the integration, then begin again.',
  },
  'authorization-refused': {
    title: 'Webex refused the authorization',
    detail: 'The redirect URI is not the one that the integration has.',
    remedy:
      'Register this deployment’s redirect URI with the integration at Webex (see OAUTH_REDIRECT_URL), then begin again.',
  },
};

/** Webex gave no tokens for a code. `said` is its own text, as evidence. */
export function grantRefused(code: GrantRefusal, said: string | undefined): ProblemError {
  const { detail, ...refusal } = GRANT_REFUSALS[code];
  return problem({ status: 400, code, ...refusal, detail: said ? `${detail} Webex said: “${said}”` : detail });
}

/** The tokens are there, but Webex does not tell whose they are. */
export const personUnknown = (detail: string): ProblemError =>
  problem({
    status: 400,
    code: 'authorization-refused',
    title: 'Webex does not tell who authorized',
    detail,
    remedy: 'Add the scope spark:people_read to the integration and to WEBEX_SCOPES, then begin again.',
  });

/** As above, but it may tell the next one. */
export const personNotTold = (detail: string): ProblemError =>
  problem({
    status: 502,
    code: 'unavailable',
    title: 'Webex did not tell who authorized',
    detail,
    remedy: `The code is used up. In a minute: ${AGAIN}`,
  });

export const unavailable = (detail: string): ProblemError =>
  problem({
    status: 502,
    code: 'unavailable',
    title: 'Webex did not answer',
    detail,
    remedy: 'Load this page, or hand the answer in, again in a minute; after that, with a new authorization URL.',
  });

export const notByOAuth = (variant: string): ProblemError =>
  problem({
    status: 409,
    code: 'conflict',
    title: 'This connection is not authorized by a sign-in',
    detail: `An ACD of variant ${variant} authenticates with its user name and API key.`,
    remedy: 'Give it its API key, or create an ACD of variant 2.0.',
  });
