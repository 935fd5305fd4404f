import { describe, expect, it } from '@jest/globals';
import { stopInOrder } from './lifecycle.ts';

const never = () => new Promise(() => undefined);

describe('an ordered stop', () => {
  it('runs step after step, also after one that failed', async () => {
    const ran: string[] = [];
    const step = (name: string, fails = false) => ({
      name,
      async run() {
        await Promise.resolve();
        ran.push(name);
        if (fails) throw new Error(name);
      },
    });
    const report = await stopInOrder([step('a'), step('b', true), step('c')], { deadlineMs: 1_000 });
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(report).toEqual({ ok: false, failed: ['b'] });
  });

  it('leaves a step behind at the deadline and starts none after it', async () => {
    const errors: string[] = [];
    let started = false;
    const report = await stopInOrder(
      [
        { name: 'hangs', run: never },
        {
          name: 'late',
          run() {
            started = true;
          },
        },
      ],
      { deadlineMs: 30, onFailed: (_, error) => errors.push((error as Error).message) },
    );
    expect(report).toEqual({ ok: false, failed: ['hangs', 'late'] });
    expect(started).toBe(false);
    expect(errors[0]).toBe('Did not end before the deadline of the stop.');
  });

  it('tells a step how long is left', async () => {
    let left = 0;
    await stopInOrder(
      [
        {
          name: 'a',
          run(remainingMs) {
            left = remainingMs;
          },
        },
      ],
      { deadlineMs: 5_000 },
    );
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(5_000);
  });
});
