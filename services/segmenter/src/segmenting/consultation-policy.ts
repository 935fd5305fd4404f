import type { TaskActivity } from '@wxcc-wfo/contracts';
import type { Leg } from './legs-policy.ts';
import { intersect, type TimeSpan } from './time-span.ts';

/*
 * Consultations (guide: "Warm" among the complex call events; SEG-03, SEG-04).
 *
 * In a warm transfer the agents talk to each other first; what they say then is part of both their contacts.
 *
 *   A holds, consults B from 0:30 to 0:45, transfers; B answers at 0:46, ends at 2:00
 *     with a consult recording   → A: to 0:45, on hold, but the consultation heard; B: from 0:30 to 2:00, beginning with
 *                                  it; no third contact
 *     without one                → the same contacts; A silent from the hold on, B silent until 0:45
 *   A holds, consults B from 0:30 to 0:45, B leaves, A goes on   → A: a hold, silent until the resume
 *   A consults B, B leaves, A consults C, transfers to C         → A and C; only the second consultation is heard
 *
 * To come, from what is here: a consultation that leads to nothing as a contact of call type Consult (SEG-04), and one
 * that becomes a conference (SEG-05).
 */

export type ConsultationOutcome = 'transferred' | 'conferenced' | 'returned';

/** Agents speaking with each other while the customer waits. */
export interface Consultation extends TimeSpan {
  /** Whom the row names, either way round: who asked and who was asked is not told reliably. */
  agentIds: readonly string[];
  outcome: ConsultationOutcome;
}

const CLOSED_BY: Record<string, ConsultationOutcome> = {
  'consult-transferred': 'transferred',
  transferred: 'transferred',
  'conference-requested': 'conferenced',
  conferencing: 'conferenced',
  'consult-ended': 'returned',
  'consult-failed': 'returned',
  'hold-ended': 'returned',
  consulting: 'returned',
  connected: 'returned',
  ended: 'returned',
};

/** All consultations of a task, oldest first, from activities in order. */
export function consultationsOf(activities: readonly TaskActivity[]): Consultation[] {
  return activities.flatMap((activity, index) => {
    if (activity.kind !== 'consulting') return [];
    const closing = activities.slice(index + 1).find(({ kind }) => CLOSED_BY[kind] !== undefined);
    const startMs = activity.startedAtMs;
    const endMs = Math.min(
      closing?.startedAtMs ?? Number.POSITIVE_INFINITY,
      activity.endedAtMs ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(endMs) || endMs <= startMs) return [];
    const agentIds = [activity.agent?.id, activity.destinationAgent?.id].filter((id) => id !== undefined);
    return [{ startMs, endMs, agentIds, outcome: (closing && CLOSED_BY[closing.kind]) ?? 'returned' }];
  });
}

/** The warm transfers of a call: for each second agent's leg, the consultation with which their contact begins. */
export function handOversOf(legs: readonly Leg[], consultations: readonly Consultation[]): Map<Leg, Consultation> {
  const handOvers = new Map<Leg, Consultation>();
  for (const [index, leg] of legs.entries()) {
    const from = legs[index - 1];
    if (from?.leftBy == null) continue;
    const consultation = consultations.findLast(
      (candidate) =>
        candidate.outcome === 'transferred' &&
        candidate.endMs <= leg.startMs &&
        intersect(candidate, from) !== undefined &&
        mayHaveBeenWith(leg.agentId, candidate),
    );
    if (consultation !== undefined) handOvers.set(leg, consultation);
  }
  return handOvers;
}

/** A row that names both agents is believed; one that names only one leaves the other open. */
function mayHaveBeenWith(agentId: string, { agentIds }: Consultation): boolean {
  return agentIds.length < 2 || agentIds.includes(agentId);
}
