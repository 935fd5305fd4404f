/**
 * Who may take the next place among the polls of one process. Polls that wait for their ACD must not keep the others
 * waiting, and those that catch up for an hour must not, either.
 */

/** A poll that lasts longer waits for its ACD, or catches up. */
export const SLOW_POLL_MS = 10_000;

export interface RunningPoll {
  startedAtMs: number;
  /** Its ACD's poll before failed or was slow. */
  isTroubled: boolean;
}

/** `quick`: only for an ACD whose last poll went well. */
export type Place = 'any' | 'quick' | 'none';

/**
 * ACDs in trouble have half of the places between them. They and polls that last count for half of the places at most,
 * so that quick ones always find some; in all there are never more than twice as many as there are places.
 */
export function nextPlace(running: Iterable<RunningPoll>, concurrency: number, nowMs: number): Place {
  const half = Math.max(1, Math.floor(concurrency / 2));
  let troubled = 0;
  let lasting = 0;
  let quick = 0;
  for (const { startedAtMs, isTroubled } of running) {
    if (isTroubled) troubled += 1;
    else if (nowMs - startedAtMs > SLOW_POLL_MS) lasting += 1;
    else quick += 1;
  }
  if (quick >= concurrency - Math.min(troubled + lasting, half)) return 'none';
  if (quick + troubled + lasting >= 2 * concurrency) return 'none';
  return troubled < half ? 'any' : 'quick';
}
