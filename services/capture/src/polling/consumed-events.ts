import { createAcdChangedHandler, SERVED_VARIANTS } from '@wxcc-wfo/acd';
import { type BatchHandler, done } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { dropHintsOfAcds } from '../webhooks/hint-repository.ts';
import { makePollsDue, pollLeases } from './lease-repository.ts';

/** A changed ACD is due for a poll at once; a deleted one loses its hints. */
const handleAcdChanged = createAcdChangedHandler(
  async (acds, tx) => {
    await makePollsDue(tx, acds);
    const deleted = acds.filter((acd) => acd.deleted).map((acd) => acd.acdId);
    if (deleted.length > 0) await dropHintsOfAcds(tx, deleted);
  },
  { variants: SERVED_VARIANTS.capture },
);

/** A new token is a reason to try again at once where polling failed. The copying itself comes after the commit. */
const handleTokenRefreshed: BatchHandler<'token-refreshed'> = async (events, tx) => {
  await pollLeases.makeFailedDue(tx, [...new Set(events.map((event) => event.payload.acdId))].sort());
  return events.map(() => done);
};

/** What capture consumes. */
export const captureHandlers = {
  [TOPICS.acdChanged]: handleAcdChanged,
  [TOPICS.tokenRefreshed]: handleTokenRefreshed,
};
