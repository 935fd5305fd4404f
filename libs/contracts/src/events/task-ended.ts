import { type Static, Type } from 'typebox';
import { ClosedEnum, DurationMs, EpochMs, NamedRef, Nullable, Ownership, WebexId } from '../primitives.ts';
import { TaskActivity } from './activity.ts';

export const CHANNELS = ['voice', 'chat', 'sms', 'email', 'social', 'other'] as const;
export type Channel = (typeof CHANNELS)[number];
export const DIRECTIONS = ['inbound', 'outbound', 'unknown'] as const;

/** A value of custom metadata under the label it was mapped to (CAP-04). */
export const MetadataValue = Type.Object({
  label: Type.String({ minLength: 1, maxLength: 200 }),
  value: Nullable(Type.String({ maxLength: 10_000 })),
});

/** One ended task with all that segmenting needs, once per revision (CAP-01, CAP-03). */
export const TaskEnded = Type.Object(
  {
    ...Ownership,
    taskId: WebexId,
    webexOrgId: WebexId,
    revision: Type.Integer({ minimum: 1, description: 'Grows by one whenever the facts below change.' }),
    observedAtMs: EpochMs,
    channel: ClosedEnum(CHANNELS, 'The kind of task.'),
    channelType: Type.String({ maxLength: 100 }),
    channelSubType: Nullable(Type.String({ maxLength: 100 })),
    direction: ClosedEnum(DIRECTIONS, 'Who began it.'),
    contactsWanted: Type.Boolean({ description: 'Whether QM and this channel’s box are on (CAP-02).' }),
    createdAtMs: EpochMs,
    endedAtMs: EpochMs,
    lastActivityAtMs: Nullable(EpochMs),
    callingNumber: Nullable(Type.String({ maxLength: 500, description: 'ANI.' })),
    calledNumber: Nullable(Type.String({ maxLength: 500, description: 'DNIS.' })),
    queue: Nullable(NamedRef),
    team: Nullable(NamedRef),
    entryPoint: Nullable(NamedRef),
    terminationType: Nullable(Type.String({ maxLength: 200 })),
    terminationReason: Nullable(Type.String({ maxLength: 500 })),
    terminatingEnd: Nullable(Type.String({ maxLength: 100 })),
    recordingRequested: Nullable(Type.Boolean({ description: 'Whether the ACD was asked to record.' })),
    wrapUpCode: Nullable(NamedRef),
    totalMs: DurationMs,
    metadata: Type.Array(MetadataValue, { maxItems: 500 }),
    activities: Type.Array(TaskActivity, { description: 'Oldest first.' }),
  },
  {
    $id: 'task-ended',
    description:
      'A task that has ended: what is known of it, its metadata under the tenant’s labels, and what happened, oldest first.',
  },
);
export type TaskEnded = Static<typeof TaskEnded>;
