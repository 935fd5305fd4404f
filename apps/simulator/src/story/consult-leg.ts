import type { Span } from '../ground-truth/types.ts';
import type { ConsultTimes } from './built-call.ts';
import type { Agent } from './directory.ts';
import type { ActivityRow } from './task-model.ts';

/** The way to a consulted agent where it leads through an entry point: a leg of its own within the customer's task. */
export interface ConsultLeg {
  to: Agent;
  startMs: number;
  /** From the answer to the end of the consultation. */
  talk: Span;
  /** The call went straight to its agent, and its own `new` row lasts its whole life. So does this leg's. */
  isDirect: boolean;
}

/**
 * Whom the rows of a consultation name. Who will answer behind an entry point is not known when it is asked; otherwise
 * both are named, and which way round is not documented.
 */
export function consultParties(
  from: Agent,
  to: Agent,
  times: ConsultTimes,
): Pick<ActivityRow, 'agent' | 'destinationAgent'> {
  if (times.ownLeg) return { agent: from };
  return times.consultedIsSubject ? { agent: to, destinationAgent: from } : { agent: from, destinationAgent: to };
}

/** What such a leg adds while the `consulting` row lasts: `new`, `connect` and `connected` fill it. */
export function consultLegRows({ to, startMs, talk, isDirect }: ConsultLeg): ActivityRow[] {
  // A sixth of the time until the answer; the rest is ringing.
  const ringsFromMs = startMs + Math.floor((talk.startMs - startMs) / 6);
  const row = (eventName: string, createdMs: number, until: number, more: Partial<ActivityRow> = {}): ActivityRow => ({
    createdMs,
    endMs: until,
    eventName,
    internalEvent: eventName,
    consultLeg: true,
    ...more,
  });
  return [
    row('new', startMs, isDirect ? talk.endMs : ringsFromMs),
    row('flow-activity', ringsFromMs, ringsFromMs, { activityName: 'Consult' }),
    row('connect', ringsFromMs, talk.startMs, { agent: to }),
    row('connected', talk.startMs, talk.endMs, { agent: to }),
  ];
}
