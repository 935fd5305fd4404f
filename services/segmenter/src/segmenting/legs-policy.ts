import type { TaskActivity } from '@wxcc-wfo/contracts';
import { type Consultation, consultationsOf } from './consultation-policy.ts';
import type { TimeSpan } from './time-span.ts';
import { fellThrough, isDeparture, mayBeginQueueTransfer } from './transfer-policy.ts';

/*
 * Who was connected to the customer, and when (guide: "Call accepted/ended"; SEG-01, SEG-02).
 *
 * The times of the activities say which agent was active when. An agent's leg runs from the answer (`connected`) to the
 * transfer or to the end of the call.
 *
 *   queue, ring, A answers, talks, the customer hangs up, wrap-up   → A: answer to hang-up; queue, IVR, ringing and
 *                                                                     wrap-up are no part of it
 *   A, B, C offered, nobody answers (RONA), D answers               → D
 *   A talks, the call ends, is called back and answered by B (or A) → A to the first end; then the second
 *   A talks, consults B, whose leg has rows of its own, talks on    → A, whole: B's answer was to A
 *   given up in the queue, finished in the menu, never answered     → nobody
 */

/** One agent's connection to the customer. */
export interface Leg extends TimeSpan {
  agentId: string;
  /** The row of the answer. */
  openedBy: TaskActivity;
  /** The row of the transfer that ended it; null when the call's end did, or another agent's answer. */
  leftBy: TaskActivity | null;
}

/** The task as far as time is concerned. */
export interface TaskClock {
  createdAtMs: number;
  endedAtMs: number;
}

const ON_THE_CALL: ReadonlySet<string> = new Set([
  'connected',
  'held',
  'hold-ended',
  'consulting',
  'consult-ended',
  'conferencing',
  'conference-ended',
]);

interface OpenLeg {
  leg: Leg;
  /** Set while a `dequeued` row may turn out to be the beginning of a transfer to a queue. */
  dequeuedAtMs: number | undefined;
}

/** Rebuilds the legs from activities in order (see `orderActivities`); legs lie in the task and do not overlap. */
export function legsOf(activities: readonly TaskActivity[], times: TaskClock): Leg[] {
  const task = clockOf(times, activities);
  const legs: Leg[] = [];
  let open: OpenLeg | undefined;
  let destination: TaskActivity['agent'] = null;
  const consultations = consultationsOf(activities);
  const answersToAgents = new Set(consultations.flatMap(({ answers }) => answers));
  const ofTheCall = (until?: number) => activities.slice(0, until).filter((one) => !answersToAgents.has(one));
  for (const [index, activity] of activities.entries()) {
    if (answersToAgents.has(activity)) continue;
    if (activity.kind === 'connected') {
      const agentId = (activity.agent ?? destination)?.id;
      if (agentId === undefined) continue;
      if (open !== undefined) {
        const endedMs = endOfCallMs(ofTheCall(index), open.leg);
        // Another row of the answer, not another answer.
        if (agentId === open.leg.agentId && endedMs === undefined) continue;
        open.leg.endMs = endedMs ?? activity.startedAtMs;
      }
      open = { leg: newLeg(agentId, activity, task), dequeuedAtMs: undefined };
      legs.push(open.leg);
      destination = null;
    } else if (open !== undefined) {
      if (mayBeginQueueTransfer(activity)) open.dequeuedAtMs ??= activity.startedAtMs;
      else if (isDeparture(activity, open.leg.agentId)) {
        depart(open, activity);
        destination = destinationOf(activity, consultations);
        open = undefined;
      } else if (ON_THE_CALL.has(activity.kind)) open.dequeuedAtMs = undefined;
    } else {
      const departed = legs.at(-1);
      if (departed !== undefined && fellThrough(activities, index, departed.agentId)) {
        departed.leftBy = null;
        open = { leg: departed, dequeuedAtMs: undefined };
      } else destination = offeredTo(activity) ?? activity.destinationAgent ?? destination;
    }
  }
  if (open !== undefined) open.leg.endMs = endOfCallMs(ofTheCall(), open.leg) ?? lastEnd(activities, open.leg, task);
  return legs.map((leg) => within(leg, task)).filter((leg) => leg.startMs < leg.endMs);
}

/** A task that claims to have ended before it began is believed in neither: its rows say when it was. */
function clockOf({ createdAtMs, endedAtMs }: TaskClock, activities: readonly TaskActivity[]): TaskClock {
  if (createdAtMs < endedAtMs) return { createdAtMs, endedAtMs };
  const starts = activities.map(({ startedAtMs }) => startedAtMs);
  const ends = activities.map((activity) => Math.max(activity.startedAtMs, activity.endedAtMs ?? 0));
  const least = (all: readonly number[], first: number) => all.reduce((a, b) => Math.min(a, b), first);
  const most = (all: readonly number[], first: number) => all.reduce((a, b) => Math.max(a, b), first);
  return { createdAtMs: least(starts, createdAtMs), endedAtMs: most(ends, endedAtMs) };
}

function newLeg(agentId: string, openedBy: TaskActivity, task: TaskClock): Leg {
  return { agentId, startMs: openedBy.startedAtMs, endMs: task.endedAtMs, openedBy, leftBy: null };
}

function depart({ leg, dequeuedAtMs }: OpenLeg, activity: TaskActivity): void {
  leg.leftBy = activity;
  leg.endMs = (activity.kind === 'queue-transferred' ? dequeuedAtMs : undefined) ?? activity.startedAtMs;
}

const offeredTo = ({ kind, agent }: TaskActivity) => (kind === 'offered' ? agent : null);

/** Who gets the call: whom the row names, or who had answered the consultation that it ends. */
function destinationOf(departure: TaskActivity, consultations: readonly Consultation[]): TaskActivity['agent'] {
  const consulted = () => consultations.findLast(({ endMs }) => endMs <= departure.startedAtMs)?.answers.at(-1)?.agent;
  return departure.destinationAgent ?? (departure.kind === 'consult-transferred' ? consulted() : null) ?? null;
}

/**
 * When the agent's call ended by these activities, if it did. `ended` may stand there twice, since a consultation has its
 * own: the first that does not lie before the agent's last activity was over is the customer's.
 */
function endOfCallMs(activities: readonly TaskActivity[], leg: Leg): number | undefined {
  const inLeg = activities.filter(({ startedAtMs }) => startedAtMs >= leg.startMs);
  const lastOnCallMs = inLeg
    .filter(({ kind }) => ON_THE_CALL.has(kind))
    .reduce(
      (lastMs, { startedAtMs, endedAtMs }) => Math.max(lastMs, startedAtMs, endedAtMs ?? startedAtMs),
      leg.startMs,
    );
  return inLeg.find(({ kind, startedAtMs }) => kind === 'ended' && startedAtMs >= lastOnCallMs)?.startedAtMs;
}

/** The end where the rows contradict each other: the last `ended`, else the task's own. */
function lastEnd(activities: readonly TaskActivity[], leg: Leg, task: TaskClock): number {
  const ended = activities.findLast(({ kind, startedAtMs }) => kind === 'ended' && startedAtMs >= leg.startMs);
  return ended?.startedAtMs ?? task.endedAtMs;
}

function within(leg: Leg, task: TaskClock): Leg {
  return {
    ...leg,
    startMs: Math.max(leg.startMs, task.createdAtMs),
    endMs: Math.min(leg.endMs, task.endedAtMs),
  };
}
