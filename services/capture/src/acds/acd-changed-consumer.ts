import { type BatchHandler, done } from '@wxcc-wfo/bus';
import { applyAcdChanges } from './acd-repository.ts';

/** Keeps capture's own copy of every ACD, so that it works while `oauth` is away. */
export const handleAcdChanged: BatchHandler<'acd-changed'> = async (events, tx) => {
  await applyAcdChanges(
    tx,
    events.map((event) => event.payload),
  );
  return events.map(() => done);
};
