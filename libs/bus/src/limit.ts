/** Lets at most so many pieces of work run at once; the others wait in the order in which they came. */
export function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async function runLimited(work) {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // A place goes from hand to hand: who asks in between must not overtake.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
