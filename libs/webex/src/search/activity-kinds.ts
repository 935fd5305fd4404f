import type { ActivityKind } from '@wxcc-wfo/contracts';

/**
 * Webex's event names → what happened, in the trade's words. Names are matched in their literal case, as Webex has
 * `Conference` (asked for) beside `conferencing` (going on) and `Transferred` beside `vt-transfer`.
 * `connect` is ringing; `connected` is talk; `hold-done` is talk after a hold; `parked` is waiting in a queue.
 */
const KIND_OF_EVENT: Readonly<Record<string, ActivityKind>> = {
  new: 'task-created',
  'ivr-connected': 'self-service-started',
  'ivr-done': 'self-service-ended',
  'flow-activity': 'flow-step',
  parked: 'queued',
  dequeued: 'dequeued',
  connect: 'offered',
  connected: 'connected',
  'on-hold': 'held',
  'hold-done': 'hold-ended',
  paused: 'recording-paused',
  resumed: 'recording-resumed',
  consult: 'consult-requested',
  consulting: 'consulting',
  'consult-done': 'consult-ended',
  'consult-error': 'consult-failed',
  'con-to-agent-error': 'consult-failed',
  ctq: 'consult-queued',
  'ctq-accepted': 'consult-queue-answered',
  ConsultTransfer: 'consult-transferred',
  Conference: 'conference-requested',
  conferencing: 'conferencing',
  'conference-done': 'conference-ended',
  Transferred: 'transferred',
  'blind-transfer': 'blind-transferred',
  'vt-transfer': 'queue-transferred',
  'recording-started': 'recording-started',
  'recording-available': 'recording-available',
  callbackFailed: 'callback-failed',
  optOutOfQueue: 'opted-out-of-queue',
  campaignOutbound: 'campaign-outbound',
  ended: 'ended',
  WrapUp: 'wrap-up',
};

/** Internal names, found only at the end of row ids (`{taskId}-{createdTime}-{name}`). */
const KIND_OF_INTERNAL_NAME: Readonly<Record<string, ActivityKind>> = {
  treatment: 'self-service-started',
  'treatment-completed': 'self-service-ended',
  'capture-started': 'recording-started',
  'capture-available': 'recording-available',
  'wrapup-done': 'wrap-up',
};

/** The internal name in a row's id, or null where the id is built otherwise. */
export function internalNameOf(activityId: string): string | null {
  return /-\d{13}-(.+)$/.exec(activityId)?.[1] ?? null;
}

/** What happened, from the event name or, where that is missing or unknown, from the row's id. */
export function activityKindOf(eventName: string | null, activityId: string): ActivityKind {
  return lookUp(eventName) ?? lookUp(internalNameOf(activityId)) ?? 'unknown';
}

/** Either may stand where the other is expected. */
const KINDS = new Map(Object.entries({ ...KIND_OF_INTERNAL_NAME, ...KIND_OF_EVENT }));

const lookUp = (name: string | null): ActivityKind | undefined => (name === null ? undefined : KINDS.get(name));
