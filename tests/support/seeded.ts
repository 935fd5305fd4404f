import { randomInt } from 'node:crypto';

/** Draws of one test run: the same seed gives the same draws. */
export interface Draws {
  /** Whole number in [least, most]. */
  whole(least: number, most: number): number;
}

/** The seed of this run: WFO_TEST_SEED to repeat a run, else a new one. */
export function seedOfRun(): number {
  return Number(process.env.WFO_TEST_SEED ?? randomInt(1, 1_000_000));
}

/** Mulberry32: a small generator whose quality is ample for choosing moments. */
export function drawsOf(seed: number): Draws {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { whole: (least, most) => least + Math.floor(next() * (most - least + 1)) };
}
