import { type Static, Type } from 'typebox';
import { ClosedEnum, DurationMs, EpochMs, NamedRef, Nullable, Ownership, WebexId } from '../primitives.ts';
import { TaskActivity } from './activity.ts';

export const CHANNELS = ['voice', 'chat', 'sms', 'email', 'social', 'other'] as const;
export type Channel = (typeof CHANNELS)[number];
export const DIRECTIONS = ['inbound', 'outbound', 'unknown'] as const;

const MetadataLabel = Type.String({ minLength: 1, maxLength: 200 });

/** A value of custom metadata under the label it was mapped to (CAP-04). */
export const MetadataValue = Type.Object({
  label: MetadataLabel,
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
    metadata: Type.Array(MetadataValue, {
      maxItems: 500,
      description: 'Each label once, in the order of the mappings; null where the task has no value for it.',
    }),
    callTypeLabels: Type.Optional(
      Type.Object(
        { customerSegment: Nullable(MetadataLabel), consult: Nullable(MetadataLabel) },
        {
          description:
            'Labels under which contacts show their call type (CAP-04): those of the customer’s call "Customer segment", those of a consultation "Consult". Null, or left out: that one is not mapped.',
        },
      ),
    ),
    activities: Type.Array(TaskActivity, { description: 'Oldest first.' }),
  },
  {
    $id: 'task-ended',
    description:
      'A task that has ended: what is known of it, its metadata under the tenant’s labels, and what happened, oldest first.',
  },
);
export type TaskEnded = Static<typeof TaskEnded>;
