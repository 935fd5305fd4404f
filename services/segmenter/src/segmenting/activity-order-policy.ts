import type { ActivityKind, TaskActivity } from '@wxcc-wfo/contracts';

/**
 * What comes first when two activities begin in the same millisecond: the order in which a call passes through them.
 * A departure stands before the answer that it leads to; the end and wrap-up stand last.
 */
const CAUSAL_RANK: Record<ActivityKind, number> = {
  'task-created': 0,
  'campaign-outbound': 1,
  'self-service-started': 2,
  'flow-step': 3,
  'self-service-ended': 4,
  'consult-ended': 5,
  'consult-failed': 5,
  'conference-ended': 5,
  dequeued: 10,
  'consult-transferred': 11,
  'blind-transferred': 12,
  'queue-transferred': 13,
  transferred: 14,
  queued: 20,
  'opted-out-of-queue': 21,
  'callback-failed': 22,
  offered: 23,
  connected: 30,
  'recording-started': 31,
  held: 40,
  'consult-requested': 41,
  'consult-queued': 42,
  'consult-queue-answered': 43,
  consulting: 44,
  'conference-requested': 45,
  conferencing: 46,
  'recording-paused': 47,
  'recording-resumed': 48,
  'hold-ended': 49,
  unknown: 50,
  ended: 90,
  'wrap-up': 91,
  'recording-available': 92,
};

const rankOf = (activity: TaskActivity): number => CAUSAL_RANK[activity.kind] ?? CAUSAL_RANK.unknown;
const lastsMs = (activity: TaskActivity): number =>
  activity.endedAtMs === null ? Number.POSITIVE_INFINITY : activity.endedAtMs - activity.startedAtMs;
/** Of activities that begin together, one that lasted no time was over before the others began to last. */
const isMoment = (activity: TaskActivity): number => (lastsMs(activity) <= 0 ? 0 : 1);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The activities of a task as they happened, each once: by their own time and their cause, never by the order in which
 * they arrived (SEG-08). Of two rows with one id (a page read while it changed) the one that lasted longer is kept.
 */
export function orderActivities(activities: readonly TaskActivity[]): TaskActivity[] {
  const byId = new Map<string, TaskActivity>();
  for (const activity of activities) {
    const known = byId.get(activity.activityId);
    if (known === undefined || isFuller(activity, known)) byId.set(activity.activityId, activity);
  }
  return [...byId.values()].sort(
    (a, b) =>
      a.startedAtMs - b.startedAtMs ||
      isMoment(a) - isMoment(b) ||
      rankOf(a) - rankOf(b) ||
      byText(a.activityId, b.activityId),
  );
}

function isFuller(a: TaskActivity, b: TaskActivity): boolean {
  // An unfinished row (no end yet) is the older reading of a row that has one.
  const difference = (a.endedAtMs ?? -1) - (b.endedAtMs ?? -1);
  return difference !== 0 ? difference > 0 : JSON.stringify(a) > JSON.stringify(b);
}
