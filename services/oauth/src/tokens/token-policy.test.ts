import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerOfUnauthorized, nextRefreshAtMs, RETRY_RULES, retryAtMs } from './token-policy.ts';

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

describe('AUTH-04 back-off', () => {
  it.each([
    [0, 1, undefined, 5_000],
    [0, 0, undefined, 2_500],
    [3, 1, undefined, 40_000],
    [500, 1, undefined, 15 * MINUTE],
    [500, 0, 7_000, 7_000],
  ])('after %d failures, random %d, Retry-After %s ms: %d ms', (failures, random, retryAfterMs, waitMs) =>
    expect(retryAtMs(failures, { nowMs: 1_000, random, retryAfterMs }, RETRY_RULES)).toBe(1_000 + waitMs),
  );
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
