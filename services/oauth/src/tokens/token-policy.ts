/** When a token is refreshed and what a failed refresh means (AUTH-03, AUTH-04). Pure; times are epoch milliseconds. */

const TWELVE_HOURS_MS = 12 * 3_600_000;
const SHARE_OF_LIFE = 0.8;
const JITTER_SHARE = 0.1;

export interface TokenLife {
  issuedAtMs: number;
  accessExpiresAtMs: number;
}

/**
 * Every 12 hours or at 80 % of the access token's life, whichever comes first, minus up to a tenth of that as jitter,
 * so that connections made together do not refresh together. `random` is in [0, 1).
 */
export function nextRefreshAtMs(token: TokenLife, random: number): number {
  const lifeMs = Math.max(0, token.accessExpiresAtMs - token.issuedAtMs);
  const waitMs = Math.min(TWELVE_HOURS_MS, lifeMs * SHARE_OF_LIFE);
  return Math.floor(token.issuedAtMs + waitMs * (1 - JITTER_SHARE * random));
}

/** How a call to the provider ended. */
export type RefreshAnswer = 'granted' | 'refused' | 'no-answer';

export interface RefreshHistory {
  failures: number;
  firstRefusedAtMs: number | null;
  refreshExpiresAtMs: number;
}

export type RefreshVerdict =
  | { kind: 'renewed' }
  | { kind: 'retry'; atMs: number; firstRefusedAtMs: number | null }
  | { kind: 'lost'; code: 'refresh-token-refused' | 'refresh-token-expired'; probeAtMs: number };

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

/** What follows from an answer. A definitive refusal is believed when seen twice, `confirmRefusalMs` apart. */
export function judgeRefresh(
  answer: RefreshAnswer,
  history: RefreshHistory,
  at: { nowMs: number; random: number },
  rules: RetryRules = RETRY_RULES,
): RefreshVerdict {
  switch (answer) {
    case 'granted':
      return { kind: 'renewed' };
    case 'no-answer': {
      if (at.nowMs >= history.refreshExpiresAtMs) return lost('refresh-token-expired', at.nowMs, rules);
      const ceilingMs = Math.min(rules.longestRetryMs, rules.firstRetryMs * 2 ** Math.min(history.failures, 16));
      return {
        kind: 'retry',
        atMs: at.nowMs + Math.ceil(ceilingMs * (0.5 + 0.5 * at.random)),
        firstRefusedAtMs: history.firstRefusedAtMs,
      };
    }
    case 'refused': {
      if (at.nowMs >= history.refreshExpiresAtMs) return lost('refresh-token-expired', at.nowMs, rules);
      const firstRefusedAtMs = history.firstRefusedAtMs ?? at.nowMs;
      const confirmedAtMs = firstRefusedAtMs + rules.confirmRefusalMs;
      if (at.nowMs >= confirmedAtMs) return lost('refresh-token-refused', at.nowMs, rules);
      return { kind: 'retry', atMs: confirmedAtMs, firstRefusedAtMs };
    }
  }
}

function lost(
  code: 'refresh-token-refused' | 'refresh-token-expired',
  nowMs: number,
  rules: RetryRules,
): RefreshVerdict {
  return { kind: 'lost', code, probeAtMs: nowMs + rules.probeEveryMs };
}

/** The guide's causes of a lost authorization, for the message to the operator. */
export const CAUSES_OF_LOSS: readonly string[] = [
  'The e-mail address of the administrator account was changed.',
  'The account was deactivated.',
  'The account’s password was changed or has expired.',
  'Single sign-on was switched on for the organization.',
  'The organization’s domain was changed.',
];
