import type { Bridge } from './bridge.ts';

const TICK_MS = 250;

/** The moment itself is what such a test varies; nothing is waited for here that a condition could tell. */
export function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ends `tasks` calls, evenly over `forMs`: the working day that goes on whatever happens to the bridge. */
export async function endCalls(bridge: Bridge, o: { tasks: number; forMs: number }): Promise<void> {
  const startedMs = Date.now();
  let ended = 0;
  while (ended < o.tasks) {
    const passedMs = Date.now() - startedMs;
    const due = Math.min(o.tasks, Math.ceil((o.tasks * (passedMs + TICK_MS)) / o.forMs));
    if (due > ended) await bridge.control('POST', '/control/end-tasks', { count: due - ended });
    ended = Math.max(ended, due);
    if (Date.now() - startedMs < o.forMs) await moment(TICK_MS);
  }
  await moment(Math.max(0, o.forMs - (Date.now() - startedMs)));
}
