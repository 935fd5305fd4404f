/**
 * What becomes of a hint ("this task has ended") once the ACD was asked. A webhook may be early, wrong, double or late;
 * polling finds the task in any case, so a hint that leads nowhere is dropped after a while.
 */
export type HintOutcome = { kind: 'settled' } | { kind: 'retry'; afterMs: number } | { kind: 'left-to-polling' };

/** Search finds a task some 10 to 30 s after its webhook: the early tries are for the quick case. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** `attempts` counts this one. */
export function decideOnHint(o: { isSettled: boolean; attempts: number }): HintOutcome {
  if (o.isSettled) return { kind: 'settled' };
  const afterMs = RETRY_DELAYS_MS[o.attempts - 1];
  return afterMs === undefined ? { kind: 'left-to-polling' } : { kind: 'retry', afterMs };
}
