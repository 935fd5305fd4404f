import { describe, expect, it } from '@jest/globals';
import { decideOnHint, spaceQuestions } from './hint-policy.ts';

describe('decideOnHint', () => {
  it('retries a minute long, spaced by how late tasks become visible, then leaves the task to polling', () => {
    const delays: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const outcome = decideOnHint({ isSettled: false, attempts });
      if (outcome.kind !== 'retry') {
        expect(outcome).toEqual({ kind: 'left-to-polling' });
        break;
      }
      delays.push(outcome.afterMs);
    }
    expect(delays).toEqual([2_000, 8_000, 10_000, 15_000, 30_000]);
    expect(decideOnHint({ isSettled: true, attempts: 9 })).toEqual({ kind: 'settled' });
  });
});

describe('spaceQuestions', () => {
  const first = { isSettled: false, attempts: 1 };
  const again = { isSettled: false, attempts: 3 };
  const settled = (hint: typeof first) => ({ ...hint, isSettled: true });

  it('leaves an ACD alone ever longer while it tells nothing new, ten seconds at most', () => {
    const delays: number[] = [];
    let fruitless = 0;
    for (let n = 0; n < 7; n += 1) {
      const next = spaceQuestions([first, again], fruitless);
      fruitless = next.fruitless;
      delays.push(next.afterMs);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  it('is quick again once a task was there at the first try', () => {
    expect(spaceQuestions([settled(first), again], 5)).toEqual({ fruitless: 0, afterMs: 500 });
  });

  it('does not take a late task for a quick one: the next hints would be asked for too early', () => {
    expect(spaceQuestions([first, settled(again)], 4)).toEqual({ fruitless: 4, afterMs: 8_000 });
  });
});
