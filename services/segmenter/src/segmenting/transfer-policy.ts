import type { TaskActivity } from '@wxcc-wfo/contracts';

/*
 * Transfers (guide: "Complex call event types", SEG-03).
 *
 * Each completed transfer adds a contact: the call falls into one contact per agent who had the customer, and each
 * belongs to the agent who talked then.
 *
 *   cold, to an agent    blind-transferred, transferred (its length is the ringing), connected: no offered row
 *   cold, to a queue     dequeued, queue-transferred, …, offered, connected
 *   warm                 held, consulting, consult-transferred, transferred, connected (see consultation-policy)
 *
 *   Braun talks 0:44, transfers cold, Hodges talks 1:14      → 27 Braun 00:00:44, 28 Hodges 00:01:14
 *   A transfers to B, B to supervisor C                      → A, B, C: n transfers, n + 1 contacts
 *   A transfers to B, B back to A                            → A, B, A: the same agent gets a second contact
 *   A transfers, nobody answers, the customer leaves         → A alone: only a completed transfer makes a contact
 *   A transfers to an external number                        → A alone
 *   A's transfer falls through, A goes on talking            → A alone, one window
 *
 * Ringing, queues and hold music between two agents belong to no contact.
 */

const DEPARTURES: ReadonlySet<string> = new Set([
  'consult-transferred',
  'blind-transferred',
  'queue-transferred',
  'transferred',
]);

/**
 * Whether with this activity the agent on the call hands it over.
 * A row that names the agent on the call as the one who gets it tells of the transfer that brought the call to them.
 */
export function isDeparture(activity: TaskActivity, agentOnCall: string): boolean {
  if (!DEPARTURES.has(activity.kind)) return false;
  const from = activity.agent?.id;
  return !(activity.destinationAgent?.id === agentOnCall && from !== undefined && from !== agentOnCall);
}

/** Whether the activity begins a transfer to a queue: the contact is taken out of its queue before it is given on. */
export function mayBeginQueueTransfer(activity: TaskActivity): boolean {
  return activity.kind === 'dequeued';
}

/**
 * Whether the agent who handed over talks on from here: the transfer fell through, and the connection was never cut.
 * A resume that only trails behind a transfer is followed by the other agent's answer and means nothing.
 */
export function fellThrough(activities: readonly TaskActivity[], index: number, departedAgent: string): boolean {
  const activity = activities[index];
  if (activity?.kind !== 'hold-ended' || (activity.agent?.id ?? departedAgent) !== departedAgent) return false;
  const next = activities.slice(index + 1).find(({ kind }) => kind === 'connected' || DEPARTURES.has(kind));
  return next === undefined || next.kind !== 'connected';
}
