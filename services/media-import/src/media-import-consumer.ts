import { createAcdChangedHandler, SERVED_VARIANTS } from '@wxcc-wfo/acd';
import { type Consumer, type ConsumerOptions, createConsumer, done } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { wakeUnauthorizedJobs } from './jobs/job-repository.ts';
import { createTaskEndedHandler } from './jobs/task-ended-consumer.ts';

/** Everything that media-import reads: ended tasks, and the ACDs and tokens that it works with. */
export function createMediaImportConsumer(options: Omit<ConsumerOptions, 'handlers'> & { nowMs(): number }): Consumer {
  const { nowMs, ...consumer } = options;
  return createConsumer({
    ...consumer,
    handlers: {
      // The jobs of a deleted ACD are ended by the loop of imports, in portions (`concludeJobs`).
      [TOPICS.acdChanged]: createAcdChangedHandler(undefined, { variants: SERVED_VARIANTS.mediaImport }),
      // The token itself is copied after the commit: the hand-over store must not hold up a transaction.
      [TOPICS.tokenRefreshed]: async function wakeJobs(events, tx) {
        const acdIds = [...new Set(events.map((event) => event.payload.acdId))].sort();
        await wakeUnauthorizedJobs(tx, acdIds, nowMs());
        return events.map(() => done);
      },
      [TOPICS.taskEnded]: createTaskEndedHandler({ nowMs }),
    },
  });
}
