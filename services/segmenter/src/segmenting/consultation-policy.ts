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
 *   the way to the consulted agent is a leg of its own: new, offered, connected and ended stand within or behind
 *   `consulting`, which then lasts from the ringing on
 *     A consults B, B answers at 0:35, A returns at 0:50        → A: whole, a hold until the resume; B: nothing of the
 *                                                                 customer's call
 *     the same, A transfers at 0:50, B's answer comes again     → A: to 0:50; B: from 0:35, beginning with what was
 *                                                                 said; the ringing before it belongs to nobody
 *     B never answers, A transfers all the same                 → A; B from the answer to the transfer
 *
 * To come, from what is here: a consultation that leads to nothing as a contact of call type Consult (SEG-04), and one
 * that becomes a conference (SEG-05).
 */

export type ConsultationOutcome = 'transferred' | 'conferenced' | 'returned';

/** Agents speaking with each other while the customer waits. */
export interface Consultation extends TimeSpan {
  /** From when on the customer waits for it, the ringing included. */
  waitFromMs: number;
  /** Where the way to the consulted agent is a leg of its own: who answered there. It is no answer to the customer. */
  answers: readonly TaskActivity[];
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

/** All consultations of a task, oldest first, from activities in order. One that nobody answered lasts no time. */
export function consultationsOf(activities: readonly TaskActivity[]): Consultation[] {
  return activities.flatMap((activity, index) => {
    if (activity.kind !== 'consulting') return [];
    const answers = answersTo(activities, index);
    const closing = activities
      .slice(index + 1)
      .find((later) => CLOSED_BY[later.kind] !== undefined && !answers.includes(later));
    const waitFromMs = activity.startedAtMs;
    const endMs = Math.min(
      closing?.startedAtMs ?? Number.POSITIVE_INFINITY,
      activity.endedAtMs ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(endMs) || endMs <= waitFromMs) return [];
    const rings = activities.some(
      ({ kind, startedAtMs }) => kind === 'offered' && startedAtMs >= waitFromMs && startedAtMs < endMs,
    );
    const answeredAtMs = answers[0]?.startedAtMs ?? (rings ? endMs : waitFromMs);
    const agentIds = [activity.agent?.id, activity.destinationAgent?.id].filter((id) => id !== undefined);
    const outcome = (closing && CLOSED_BY[closing.kind]) ?? 'returned';
    return [{ startMs: Math.min(answeredAtMs, endMs), endMs, waitFromMs, answers, agentIds, outcome }];
  });
}

/**
 * The answers to a consultation whose way to the consulted agent is a leg of its own: those that stand within its row,
 * until the call is handed over. That the first agent takes the customer back meanwhile does not end that leg.
 */
function answersTo(activities: readonly TaskActivity[], index: number): TaskActivity[] {
  const { endedAtMs } = activities[index]!;
  // Whoever consults was connected before.
  const isOnCall = activities.slice(0, index).some(({ kind }) => kind === 'connected');
  if (endedAtMs === null || !isOnCall) return [];
  const later = activities.slice(index + 1);
  const over = later.findIndex(
    ({ kind, startedAtMs }) => startedAtMs >= endedAtMs || CLOSED_BY[kind] === 'transferred',
  );
  return later.slice(0, over < 0 ? later.length : over).filter(({ kind }) => kind === 'connected');
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

/** Whoever answered is believed, then a row that names both agents; one that names only one leaves the other open. */
function mayHaveBeenWith(agentId: string, { agentIds, answers }: Consultation): boolean {
  const answered = answers.flatMap(({ agent }) => agent?.id ?? []);
  if (answered.length > 0) return answered.includes(agentId);
  return agentIds.length < 2 || agentIds.includes(agentId);
}
