/** When a token is refreshed and how failed refreshes are spaced (AUTH-03, AUTH-04). Pure; times are epoch milliseconds. */

const TWELVE_HOURS_MS = 12 * 3_600_000;
const SHARE_OF_LIFE = 0.8;
const JITTER_SHARE = 0.1;
/** A token that was given without any life left is asked for anew after this, not at once and for ever. */
const DEAD_ON_ARRIVAL_MS = 30_000;

export interface TokenLife {
  issuedAtMs: number;
  accessExpiresAtMs: number;
}

/**
 * Every 12 hours or at 80 % of the access token's life, whichever comes first, minus up to a tenth of that as jitter,
 * so that connections made together do not refresh together. `random` is in [0, 1).
 */
export function nextRefreshAtMs(token: TokenLife, random: number): number {
  const lifeMs = token.accessExpiresAtMs - token.issuedAtMs;
  if (lifeMs <= 0) return token.issuedAtMs + DEAD_ON_ARRIVAL_MS;
  const waitMs = Math.min(TWELVE_HOURS_MS, lifeMs * SHARE_OF_LIFE);
  return Math.floor(token.issuedAtMs + waitMs * (1 - JITTER_SHARE * random));
}

export interface RetryRules {
  firstRetryMs: number;
  longestRetryMs: number;
  /** A refusal counts only when it is seen again this much later (15 minutes, AUTH-04). */
  confirmRefusalMs: number;
  /** How often a lost authorization is tried again, slowly, while the refresh token may still live. */
  probeEveryMs: number;
  /** A token that a sibling reports as refused is refreshed before its time only if it is at least this old. */
  earlyAfterMs: number;
}

export const RETRY_RULES: RetryRules = {
  firstRetryMs: 5_000,
  longestRetryMs: 15 * 60_000,
  confirmRefusalMs: 15 * 60_000,
  probeEveryMs: 6 * 3_600_000,
  earlyAfterMs: 5 * 60_000,
};

/**
 * Exponential with jitter, bounded; what the provider asked for wins, but "at once" (`Retry-After: 0`, a date that is
 * past) would be a loop. `failures` are those before this one.
 */
export function retryAtMs(
  failures: number,
  at: { nowMs: number; random: number; retryAfterMs?: number | undefined },
  rules: RetryRules,
): number {
  if (at.retryAfterMs !== undefined) return at.nowMs + Math.max(at.retryAfterMs, rules.firstRetryMs);
  const ceilingMs = Math.min(rules.longestRetryMs, rules.firstRetryMs * 2 ** Math.min(failures, 16));
  return at.nowMs + Math.ceil(ceilingMs * (0.5 + 0.5 * at.random));
}

/**
 * What a refusal by HTTP 401 means (RFC 6749 §5.2: the client). Webex publishes no body, and a client that nobody shares
 * cannot be told from its only ACD: then it counts as that ACD's. A shared one is at fault for all, and marks none,
 * unless another of its ACDs was renewed after the first refusal.
 */
export function answerOfUnauthorized(client: {
  sharedBy: number;
  renewedSinceRefusal: boolean;
}): 'refused' | 'client-refused' {
  return client.sharedBy > 1 && !client.renewedSinceRefusal ? 'client-refused' : 'refused';
}

/** The guide's causes of a lost authorization, for the message to the operator. */
export const CAUSES_OF_LOSS: readonly string[] = [
  'The e-mail address of the administrator account was changed.',
  'The account was deactivated.',
  'The account’s password was changed or has expired.',
  'Single sign-on was switched on for the organization.',
  'The organization’s domain was changed.',
];
