import { describe, expect, it } from '@jest/globals';
import { decideOnHint } from './hint-policy.ts';

describe('decideOnHint', () => {
  it('retries a minute long, ever later, then leaves the task to polling', () => {
    const delays: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const outcome = decideOnHint({ isSettled: false, attempts });
      if (outcome.kind !== 'retry') {
        expect(outcome).toEqual({ kind: 'left-to-polling' });
        break;
      }
      delays.push(outcome.afterMs);
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]);
    expect(decideOnHint({ isSettled: true, attempts: 9 })).toEqual({ kind: 'settled' });
  });
});
