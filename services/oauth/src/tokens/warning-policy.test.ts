import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { warningDue, warningOf } from './warning-policy.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

describe('AUTH-05 warnings while a refresh token has 14, 7, 3 or 1 days left', () => {
  it.each([
    [60, null],
    [14.01, null],
    [14, 14],
    [7.01, 14],
    [7, 7],
    [3.01, 7],
    [3, 3],
    [1.01, 3],
    [1, 1],
    [0.001, 1],
    [0, null],
    [-1, null],
  ])('%d days left: %s', (days, warning) => expect(warningOf(NOW + days * DAY, NOW)).toBe(warning));

  it.each([
    ['the first', 13, null, 14],
    ['said already', 13, 14, null],
    ['the next', 6, 14, 7],
    ['several were crossed while nobody looked: the nearest alone', 0.5, null, 1],
    ['nothing more after the last', 0.2, 1, null],
  ])('%s', (_, days, warnedDays, due) =>
    expect(warningDue({ refreshExpiresAtMs: NOW + days * DAY, warnedDays }, NOW)).toBe(due),
  );

  it('each at most once, the nearer the later, whenever somebody looks (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 40 }), (looks) => {
        let warnedDays: number | null = null;
        const given: number[] = [];
        for (const left of looks.toSorted((a, b) => b - a)) {
          const due = warningDue({ refreshExpiresAtMs: NOW, warnedDays }, NOW - left * DAY);
          if (due === null) continue;
          given.push(due);
          warnedDays = due;
        }
        expect(given).toEqual([...new Set(given)].sort((a, b) => b - a));
      }),
    );
  });
});
