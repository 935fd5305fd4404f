import { createAcdChangedHandler } from '@wxcc-wfo/acd';
import { type BatchHandler, done } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { makeRunsDue, syncLeases } from './lease-repository.ts';
import { stopRunsOf } from './run-repository.ts';

/** A new ACD is due for a run at once, a changed one no later than its interval says; a deleted one’s runs stop. */
const handleAcdChanged = createAcdChangedHandler(async (acds, tx) => {
  await makeRunsDue(tx, acds);
  const deleted = acds.filter((acd) => acd.deleted);
  if (deleted.length === 0) return;
  const nowMs = Math.max(...deleted.map((acd) => acd.occurredAtMs));
  await stopRunsOf(tx, { acdIds: deleted.map((acd) => acd.acdId), nowMs });
});

/** A new token is a reason to try again at once where the last run failed. The copying itself comes after the commit. */
const handleTokenRefreshed: BatchHandler<'token-refreshed'> = async (events, tx) => {
  await syncLeases.makeFailedDue(tx, [...new Set(events.map((event) => event.payload.acdId))].sort());
  return events.map(() => done);
};

/** What sync consumes. */
export const syncHandlers = {
  [TOPICS.acdChanged]: handleAcdChanged,
  [TOPICS.tokenRefreshed]: handleTokenRefreshed,
};
