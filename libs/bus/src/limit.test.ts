import { describe, expect, it } from '@jest/globals';
import { createLimit } from './limit.ts';

describe('a limit', () => {
  it('lets so many run at once, in order, and goes on after a failure', async () => {
    const limit = createLimit(2);
    const began: number[] = [];
    const end: ((fail?: boolean) => void)[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      limit(
        () =>
          new Promise<number>((resolve, reject) => {
            began.push(n);
            end[n] = (fail = false) => (fail ? reject(new Error('failed')) : resolve(n));
          }),
      ).catch(() => -1),
    );
    expect(began).toEqual([0, 1]);
    end[1]!(true);
    expect(await all[1]).toBe(-1);
    expect(began).toEqual([0, 1, 2]);
    end[0]!();
    end[2]!();
    await Promise.all([all[0], all[2]]);
    expect(began).toEqual([0, 1, 2, 3]);
    end[3]!();
    expect(await Promise.all(all)).toEqual([0, -1, 2, 3]);
  });
});
