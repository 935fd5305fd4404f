import { setTimeout as pause } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { isTransient } from './sql-error.ts';

export interface StartUpWait {
  /** What is waited for, as the log names it, e.g. `postgres` */
  server: string;
  logger: Pick<Logger, 'warn' | 'info'>;
  /** How long its absence is borne; default 60 s */
  deadlineMs?: number;
  /** A service that is asked to stop while it waits waits no longer */
  lifecycle?: Lifecycle;
}

const DEADLINE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const SAY_EVERY_MS = 10_000;

/**
 * Does the first work of a start on a server that may come up after us, or slowly: what fails for a reason that passes
 * (`isTransient`) is done again until it succeeds, said in the log meanwhile.
 * @throws the last error when the deadline has passed or the service stops; any other error at once
 */
export async function onceReachable<T>(o: StartUpWait, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const waitedMs = () => Math.round(performance.now() - startedAt);
  let saidAtMs = Number.NEGATIVE_INFINITY;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const result = await work();
      if (attempt > 0) o.logger.info({ server: o.server, waitedMs: waitedMs() }, 'the server is reachable; starting');
      return result;
    } catch (error) {
      const isOver = waitedMs() >= (o.deadlineMs ?? DEADLINE_MS) || o.lifecycle?.phase === 'stopping';
      if (isOver || !isTransient(error)) throw error;
      if (waitedMs() - saidAtMs >= SAY_EVERY_MS) {
        saidAtMs = waitedMs();
        o.logger.warn({ err: error, server: o.server, waitedMs: saidAtMs }, 'the start waits for a server');
      }
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10)));
    }
  }
}
