import type { WebexErrorKind } from '@wxcc-wfo/webex';

/** What is told of a failed poll: a stable code, what happened, and what to do about it. */
export interface ToldProblem {
  code: string;
  detail: string;
  remedy: string;
}

const REMEDIES: Record<WebexErrorKind, string> = {
  unauthorized: 'Authorize the ACD again; capture goes on by itself and reads what it missed.',
  forbidden: 'Give the authorizing administrator the role and the scopes that reading tasks needs (cjp:config_read).',
  'rate-limited': 'Nothing: capture waits as long as Webex asks. If it lasts, see what else uses this OAuth client.',
  unavailable: 'Nothing: capture tries again and reads what it missed. If it lasts, see the status page of Webex.',
  timeout: 'Nothing: capture tries again and reads what it missed. If it lasts, check the way to Webex.',
  'invalid-request': 'Report it with the tracking id: Webex refuses a question that it should take.',
  'invalid-answer': 'Report it with the tracking id: Webex gives an answer that can’t be understood.',
  refused: 'Authorize the ACD again; capture goes on by itself and reads what it missed.',
  'host-not-allowed': 'Correct the API URL of the ACD, or add its host to WEBEX_ALLOWED_HOSTS.',
  'not-found': 'Check the API URL and the Webex organization of the ACD.',
  incomplete: 'Nothing: capture reads it again. If it lasts, report it with the tracking id.',
  'not-published':
    'Connect the ACD by the 2.0 programmatic APIs: what this one needs is not published for its variant.',
};

const TOKEN_REMEDY = 'Authorize the ACD, and see that oauth runs with the same HANDOVER_KEYS.';
const OUR_REMEDY = 'Nothing: capture tries again. If it lasts, see the service’s log and its database.';

/** Facts of an error that the policy needs; the caller knows its class. */
export interface PollFailure {
  message: string;
  webexKind: WebexErrorKind | null;
  isTokenMissing: boolean;
  retryAfterMs: number | null;
}

export function tellProblem(failure: PollFailure): ToldProblem {
  if (failure.webexKind) {
    return { code: `webex-${failure.webexKind}`, detail: failure.message, remedy: REMEDIES[failure.webexKind] };
  }
  if (failure.isTokenMissing) return { code: 'token-missing', detail: failure.message, remedy: TOKEN_REMEDY };
  // The text of an unknown error may hold anything; the log has it, redacted.
  return { code: 'internal-error', detail: 'The poll failed on our side.', remedy: OUR_REMEDY };
}

const LONGEST_WAIT_MS = 60_000;

/** How long until the next poll: the interval, doubled with each failure up to a minute; `Retry-After` wins. */
export function nextPollDelayMs(o: {
  intervalMs: number;
  failuresBefore: number;
  failure: PollFailure | null;
}): number {
  if (!o.failure) return o.intervalMs;
  if (o.failure.retryAfterMs !== null) return Math.max(o.failure.retryAfterMs, o.intervalMs);
  return Math.max(o.intervalMs, Math.min(o.intervalMs * 2 ** Math.min(o.failuresBefore, 20), LONGEST_WAIT_MS));
}
