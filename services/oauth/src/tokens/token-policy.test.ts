import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  answerOfUnauthorized,
  judgeRefresh,
  nextRefreshAtMs,
  RETRY_RULES,
  type RefreshAnswer,
  type RefreshHistory,
} from './token-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('AUTH-03 next refresh: every 12 hours or at 80 % of life, with jitter', () => {
  it.each([
    // Webex: 14 days; the twelve hours come first, less up to a tenth.
    [14 * DAY, 0, 12 * HOUR],
    [14 * DAY, 0.5, 11.4 * HOUR],
    // One hour: 80 % are 48 minutes.
    [HOUR, 0, 48 * MINUTE],
    [15 * HOUR, 0, 12 * HOUR],
  ])('life %d ms, random %d → after %d ms', (lifeMs, random, afterMs) =>
    expect(nextRefreshAtMs({ issuedAtMs: 1_000, accessExpiresAtMs: 1_000 + lifeMs }, random)).toBe(1_000 + afterMs),
  );

  it('lies within the life, no later than 12 hours and 80 % of it (property)', () => {
    const life = fc.record({
      issuedAtMs: fc.integer({ min: 0, max: 4e12 }),
      lifeMs: fc.integer({ min: 1, max: 400 * DAY }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(life, ({ issuedAtMs, lifeMs, random }) => {
        const nextMs = nextRefreshAtMs({ issuedAtMs, accessExpiresAtMs: issuedAtMs + lifeMs }, random);
        expect(nextMs).toBeGreaterThanOrEqual(issuedAtMs);
        expect(nextMs - issuedAtMs).toBeLessThanOrEqual(Math.min(12 * HOUR, lifeMs * 0.8));
      }),
    );
  });

  it('does not hammer for a token that is dead on arrival', () =>
    expect(nextRefreshAtMs({ issuedAtMs: 5, accessExpiresAtMs: 5 }, 0)).toBe(30_005));
});

describe('AUTH-04 what a failed refresh means', () => {
  const NOW = 1_000 * DAY;
  const fresh: RefreshHistory = { failures: 0, firstRefusedAtMs: null, refreshExpiresAtMs: NOW + 60 * DAY };
  const judge = (answer: RefreshAnswer, history: Partial<RefreshHistory> = {}, retryAfterMs?: number) =>
    judgeRefresh(answer, { ...fresh, ...history }, { nowMs: NOW, random: 1, retryAfterMs });

  it.each<[string, ReturnType<typeof judge>, object]>([
    ['granted', judge('granted'), { kind: 'renewed' }],
    ['no answer', judge('no-answer'), { kind: 'retry', nextAtMs: NOW + 5_000, firstRefusedAtMs: null }],
    ['no answer, fourth time', judge('no-answer', { failures: 3 }), { kind: 'retry', nextAtMs: NOW + 40_000 }],
    ['no answer, often', judge('no-answer', { failures: 500 }), { kind: 'retry', nextAtMs: NOW + 15 * MINUTE }],
    ['Retry-After wins', judge('no-answer', { failures: 9 }, 7_000), { kind: 'retry', nextAtMs: NOW + 7_000 }],
    ['refused once', judge('refused'), { kind: 'retry', nextAtMs: NOW + 15 * MINUTE, firstRefusedAtMs: NOW }],
    [
      'refused again too early',
      judge('refused', { firstRefusedAtMs: NOW - 14 * MINUTE }),
      { kind: 'retry', nextAtMs: NOW + MINUTE, firstRefusedAtMs: NOW - 14 * MINUTE },
    ],
    [
      'refused again 15 minutes later',
      judge('refused', { firstRefusedAtMs: NOW - 15 * MINUTE }),
      { kind: 'lost', code: 'refresh-token-refused', sinceMs: NOW - 15 * MINUTE, nextAtMs: NOW + 6 * HOUR },
    ],
    [
      'no answer after a refusal keeps the refusal',
      judge('no-answer', { firstRefusedAtMs: NOW - HOUR }),
      { kind: 'retry', firstRefusedAtMs: NOW - HOUR },
    ],
    [
      'client refused, however often',
      judge('client-refused', { failures: 500, firstRefusedAtMs: NOW - DAY }),
      { kind: 'retry', nextAtMs: NOW + 15 * MINUTE },
    ],
    [
      'expired',
      judge('expired', { refreshExpiresAtMs: NOW }),
      { kind: 'lost', code: 'refresh-token-expired', sinceMs: NOW, nextAtMs: null },
    ],
    [
      'no answer past the end',
      judge('no-answer', { refreshExpiresAtMs: NOW - 1 }),
      { kind: 'lost', code: 'refresh-token-expired', nextAtMs: null },
    ],
    [
      'the last probe is at the end of the refresh token’s life',
      judge('refused', { firstRefusedAtMs: NOW - DAY, refreshExpiresAtMs: NOW + HOUR }),
      { kind: 'lost', nextAtMs: NOW + HOUR },
    ],
  ])('%s', (_, verdict, expected) => expect(verdict).toMatchObject(expected));

  it('never tries again earlier than half its back-off, nor later than 6 hours, nor after the end (property)', () => {
    const answers = fc.constantFrom<RefreshAnswer>('refused', 'client-refused', 'no-answer', 'expired');
    const history = fc.record({
      failures: fc.nat(2_000),
      firstRefusedAtMs: fc.option(fc.integer({ min: NOW - 80 * DAY, max: NOW })),
      refreshExpiresAtMs: fc.integer({ min: NOW - DAY, max: NOW + 90 * DAY }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(answers, history, random, (answer, given, chance) => {
        const verdict = judgeRefresh(answer, given, { nowMs: NOW, random: chance });
        if (verdict.kind === 'renewed') throw new Error('A failure renews nothing.');
        if (verdict.nextAtMs === null) return;
        expect(verdict.nextAtMs).toBeLessThanOrEqual(Math.min(NOW + 6 * HOUR, given.refreshExpiresAtMs));
        const soonest = Math.min(NOW + RETRY_RULES.firstRetryMs / 2, given.refreshExpiresAtMs);
        if (answer !== 'refused') expect(verdict.nextAtMs).toBeGreaterThanOrEqual(soonest);
        expect(verdict.nextAtMs).toBeGreaterThan(NOW);
      }),
    );
  });
});

describe('AUTH-04 HTTP 401: the client or the refresh token', () => {
  it.each([
    [1, false, 'refused'],
    [2, false, 'client-refused'],
    [2, true, 'refused'],
  ])('client of %d ACDs, another renewed since: %s → %s', (sharedBy, renewedSinceRefusal, answer) =>
    expect(answerOfUnauthorized({ sharedBy, renewedSinceRefusal })).toBe(answer),
  );
});
