import { setTimeout as delay } from 'node:timers/promises';
import type { Assignment } from './assignment.ts';
import { withDeadline } from './deadline.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';

const WATCH_MS = 5_000;
/** A look that takes longer counts as no answer. */
const LOOK_MS = 10_000;

/** Looks again and again where the topics end, so that it is known how far behind each partition is. */
export async function watchEnds(o: {
  assignment: Assignment;
  logger: Logger;
  signal: AbortSignal;
  /** Called while there is a good reason that nothing is fetched. */
  tick(): void;
}): Promise<void> {
  let failures = 0;
  let looking: Promise<void> | undefined;
  while (!o.signal.aborted) {
    const ms = failures > 0 ? backoffMs(failures, { firstMs: 500, maxMs: WATCH_MS }) : WATCH_MS;
    await delay(ms, undefined, { signal: o.signal }).catch(() => undefined);
    if (o.signal.aborted) return;
    // No partitions, nothing to fetch.
    if (o.assignment.all().length === 0) o.tick();
    // One look at a time: a broker that hangs must not be asked by ever more clients.
    looking ??= o.assignment.refreshEnds().finally(() => {
      looking = undefined;
    });
    try {
      await withDeadline(looking, 'being asked where the topics end', { ms: LOOK_MS });
      failures = 0;
    } catch (error) {
      failures += 1;
      // It does not answer: an outage must not have every consumer restarted.
      o.tick();
      o.logger.debug({ reason: describeError(error) }, 'the ends of the topics could not be read');
    }
  }
}
