import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type At,
  type Decision,
  decide,
  type Standing,
  stateOf,
  TOKEN_EVENTS,
  TOKEN_MACHINE,
  TOKEN_STATES,
  type TokenEvent,
  type TokenFacts,
  type TokenState,
} from './token-machine-policy.ts';
import { RETRY_RULES } from './token-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 1_000 * DAY;
const healthy: TokenFacts = {
  standing: 'fresh',
  failures: 0,
  firstRefusedAtMs: null,
  issuedAtMs: NOW - 12 * HOUR,
  refreshExpiresAtMs: NOW + 60 * DAY,
};
const after = (state: TokenState, event: TokenEvent, facts: Partial<TokenFacts> = {}, at: Partial<At> = {}): Decision =>
  decide(
    { state, facts: state === 'none' ? null : { ...healthy, ...facts } },
    event,
    { nowMs: NOW, random: 1, ...at },
    RETRY_RULES,
  );

describe('the table of token upkeep', () => {
  // One line per event, as somebody of the trade would tell it; states in the order none, fresh, refreshing, retrying,
  // doubted, lost, ended. n = next version, c = claim, r = reschedule, g = give back, f = forget, - = nothing, x = too late.
  const lines: [TokenEvent, string][] = [
    ['signed-in', 'nnnnnnn'],
    ['time-due', '-c-ccc-'],
    ['intent-ended', '--c----'],
    ['granted', 'xnnnnnn'],
    ['no-answer', 'xxrxxxx'],
    ['throttled', 'xxrxxxx'],
    ['not-asked', 'xxrxxxx'],
    ['stopped', '--g----'],
    ['refused', 'xxrxxxx'],
    ['client-refused', 'xxrxxxx'],
    ['credentials-outdated', 'xxrxxxx'],
    ['refresh-token-ended', '--r----'],
    ['reported-refused', '-r-----'],
    ['credentials-changed', '---rrr-'],
    ['dropped', '-ffffff'],
  ];
  const LETTERS = { renewed: 'n', claimed: 'c', rescheduled: 'r', released: 'g', forgotten: 'f' } as const;
  const letterOf = (decision: Decision) =>
    decision.kind === 'nothing' ? (decision.isTooLate ? 'x' : '-') : LETTERS[decision.kind];

  it.each(lines)('AUTH-04 %s in every state: %s', (event, answers) =>
    expect(TOKEN_STATES.map((state) => letterOf(after(state, event))).join('')).toBe(answers),
  );

  it('has an answer for every state and every event, and no other', () => {
    expect(Object.keys(TOKEN_MACHINE)).toEqual([...TOKEN_STATES]);
    for (const state of TOKEN_STATES) expect(Object.keys(TOKEN_MACHINE[state])).toEqual([...TOKEN_EVENTS]);
    expect(lines.map(([event]) => event)).toEqual([...TOKEN_EVENTS]);
  });

  it('reads the state of a stored row', () => {
    expect(stateOf(undefined)).toBe('none');
    expect(stateOf({ standing: 'lost', intentId: 'a' })).toBe('refreshing');
    expect(stateOf({ standing: 'lost', intentId: null })).toBe('lost');
  });
});

describe('AUTH-04 what a failed refresh means', () => {
  const under = (event: TokenEvent, facts: Partial<TokenFacts> = {}, retryAfterMs?: number) =>
    after('refreshing', event, facts, { retryAfterMs });

  it.each<[string, Decision, object]>([
    ['no answer', under('no-answer'), { standing: 'retrying', nextAtMs: NOW + 5_000, firstRefusedAtMs: null }],
    ['no answer, fourth time', under('no-answer', { standing: 'retrying', failures: 3 }), { nextAtMs: NOW + 40_000 }],
    ['no answer, often', under('no-answer', { failures: 500 }), { nextAtMs: NOW + 15 * MINUTE }],
    ['429 without a time', under('throttled', { failures: 1 }), { standing: 'retrying', nextAtMs: NOW + 10_000 }],
    ['Retry-After wins', under('throttled', { failures: 9 }, 7_000), { nextAtMs: NOW + 7_000 }],
    ['Retry-After: 0 is no loop', under('throttled', {}, 0), { standing: 'retrying', nextAtMs: NOW + 5_000 }],
    ['not asked', under('not-asked'), { standing: 'retrying', nextAtMs: NOW + 5_000, loss: null }],
    [
      'refused once',
      under('refused'),
      { standing: 'doubted', nextAtMs: NOW + 15 * MINUTE, firstRefusedAtMs: NOW, loss: null },
    ],
    [
      'refused again too early',
      under('refused', { standing: 'doubted', firstRefusedAtMs: NOW - 14 * MINUTE }),
      { standing: 'doubted', nextAtMs: NOW + MINUTE, firstRefusedAtMs: NOW - 14 * MINUTE, loss: null },
    ],
    [
      'refused again 15 minutes later',
      under('refused', { standing: 'doubted', firstRefusedAtMs: NOW - 15 * MINUTE }),
      {
        standing: 'lost',
        nextAtMs: NOW + 6 * HOUR,
        loss: { code: 'refresh-token-refused', sinceMs: NOW - 15 * MINUTE },
      },
    ],
    [
      'no answer after a refusal keeps the refusal',
      under('no-answer', { standing: 'doubted', firstRefusedAtMs: NOW - HOUR }),
      { standing: 'doubted', firstRefusedAtMs: NOW - HOUR, loss: null },
    ],
    [
      'a probe of a lost one without an answer',
      under('no-answer', { standing: 'lost', failures: 2, firstRefusedAtMs: NOW - DAY }),
      { standing: 'lost', nextAtMs: NOW + 20_000, loss: null },
    ],
    [
      'client refused, however often: no ACD is marked, the moment is kept',
      under('client-refused', { standing: 'retrying', failures: 500, firstRefusedAtMs: NOW - DAY }),
      { standing: 'retrying', nextAtMs: NOW + 15 * MINUTE, firstRefusedAtMs: NOW - DAY, loss: null },
    ],
    ['client refused for the first time', under('client-refused'), { standing: 'retrying', firstRefusedAtMs: NOW }],
    [
      'the refresh token’s end',
      under('refresh-token-ended', { refreshExpiresAtMs: NOW }),
      { standing: 'ended', nextAtMs: null, loss: { code: 'refresh-token-expired', sinceMs: NOW } },
    ],
    [
      'the last probe is at the end of the refresh token’s life (sixty days)',
      under('refused', { standing: 'lost', firstRefusedAtMs: NOW - DAY, refreshExpiresAtMs: NOW + HOUR }),
      { standing: 'lost', nextAtMs: NOW + HOUR },
    ],
  ])('%s', (_, decision, expected) => expect(decision).toMatchObject({ kind: 'rescheduled', ...expected }));
});

describe('rule 10 a token that siblings report as refused', () => {
  it.each([
    ['issued five minutes ago: now', 5 * MINUTE, { kind: 'rescheduled', standing: 'fresh', nextAtMs: NOW }],
    ['only just issued: not', 5 * MINUTE - 1, { kind: 'nothing', isTooLate: false }],
  ])('%s', (_, ageMs, expected) =>
    expect(after('fresh', 'reported-refused', { issuedAtMs: NOW - ageMs })).toMatchObject(expected),
  );
});

describe('ACD-01 credentials that are replaced', () => {
  it.each<[Standing, Standing]>([
    ['retrying', 'retrying'],
    ['doubted', 'retrying'],
    ['lost', 'lost'],
  ])('%s: tried at once, as %s, and what was refused before counts no more', (standing, then) => {
    const facts = { standing, firstRefusedAtMs: NOW - HOUR };
    const atOnce = { kind: 'rescheduled', standing: then, nextAtMs: NOW, firstRefusedAtMs: null, loss: null };
    expect(after(standing, 'credentials-changed', facts)).toEqual(atOnce);
    // Or as soon as the refusal of those before is there.
    expect(after('refreshing', 'credentials-outdated', facts)).toEqual(atOnce);
  });
});

describe('any history of events (property)', () => {
  const step = fc.record({
    // Refreshes that are refused are what leads furthest.
    event: fc.oneof(fc.constantFrom(...TOKEN_EVENTS), {
      arbitrary: fc.constantFrom<TokenEvent>('time-due', 'refused'),
      weight: 3,
    }),
    waitMs: fc.constantFrom(0, 1_000, 90_000, 15 * MINUTE, 12 * HOUR, 20 * DAY),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  type Step = { event: TokenEvent; waitMs: number; random: number };
  const story = (...events: [TokenEvent, number?][]): Step[] =>
    events.map(([event, waitMs = 0]) => ({ event, waitMs, random: 0.5 }));
  /** Into the two states that chance finds rarely, and one event on. */
  const farthest: [Step[]][] = TOKEN_EVENTS.flatMap((last): [Step[]][] => [
    [
      story(
        ['signed-in'],
        ['time-due', 12 * HOUR],
        ['refused'],
        ['time-due', 15 * MINUTE],
        ['refused', 1_000],
        [last],
        ['time-due', DAY],
      ),
    ],
    [story(['signed-in'], ['time-due', 60 * DAY], ['refresh-token-ended'], [last], ['time-due', DAY])],
  ]);

  it('has an answer in every state that is reached; versions only grow; nothing is lost but by two refusals or the end', () => {
    const seen = new Set<TokenState>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = NOW;
        let row: (TokenFacts & { intentId: string | null; nextAtMs: number | null }) | undefined;
        let version = 0;
        let refusals: number[] = [];
        for (const { event, waitMs, random } of steps) {
          nowMs += waitMs;
          const state = stateOf(row);
          seen.add(state);
          const decision = decide({ state, facts: row ?? null }, event, { nowMs, random }, RETRY_RULES);
          if (event.endsWith('refused') && state === 'refreshing') refusals.push(nowMs);
          if (decision.kind === 'renewed') {
            version += 1;
            refusals = [];
            row = {
              standing: 'fresh',
              failures: 0,
              firstRefusedAtMs: null,
              issuedAtMs: nowMs,
              refreshExpiresAtMs: nowMs + 60 * DAY,
              intentId: null,
              nextAtMs: nowMs + 12 * HOUR,
            };
          }
          if (decision.kind === 'claimed') row!.intentId = 'i';
          if (decision.kind === 'released') row!.intentId = null;
          if (decision.kind === 'forgotten') row = undefined;
          if (decision.kind !== 'rescheduled') continue;
          const { standing, nextAtMs, firstRefusedAtMs, loss } = decision;
          const before = row!;
          row = { ...before, standing, nextAtMs, firstRefusedAtMs, failures: before.failures + 1, intentId: null };
          if (loss?.code === 'refresh-token-refused') {
            expect(nowMs - refusals[0]!).toBeGreaterThanOrEqual(RETRY_RULES.confirmRefusalMs);
            expect(refusals.length).toBeGreaterThan(1);
          }
          expect(standing === 'ended').toBe(nextAtMs === null);
          if (nextAtMs === null) continue;
          // Never later than six hours or the end; never at once, but where somebody asked for it.
          expect(nextAtMs).toBeLessThanOrEqual(Math.max(nowMs, Math.min(nowMs + 6 * HOUR, before.refreshExpiresAtMs)));
          const isAsked = event.startsWith('credentials-') || event === 'reported-refused';
          if (!isAsked) {
            expect(nextAtMs).toBeGreaterThanOrEqual(
              Math.min(nowMs + (event === 'refused' ? 1 : 2_500), before.refreshExpiresAtMs),
            );
          }
        }
        expect(version).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2_000, examples: farthest },
    );
    expect([...seen].sort()).toEqual([...TOKEN_STATES].sort());
  });
});
