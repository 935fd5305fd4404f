/** When a token is refreshed and what a failed refresh means (AUTH-03, AUTH-04). Pure; times are epoch milliseconds. */

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

/**
 * How an attempt ended. `refused`: the refresh token is not accepted. `client-refused`: the client id or its secret is
 * not, which says nothing about this ACD. `expired`: nobody was asked, the refresh token's life is over.
 */
export type RefreshAnswer = 'granted' | 'refused' | 'client-refused' | 'no-answer' | 'expired';

export interface RefreshHistory {
  failures: number;
  firstRefusedAtMs: number | null;
  refreshExpiresAtMs: number;
}

export type LossCode = 'refresh-token-refused' | 'refresh-token-expired';

export type RefreshVerdict =
  | { kind: 'renewed' }
  | { kind: 'retry'; nextAtMs: number; firstRefusedAtMs: number | null }
  /** `nextAtMs` null: it is never tried again, only a person can help. */
  | { kind: 'lost'; code: LossCode; sinceMs: number; nextAtMs: number | null; firstRefusedAtMs: number | null };

export interface RetryRules {
  firstRetryMs: number;
  longestRetryMs: number;
  /** A refusal counts only when it is seen again this much later (15 minutes, AUTH-04). */
  confirmRefusalMs: number;
  /** How often a lost authorization is tried again, slowly, while the refresh token may still live. */
  probeEveryMs: number;
}

export const RETRY_RULES: RetryRules = {
  firstRetryMs: 5_000,
  longestRetryMs: 15 * 60_000,
  confirmRefusalMs: 15 * 60_000,
  probeEveryMs: 6 * 3_600_000,
};

export interface JudgedAt {
  nowMs: number;
  /** In [0, 1). */
  random: number;
  /** What the provider asked for; it wins over our own back-off. */
  retryAfterMs?: number | undefined;
}

type Judge = (history: RefreshHistory, at: JudgedAt, rules: RetryRules) => RefreshVerdict;

const JUDGES: Record<RefreshAnswer, Judge> = {
  granted: () => ({ kind: 'renewed' }),
  expired,
  'no-answer': (history, at, rules) => retryLater(history, at, rules),
  // The moment is kept: when another ACD of the client is renewed after it, the client was not at fault.
  'client-refused': (history, at, rules) =>
    retryLater({ ...history, firstRefusedAtMs: history.firstRefusedAtMs ?? at.nowMs }, at, rules),
  refused(history, at, rules) {
    const sinceMs = history.firstRefusedAtMs ?? at.nowMs;
    const confirmedAtMs = sinceMs + rules.confirmRefusalMs;
    const nextAtMs = Math.min(confirmedAtMs, history.refreshExpiresAtMs);
    if (at.nowMs < confirmedAtMs) return { kind: 'retry', nextAtMs, firstRefusedAtMs: sinceMs };
    const probeAtMs = Math.min(at.nowMs + rules.probeEveryMs, history.refreshExpiresAtMs);
    return { kind: 'lost', code: 'refresh-token-refused', sinceMs, nextAtMs: probeAtMs, firstRefusedAtMs: sinceMs };
  },
};

/** What follows from an answer. A refusal is believed when seen twice, `confirmRefusalMs` apart. */
export function judgeRefresh(
  answer: RefreshAnswer,
  history: RefreshHistory,
  at: JudgedAt,
  rules: RetryRules = RETRY_RULES,
): RefreshVerdict {
  if (answer !== 'granted' && at.nowMs >= history.refreshExpiresAtMs) return expired(history);
  return JUDGES[answer](history, at, rules);
}

function expired(history: RefreshHistory): RefreshVerdict {
  const { firstRefusedAtMs, refreshExpiresAtMs: sinceMs } = history;
  return { kind: 'lost', code: 'refresh-token-expired', sinceMs, nextAtMs: null, firstRefusedAtMs };
}

function retryLater(history: RefreshHistory, at: JudgedAt, rules: RetryRules): RefreshVerdict {
  const ceilingMs = Math.min(rules.longestRetryMs, rules.firstRetryMs * 2 ** Math.min(history.failures, 16));
  const waitMs = at.retryAfterMs ?? Math.ceil(ceilingMs * (0.5 + 0.5 * at.random));
  // The end of the refresh token's life is noticed when it comes.
  const nextAtMs = Math.min(at.nowMs + waitMs, history.refreshExpiresAtMs);
  return { kind: 'retry', nextAtMs, firstRefusedAtMs: history.firstRefusedAtMs };
}

/**
 * What a refusal by HTTP 401 means (RFC 6749 §5.2: the client). Webex publishes no body, and a client that nobody shares
 * cannot be told from its only ACD: then it counts as that ACD's. A shared one is at fault for all, and marks none,
 * unless another of its ACDs was renewed after the first refusal.
 */
export function answerOfUnauthorized(client: { sharedBy: number; renewedSinceRefusal: boolean }): RefreshAnswer {
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
