import { RETRY_RULES, type RetryRules, retryAtMs } from './token-policy.ts';

/**
 * The upkeep of one ACD's tokens as a state machine (AUTH-03, AUTH-04). The table answers for every state and every
 * event. Pure; times are epoch milliseconds.
 *
 * - `none`: never authorized, or its tokens were dropped.
 * - `fresh`: the last refresh or sign-in worked; the next is due after 12 hours or 80 % of life.
 * - `refreshing`: a replica has announced a refresh (the intent); while the intent lasts nobody else asks.
 * - `retrying`: refreshes fail for reasons that say nothing about the authorization.
 * - `doubted`: Webex refused the refresh token once; believed when seen again 15 minutes later.
 * - `lost`: refused twice. The ACD stands still once its access token ends; slow probes go on, up to the end of the
 *   refresh token (sixty days).
 * - `ended`: the refresh token's life is over; only a person can help.
 */
export const TOKEN_STATES = ['none', 'fresh', 'refreshing', 'retrying', 'doubted', 'lost', 'ended'] as const;
export type TokenState = (typeof TOKEN_STATES)[number];
/** What is stored. `refreshing` is a standing with an intent over it; `none` is the absence of a row. */
export type Standing = Exclude<TokenState, 'none' | 'refreshing'>;

export const TOKEN_EVENTS = [
  'signed-in', // a person authorized the ACD
  'time-due', // a replica looks, and the time of the next refresh has come
  'intent-ended', // … and the intent before it has ended without an answer: its replica died
  'granted', // Webex gave new tokens
  'no-answer', // 5xx, time-out, connection lost, an answer that is none
  'throttled', // 429
  'not-asked', // the client's budget left no room; nothing was sent
  'stopped', // the replica is asked to stop before it has sent anything
  'refused', // Webex does not accept the refresh token
  'client-refused', // Webex does not accept a client that several ACDs share
  'credentials-outdated', // Webex refused, but the client's secret was replaced while it was asked
  'refresh-token-ended', // its life is over; nobody is asked
  'reported-refused', // a sibling service says that Webex refuses the access token before its time
  'credentials-changed', // the client's id or secret was replaced
  'dropped', // the ACD was deleted, or its account or organization changed: the tokens are no longer its
] as const;
export type TokenEvent = (typeof TOKEN_EVENTS)[number];

type Cell =
  /** Nothing to do. */
  | 'ignore'
  /** An answer that came after its intent had been taken from it. */
  | 'discard'
  /** Store the next version; `fresh`. An ACD that was lost is authorized again. */
  | 'renew'
  /** Write the intent, then ask; `refreshing`. */
  | 'claim'
  /** Give the intent back unused. */
  | 'release'
  /** Back off; the standing stays, `fresh` becomes `retrying`. */
  | 'try-later'
  /** Back off and mark no ACD: the client is at fault. The moment is kept, to compare with the other ACDs. */
  | 'spare-acd'
  /** `doubted` at the first refusal; `lost` when it is seen again late enough; then probe slowly. */
  | 'weigh-refusal'
  /** `ended`; never asked for again. */
  | 'end'
  /** Refresh now, unless the token was only just issued. */
  | 'refresh-early'
  /** What was refused was refused to other credentials: try again now. */
  | 'try-now'
  /** Remove the tokens; `none`. */
  | 'forget';

/**
 * What ends a request, in every state but `refreshing`: an answer is one under the replica's own intent; any other is too
 * late. Only granted tokens count nevertheless: where refresh tokens rotate, they are the only ones that work.
 */
const WITHOUT_INTENT = {
  'no-answer': 'discard',
  throttled: 'discard',
  'not-asked': 'discard',
  stopped: 'ignore',
  refused: 'discard',
  'client-refused': 'discard',
  'credentials-outdated': 'discard',
} as const satisfies Partial<Record<TokenEvent, Cell>>;

export const TOKEN_MACHINE: Record<TokenState, Record<TokenEvent, Cell>> = {
  none: {
    'signed-in': 'renew',
    'time-due': 'ignore',
    'intent-ended': 'ignore',
    granted: 'discard',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'ignore',
    'credentials-changed': 'ignore',
    dropped: 'ignore',
  },
  fresh: {
    'signed-in': 'renew',
    'time-due': 'claim',
    'intent-ended': 'ignore',
    granted: 'renew',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'refresh-early',
    'credentials-changed': 'ignore',
    dropped: 'forget',
  },
  refreshing: {
    'signed-in': 'renew',
    'time-due': 'ignore',
    'intent-ended': 'claim',
    granted: 'renew',
    'no-answer': 'try-later',
    throttled: 'try-later',
    'not-asked': 'try-later',
    stopped: 'release',
    refused: 'weigh-refusal',
    'client-refused': 'spare-acd',
    'credentials-outdated': 'try-now',
    'refresh-token-ended': 'end',
    'reported-refused': 'ignore',
    'credentials-changed': 'ignore',
    dropped: 'forget',
  },
  retrying: {
    'signed-in': 'renew',
    'time-due': 'claim',
    'intent-ended': 'ignore',
    granted: 'renew',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'ignore',
    'credentials-changed': 'try-now',
    dropped: 'forget',
  },
  doubted: {
    'signed-in': 'renew',
    'time-due': 'claim',
    'intent-ended': 'ignore',
    granted: 'renew',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'ignore',
    'credentials-changed': 'try-now',
    dropped: 'forget',
  },
  lost: {
    'signed-in': 'renew',
    'time-due': 'claim',
    'intent-ended': 'ignore',
    granted: 'renew',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'ignore',
    'credentials-changed': 'try-now',
    dropped: 'forget',
  },
  ended: {
    'signed-in': 'renew',
    'time-due': 'ignore',
    'intent-ended': 'ignore',
    granted: 'renew',
    ...WITHOUT_INTENT,
    'refresh-token-ended': 'ignore',
    'reported-refused': 'ignore',
    'credentials-changed': 'ignore',
    dropped: 'forget',
  },
};

/** What the machine knows of a token beside its state. */
export interface TokenFacts {
  standing: Standing;
  failures: number;
  firstRefusedAtMs: number | null;
  issuedAtMs: number;
  refreshExpiresAtMs: number;
}

export interface At {
  nowMs: number;
  /** In [0, 1). */
  random: number;
  /** What the provider asked for; it wins over our own back-off. */
  retryAfterMs?: number | undefined;
}

export type LossCode = 'refresh-token-refused' | 'refresh-token-expired';

/** What the stored row becomes. `nextAtMs` null: it is never tried again, only a person can help. */
export interface Rescheduled {
  kind: 'rescheduled';
  standing: Standing;
  nextAtMs: number | null;
  firstRefusedAtMs: number | null;
  /** Why and since when nobody can get a token any more; null: somebody still may. */
  loss: { code: LossCode; sinceMs: number } | null;
}

export type Decision =
  | { kind: 'nothing'; isTooLate: boolean }
  | { kind: 'renewed' }
  | { kind: 'claimed' }
  | { kind: 'released' }
  | { kind: 'forgotten' }
  | Rescheduled;

type Reaction = (facts: TokenFacts, at: At, rules: RetryRules) => Decision;

const NOTHING: Decision = { kind: 'nothing', isTooLate: false };

const REACTIONS: Record<Cell, Reaction> = {
  ignore: () => NOTHING,
  discard: () => ({ kind: 'nothing', isTooLate: true }),
  renew: () => ({ kind: 'renewed' }),
  claim: () => ({ kind: 'claimed' }),
  release: () => ({ kind: 'released' }),
  forget: () => ({ kind: 'forgotten' }),
  'try-later': (facts, at, rules) => later(facts, { at, rules, firstRefusedAtMs: facts.firstRefusedAtMs }),
  'spare-acd': (facts, at, rules) => later(facts, { at, rules, firstRefusedAtMs: facts.firstRefusedAtMs ?? at.nowMs }),
  'weigh-refusal'(facts, { nowMs }, rules) {
    const { refreshExpiresAtMs, standing } = facts;
    const sinceMs = facts.firstRefusedAtMs ?? nowMs;
    const confirmedAtMs = sinceMs + rules.confirmRefusalMs;
    const base = { kind: 'rescheduled', firstRefusedAtMs: sinceMs } as const;
    // The end of the refresh token's life is noticed when it comes.
    if (nowMs < confirmedAtMs) {
      const doubtful = standing === 'lost' ? 'lost' : 'doubted';
      return { ...base, standing: doubtful, nextAtMs: Math.min(confirmedAtMs, refreshExpiresAtMs), loss: null };
    }
    const nextAtMs = Math.min(nowMs + rules.probeEveryMs, refreshExpiresAtMs);
    return { ...base, standing: 'lost', nextAtMs, loss: { code: 'refresh-token-refused', sinceMs } };
  },
  end: ({ firstRefusedAtMs, refreshExpiresAtMs: sinceMs }) => ({
    kind: 'rescheduled',
    standing: 'ended',
    nextAtMs: null,
    firstRefusedAtMs,
    loss: { code: 'refresh-token-expired', sinceMs },
  }),
  'refresh-early'({ issuedAtMs, standing, firstRefusedAtMs }, { nowMs }, rules) {
    // A tenant that refuses every token must not make us hammer the provider.
    if (issuedAtMs > nowMs - rules.earlyAfterMs) return NOTHING;
    return { kind: 'rescheduled', standing, nextAtMs: nowMs, firstRefusedAtMs, loss: null };
  },
  'try-now': ({ standing }, { nowMs }) => ({
    kind: 'rescheduled',
    standing: standing === 'lost' ? 'lost' : 'retrying',
    nextAtMs: nowMs,
    firstRefusedAtMs: null,
    loss: null,
  }),
};

function later(facts: TokenFacts, o: { at: At; rules: RetryRules; firstRefusedAtMs: number | null }): Decision {
  const nextAtMs = Math.min(retryAtMs(facts.failures, o.at, o.rules), facts.refreshExpiresAtMs);
  const standing = facts.standing === 'fresh' ? 'retrying' : facts.standing;
  return { kind: 'rescheduled', standing, nextAtMs, firstRefusedAtMs: o.firstRefusedAtMs, loss: null };
}

/** What follows from an event. `facts` are those of the stored row; null in state `none`. */
export function decide(
  now: { state: TokenState; facts: TokenFacts | null },
  event: TokenEvent,
  at: At,
  rules: RetryRules = RETRY_RULES,
): Decision {
  const cell = TOKEN_MACHINE[now.state][event];
  return REACTIONS[cell](now.facts ?? NO_FACTS, at, rules);
}

/** The state of a stored row, or of its absence. */
export function stateOf(token: { standing: Standing; intentId: string | null } | undefined): TokenState {
  if (!token) return 'none';
  return token.intentId === null ? token.standing : 'refreshing';
}

/** No reaction that state `none` leads to looks at them. */
const NO_FACTS: TokenFacts = {
  standing: 'fresh',
  failures: 0,
  firstRefusedAtMs: null,
  issuedAtMs: 0,
  refreshExpiresAtMs: 0,
};
