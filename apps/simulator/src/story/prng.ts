/** Small seeded generator (sfc32). The same seed always tells the same story, whatever machine or order of requests. */
export interface Prng {
  /** Uniform number in [0, 1). */
  next(): number;
  /** Whole number in [min, max], both ends included. */
  int(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
  uuid(): string;
}

/** 128 bits: with fewer, two of a hundred thousand tasks would share their draws and thus their id. */
export type Seed = readonly [number, number, number, number];

/** Turns a text and a number into a seed, so that task 17 does not depend on what tasks 0 to 16 drew. */
export function seedOf(text: string, index = 0): Seed {
  const word = (salt: number): number => {
    let hash = 2166136261 ^ Math.imul(salt, 0x9e3779b1);
    for (const character of `${text}#${index}`) {
      hash ^= character.codePointAt(0) ?? 0;
      hash = Math.imul(hash, 16777619);
      hash ^= hash >>> 13;
    }
    return hash >>> 0;
  };
  return [word(1), word(2), word(3), index >>> 0];
}

export function createPrng(seed: Seed): Prng {
  let [a, b, c, counter] = seed;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  // The first draws of similar seeds resemble each other.
  for (let n = 0; n < 12; n++) next();
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const hex = (length: number): string => Array.from({ length }, () => int(0, 15).toString(16)).join('');
  return {
    next,
    int,
    pick: (items) => items[int(0, items.length - 1)]!,
    chance: (probability) => next() < probability,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[int(0, 3)]}${hex(3)}-${hex(12)}`,
  };
}
