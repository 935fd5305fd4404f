import type { WebexErrorKind } from '@wxcc-wfo/webex';
import type { RunProblem } from './run-policy.ts';

const REMEDIES: Record<WebexErrorKind, string> = {
  unauthorized: 'Authorize the ACD again; the next run follows by itself.',
  forbidden: 'Give the authorizing administrator the role and the scope that reading this needs (cjp:config_read).',
  'rate-limited': 'Nothing: sync waits as long as Webex asks. If it lasts, see what else uses this OAuth client.',
  unavailable: 'Nothing: sync reads it again. If it lasts, see the status page of Webex.',
  timeout: 'Nothing: sync reads it again. If it lasts, check the way to Webex.',
  'invalid-request': 'Report it with the tracking id: Webex refuses a question that it should take.',
  'invalid-answer': 'Report it with the tracking id: Webex gives an answer that can’t be understood.',
  refused: 'Authorize the ACD again; the next run follows by itself.',
  'host-not-allowed': 'Correct the API URL of the ACD, or add its host to WEBEX_ALLOWED_HOSTS.',
  'not-found': 'Check the API URL and the Webex organization of the ACD.',
  incomplete: 'Nothing: sync reads it again, and deactivates nobody until the listing is whole.',
  'not-published':
    'Connect the ACD by the 2.0 programmatic APIs: what this one needs is not published for its variant.',
};

/** Nothing else of this ACD can be read either: the run ends instead of asking for the next kind. */
const OF_THE_WHOLE_ACD: readonly WebexErrorKind[] = ['unauthorized', 'refused', 'host-not-allowed', 'not-published'];

/** Facts of an error that the policy needs; the caller knows its class. */
export interface RunFailure {
  message: string;
  webexKind: WebexErrorKind | null;
  isTokenMissing: boolean;
  retryAfterMs: number | null;
}

/** Whether only the kind that was being read is affected. */
export function isOfOneKind(failure: RunFailure): boolean {
  return failure.webexKind !== null && !OF_THE_WHOLE_ACD.includes(failure.webexKind);
}

export function tellProblem(failure: RunFailure): RunProblem {
  if (failure.webexKind) {
    return { code: `webex-${failure.webexKind}`, detail: failure.message, remedy: REMEDIES[failure.webexKind] };
  }
  if (failure.isTokenMissing) {
    const remedy = 'Authorize the ACD, and see that oauth runs with the same HANDOVER_KEYS.';
    return { code: 'token-missing', detail: failure.message, remedy };
  }
  // The text of an unknown error may hold anything; the log has it, redacted.
  const remedy = 'Nothing: sync tries again. If it lasts, see the service’s log and its database.';
  return { code: 'internal-error', detail: 'The run failed on our side.', remedy };
}
