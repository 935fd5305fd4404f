import { type Static, Type } from 'typebox';
import { DurationMs, EpochMs, ExtensibleEnum, NamedRef, Nullable, WebexId } from '../primitives.ts';

/**
 * What can happen to a task, in the trade's words. `libs/webex` maps Webex's event names to these, once.
 * `offered` is ringing, `connected` is talk, `hold-ended` is talk after a hold, `queued` is waiting in a queue.
 */
export const ACTIVITY_KINDS = [
  'task-created',
  'self-service-started',
  'self-service-ended',
  'flow-step',
  'queued',
  'dequeued',
  'offered',
  'connected',
  'held',
  'hold-ended',
  'recording-paused',
  'recording-resumed',
  'consult-requested',
  'consulting',
  'consult-ended',
  'consult-failed',
  'consult-queued',
  'consult-queue-answered',
  'consult-transferred',
  'conference-requested',
  'conferencing',
  'conference-ended',
  'transferred',
  'blind-transferred',
  'queue-transferred',
  'recording-started',
  'recording-available',
  'callback-failed',
  'opted-out-of-queue',
  'campaign-outbound',
  'ended',
  'wrap-up',
  'unknown',
] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

const AgentAtWork = Type.Object({
  id: WebexId,
  name: Nullable(Type.String({ maxLength: 500 })),
  sessionId: Nullable(WebexId),
});

/** One activity of a task (a contact activity record), as the ACD told it. */
export const TaskActivity = Type.Object(
  {
    activityId: WebexId,
    kind: ExtensibleEnum(ACTIVITY_KINDS, 'What happened, in the trade’s words.'),
    sourceEvent: Type.String({ maxLength: 100, description: 'The ACD’s own literal, kept for evidence.' }),
    startedAtMs: EpochMs,
    endedAtMs: Nullable(EpochMs),
    durationMs: Nullable(DurationMs),
    agent: Nullable(AgentAtWork),
    destinationAgent: Nullable(AgentAtWork),
    queue: Nullable(NamedRef),
    team: Nullable(NamedRef),
    destinationQueueId: Nullable(WebexId),
    transferType: Nullable(Type.String({ maxLength: 100 })),
    terminationReason: Nullable(Type.String({ maxLength: 500 })),
  },
  {
    description: 'One activity of a task; order by startedAtMs, then activityId is not meaningful: the array order is.',
  },
);
export type TaskActivity = Static<typeof TaskActivity>;
