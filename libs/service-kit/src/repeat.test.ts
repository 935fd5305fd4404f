import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';
import { repeat } from './repeat.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const HOUR_MS = 3_600_000;

/** A promise with its resolver. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('repeat', () => {
  it('turns again at once while there is work, and after that when it is woken', async () => {
    const turns: number[] = [];
    const third = gate();
    const fourth = gate();
    const job = repeat({
      name: 'test',
      pauseMs: HOUR_MS,
      logger,
      turn: async () => {
        turns.push(turns.length);
        if (turns.length === 3) third.open();
        if (turns.length === 4) fourth.open();
        return turns.length < 3;
      },
    });
    await third.opened;
    expect(turns).toHaveLength(3);
    job.wake();
    await fourth.opened;
    await job.stop();
    expect(turns).toHaveLength(4);
  });

  it('goes on after a turn that throws', async () => {
    let turns = 0;
    const second = gate();
    const job = repeat({
      name: 'test',
      pauseMs: 1,
      logger,
      turn: async () => {
        turns++;
        if (turns === 1) throw new Error('the first one fails');
        second.open();
        return false;
      },
    });
    await second.opened;
    await job.stop();
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('stop aborts the turn under way and waits for its end', async () => {
    const started = gate();
    let ended = false;
    const job = repeat({
      name: 'test',
      pauseMs: HOUR_MS,
      logger,
      turn: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            ended = true;
            resolve(true);
          });
          started.open();
        }),
    });
    await started.opened;
    await job.stop();
    expect(ended).toBe(true);
  });
});
