import type { TaskActivity } from '@wxcc-wfo/contracts';
import type { Leg } from './legs-policy.ts';
import { intersect, type TimeSpan, union } from './time-span.ts';

/*
 * Hold and resume (guide: "Hold/Resume" among the call event types; SEG-02, MED-04). A hold makes no contact. What the
 * customer hears meanwhile, music, is in the recording, so the contact is silent there, on every channel, and its clock
 * runs on.
 *
 *   A talks 10 s, holds 20 s, talks 30 s                      → A: one contact of 60 s, silent from 10 s to 30 s
 *   A holds, the customer hangs up                            → silent to the end
 *   A holds, consults B, transfers                            → A: on hold to the transfer; what of it is heard all
 *                                                               the same is told in consultation-policy
 *   A holds, consults B, B leaves, A resumes 4 s later        → silent to the resume: the `held` row itself ends with
 *                                                               the consultation, the hold does not
 *   the hold's own row outlasts a warm transfer               → B, who got the call, silent until it ends or B answers
 *   held twice without a resume between                       → one hold from the first on
 */

/** When this agent had the customer on hold, as sorted spans that do not touch; all end with the leg at the latest. */
export function holdsOf(activities: readonly TaskActivity[], leg: Leg): TimeSpan[] {
  const inLeg = activities.filter(({ startedAtMs }) => startedAtMs >= leg.startMs && startedAtMs <= leg.endMs);
  const holds: TimeSpan[] = [];
  let heldSinceMs: number | undefined;
  for (const { kind, startedAtMs } of inLeg) {
    if (kind === 'held') heldSinceMs ??= startedAtMs;
    else if (kind === 'hold-ended' && heldSinceMs !== undefined) {
      holds.push({ startMs: heldSinceMs, endMs: startedAtMs });
      heldSinceMs = undefined;
    }
  }
  if (heldSinceMs !== undefined) holds.push({ startMs: heldSinceMs, endMs: leg.endMs });
  return union(holds);
}

/** The time between a warm transfer's consultation and its answer in which the customer was still on hold. */
export function holdsBetween(activities: readonly TaskActivity[], between: TimeSpan): TimeSpan[] {
  return activities
    .filter(({ kind }) => kind === 'held')
    .flatMap(({ startedAtMs, endedAtMs }) => intersect({ startMs: startedAtMs, endMs: endedAtMs ?? 0 }, between) ?? []);
}
