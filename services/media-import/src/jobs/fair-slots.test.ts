import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFairSlots } from './fair-slots.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

describe('fair slots', () => {
  it('keep the last quarter from a user whose work crawls', async () => {
    const slots = createFairSlots(4);
    const started: string[] = [];
    const endings: (() => void)[] = [];
    const crawl = (user: string) =>
      slots.run(user, never, async () => {
        started.push(user);
        await new Promise<void>((resolve) => endings.push(resolve));
      });
    const slow = Array.from({ length: 5 }, () => crawl('slow'));
    await tick();
    expect(started).toEqual(['slow', 'slow', 'slow']);
    const other = crawl('other');
    await tick();
    expect(started.at(-1)).toBe('other');
    while (endings.length > 0) {
      for (const end of endings.splice(0)) end();
      await tick();
    }
    await Promise.all([...slow, other]);
    expect(started).toHaveLength(6);
  });

  it('let go of work that is aborted while it waits, and run what waits behind it', async () => {
    const slots = createFairSlots(1);
    let end: () => void = () => undefined;
    const first = slots.run('a', never, () => new Promise<void>((resolve) => (end = resolve)));
    const abort = new AbortController();
    const second = slots.run('a', abort.signal, async () => 'second');
    const third = slots.run('a', never, async () => 'third');
    abort.abort(new Error('stopping'));
    await expect(second).rejects.toThrow('stopping');
    end();
    await first;
    expect(await third).toBe('third');
  });

  it('never run more than their number, and run everything, failures included', async () => {
    const work = fc.array(fc.record({ user: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(work, fc.integer({ min: 1, max: 8 }), async (all, total) => {
        const slots = createFairSlots(total);
        let running = 0;
        let most = 0;
        const results = await Promise.allSettled(
          all.map(({ user, fails }) =>
            slots.run(user, never, async () => {
              most = Math.max(most, ++running);
              await tick();
              running--;
              if (fails) throw new Error('failed');
            }),
          ),
        );
        expect(most).toBeLessThanOrEqual(total);
        expect(results.map(({ status }) => status === 'rejected')).toEqual(all.map(({ fails }) => fails));
      }),
      { numRuns: 30 },
    );
  });
});
