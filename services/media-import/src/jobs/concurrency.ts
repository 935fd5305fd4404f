/** A bound on how much runs at once, shared by all that is given to it. */
export interface Concurrency {
  /** Runs `work` for every item, never more at once than the bound; gives the results in order. */
  all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]>;
}

/** At most `atOnce` pieces of one `all` run at the same time. */
export function createConcurrency(atOnce: number): Concurrency {
  return {
    async all(items, work) {
      const results = new Array(items.length);
      let next = 0;
      const runOne = async () => {
        for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runOne));
      return results;
    },
  };
}
