import { describe, expect, it } from '@jest/globals';
import { createPrng, seedOf } from './prng.ts';

describe('the seeded generator', () => {
  it('gives a hundred thousand tasks different ids', () => {
    const ids = new Set(Array.from({ length: 100_000 }, (_, n) => createPrng(seedOf('1/task', n)).uuid()));
    expect(ids.size).toBe(100_000);
  });

  it('repeats itself for a seed, stays in its bounds and reaches both ends', () => {
    const draws = (): number[] => {
      const prng = createPrng(seedOf('x', 3));
      return Array.from({ length: 2_000 }, () => prng.int(5, 9));
    };
    expect(draws()).toEqual(draws());
    expect(new Set(draws())).toEqual(new Set([5, 6, 7, 8, 9]));
  });
});
