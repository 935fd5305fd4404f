/** A bound on how much runs at once in this process, shared fairly by its users (ACDs). */
export interface FairSlots {
  /** Runs `work` when a slot is free. Rejects with the signal's reason if that is aborted while it waits. */
  run<T>(user: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/**
 * Users take turns. One user never takes the last quarter of the slots from those who have none, so that an ACD whose
 * downloads crawl does not hold up the others.
 */
export function createFairSlots(total: number): FairSlots {
  const mostPerUser = Math.max(1, total - Math.ceil(total / 4));
  const running = new Map<string, number>();
  /** Waiting work by user; the map's order is the order of turns. */
  const waiting = new Map<string, (() => void)[]>();
  let taken = 0;

  function next(): void {
    while (taken < total) {
      const user = [...waiting.keys()].find((name) => (running.get(name) ?? 0) < mostPerUser);
      if (user === undefined) return;
      const queue = waiting.get(user)!;
      const start = queue.shift()!;
      waiting.delete(user);
      if (queue.length > 0) waiting.set(user, queue);
      taken++;
      running.set(user, (running.get(user) ?? 0) + 1);
      start();
    }
  }

  function giveBack(user: string): void {
    taken--;
    const left = running.get(user)! - 1;
    if (left === 0) running.delete(user);
    else running.set(user, left);
    next();
  }

  function take(user: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const queue = waiting.get(user) ?? [];
      const onAbort = () => {
        const rest = (waiting.get(user) ?? []).filter((other) => other !== start);
        if (rest.length > 0) waiting.set(user, rest);
        else waiting.delete(user);
        reject(signal.reason);
      };
      const start = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.set(user, [...queue, start]);
      next();
    });
  }

  return {
    async run(user, signal, work) {
      await take(user, signal);
      try {
        return await work();
      } finally {
        giveBack(user);
      }
    },
  };
}
