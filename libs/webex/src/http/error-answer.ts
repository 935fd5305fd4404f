import { type QueryFault, WebexError, type WebexErrorKind } from './webex-error.ts';

/** What an error body said, whichever of Webex's spellings it used. */
export interface ErrorAnswer {
  key: string | null;
  text: string | null;
  trackingId: string | null;
  /** Each error of the list; `key` and `text` are of the first. */
  faults?: QueryFault[];
}

const MAX_TEXT = 300;

/**
 * Removes what must never be in a message: the secrets of this call, bearer tokens, the query strings of URLs.
 * Texts of Webex are quoted in our errors, and a server may echo what it was sent.
 */
export function scrub(text: string, secrets: readonly string[] = []): string {
  let result = text;
  for (const secret of secrets) if (secret.length >= 4) result = result.replaceAll(secret, '[removed]');
  return result
    .replace(/Bearer\s+[^\s"']+/gi, 'Bearer [removed]')
    .replace(/(https?:\/\/[^\s"'?]+)\?[^\s"']*/gi, '$1?[removed]')
    .slice(0, MAX_TEXT);
}

/** Reads an error body: `error` or `errors`, integer or string keys, texts in a list or plain, or no body at all. */
export function readErrorAnswer(body: unknown, secrets: readonly string[] = []): ErrorAnswer {
  const none: ErrorAnswer = { key: null, text: null, trackingId: null, faults: [] };
  if (!isRecord(body)) return none;
  const trackingId = text(body.trackingId) ?? text(body.trackingID);
  const errors = body.errors ?? body.error;
  const faults = (Array.isArray(errors) ? errors : [errors]).flatMap((error) => faultsOf(error, secrets));
  const first: unknown = Array.isArray(errors) ? errors[0] : errors;
  // OAuth servers say {"error": "invalid_grant", "error_description": "…"}.
  if (typeof first === 'string') {
    return { key: first, text: text(body.error_description) ?? text(body.message) ?? first, trackingId, faults };
  }
  if (!isRecord(first)) return { ...none, text: text(body.message), trackingId };
  const extensions = isRecord(first.extensions) ? first.extensions : {};
  return {
    key: text(first.key) ?? text(first.code) ?? text(extensions.code) ?? text(extensions.classification),
    text: texts(first.message) ?? text(first.description) ?? text(first.reason) ?? text(body.message),
    trackingId: trackingId ?? text(first.trackingId),
    faults,
  };
}

function faultsOf(error: unknown, secrets: readonly string[]): QueryFault[] {
  if (!isRecord(error)) return [];
  const message = texts(error.message) ?? text(error.description);
  if (message === null) return [];
  const locations = Array.isArray(error.locations) ? error.locations : [];
  const lines = locations.map((at) => (isRecord(at) ? at.line : null)).filter((line) => typeof line === 'number');
  const path = Array.isArray(error.path) ? error.path.map(String) : [];
  return [{ message: scrub(message, secrets), lines, path }];
}

/** The error of an answer whose status was not a success. */
export function errorOfStatus(
  what: string,
  statusCode: number,
  answer: ErrorAnswer,
  details: { retryAfterMs?: number | undefined; trackingId?: string | undefined; secrets?: readonly string[] },
): WebexError {
  const kind = kindOfStatus(statusCode);
  const answerText = answer.text ? scrub(answer.text, details.secrets) : undefined;
  const quoted = answerText ? `: ${answerText}` : '';
  return new WebexError(kind, `${what} was answered with HTTP ${statusCode}${quoted}. ${REMEDIES[kind]}`, {
    statusCode,
    retryAfterMs: details.retryAfterMs,
    trackingId: answer.trackingId ?? details.trackingId,
    answerKey: answer.key === null ? undefined : scrub(answer.key, details.secrets),
    answerText,
    faults: answer.faults,
  });
}

/**
 * How GraphQL servers say that a question does not fit their schema, so that asking again is of no use: by their code or
 * classification, or by how their fixed sentences begin. A fault behind them may speak of parsing or of something
 * invalid, too, and passes.
 */
const UNFIT_CODE =
  /^(GRAPHQL_(PARSE|VALIDATION)_FAILED|BAD_USER_INPUT|BAD_?REQUEST|ValidationError|InvalidSyntax|OperationNotSupported)$/i;
const UNFIT_SENTENCE =
  /^(syntax error|invalid syntax|validation error|bad request|cannot query field|unknown (field|argument|type|directive)|sub-?selection|field ["'].*(is undefined|have a selection|is required)|variable ["'$].*(invalid value|is not defined))/i;

/** The error of an answer with status 200 that carries `error` or `errors`, as GraphQL servers do. */
export function errorInsideSuccess(
  what: string,
  answer: ErrorAnswer,
  details: { trackingId?: string | undefined; secrets?: readonly string[] } = {},
): WebexError {
  const status = Number(answer.key);
  const kind: WebexErrorKind =
    Number.isInteger(status) && status >= 400 && status < 600
      ? kindOfStatus(status)
      : UNFIT_CODE.test(answer.key ?? '') || UNFIT_SENTENCE.test(answer.text ?? '')
        ? 'invalid-request'
        : 'unavailable';
  const said = scrub(answer.text ?? answer.key ?? 'no text given', details.secrets);
  return new WebexError(kind, `${what} was answered with HTTP 200 but with errors: ${said}. ${REMEDIES[kind]}`, {
    statusCode: 200,
    trackingId: answer.trackingId ?? details.trackingId,
    faults: answer.faults,
  });
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  const value = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(Math.ceil(Number(value) * 1000), MAX_RETRY_AFTER_MS);
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - nowMs), MAX_RETRY_AFTER_MS);
}

/** A server that asks for hours is asked again after this long: better one refusal than a tenant that stands still. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

function kindOfStatus(status: number): WebexErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate-limited';
  if (status >= 500) return 'unavailable';
  if (status >= 400) return 'invalid-request';
  // A redirect of an API call would carry the bearer to somewhere else: never followed.
  return 'invalid-answer';
}

const REMEDIES: Record<WebexErrorKind, string> = {
  unauthorized: 'The access token is not accepted: authorize the ACD again if this lasts',
  forbidden: 'A scope or role is missing, or a file’s link has expired: check the authorizing user’s roles and scopes',
  'rate-limited': 'The budget of the client id is spent: it is tried again after the time that Webex asked for',
  unavailable: 'Webex has a fault: it is tried again',
  timeout: 'It is tried again',
  'invalid-request': 'Webex does not accept this request: report it with the tracking id',
  'invalid-answer': 'The answer cannot be used: report it with the tracking id',
  refused: 'Authorize the ACD again',
  'host-not-allowed': 'Add the host to the allowed hosts of the deployment if it belongs there',
  'not-found': 'It does not exist there (any more)',
  incomplete: 'Nothing may be concluded from what is missing in it: it is read again at the next run',
  'not-published': 'Use a connection of the 2.0 programmatic APIs for it',
};

function text(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  return null;
}

function texts(value: unknown): string | null {
  if (!Array.isArray(value)) return text(value);
  const parts = value.map((part) => (isRecord(part) ? text(part.description) : text(part))).filter((part) => part);
  return parts.length > 0 ? parts.join('; ') : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
