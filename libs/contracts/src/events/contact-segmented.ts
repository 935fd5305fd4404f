import { type Static, Type } from 'typebox';
import {
  ClosedEnum,
  DurationMs,
  EpochMs,
  ExtensibleEnum,
  NamedRef,
  Nullable,
  Ownership,
  Uuid,
  WebexId,
} from '../primitives.ts';
import { CHANNELS, DIRECTIONS, MetadataValue } from './task-ended.ts';

export const CALL_TYPES = ['customer-segment', 'consult'] as const;
export const UPLOAD_STATES = ['file-not-yet-uploaded', 'file-uploaded', 'no-file-to-upload'] as const;
export const SILENCE_REASONS = ['hold', 'pause', 'no-recording'] as const;

const Piece = Type.Union([
  Type.Object({
    kind: Type.Literal('recording'),
    atFrame: Type.Integer({ minimum: 0 }),
    frames: Type.Integer({ minimum: 0 }),
    recordingId: Uuid,
    generation: Type.Integer({ minimum: 1 }),
    fromFrame: Type.Integer({ minimum: 0 }),
    channelMap: Type.Optional(
      Type.Array(Type.Integer({ minimum: -1 }), {
        description:
          'Which channel of the recording is heard on each channel here; -1: none. Left out: each on its own.',
      }),
    ),
  }),
  Type.Object({
    kind: Type.Literal('silence'),
    atFrame: Type.Integer({ minimum: 0 }),
    frames: Type.Integer({ minimum: 0 }),
    reason: ExtensibleEnum(SILENCE_REASONS, 'Why nothing sounds.'),
  }),
]);

/** Which frames of which recording sound when, on the contact's own clock; the pieces tile it exactly. */
export const AudioEditList = Type.Object({
  sampleRateHz: Type.Integer({ minimum: 1000 }),
  channels: Type.Integer({ minimum: 1 }),
  durationFrames: Type.Integer({ minimum: 0 }),
  pieces: Type.Array(Piece),
});

/** One contact at one version, whole (SEG-01, SEG-09). The highest version wins. */
export const ContactSegmented = Type.Object(
  {
    ...Ownership,
    taskId: WebexId,
    contactId: { ...Uuid, description: 'UUIDv5 of organization, task and the activity that opened the leg.' },
    associatedContactId: { ...WebexId, description: 'Shared by all contacts of one task (SEG-01).' },
    version: Type.Integer({ minimum: 1 }),
    superseded: Type.Boolean({ description: 'True when a correction removed this contact.' }),
    replacedBy: Nullable(Uuid),
    segmentedAtMs: EpochMs,
    taskRevision: Type.Integer({ minimum: 1 }),
    contactType: ClosedEnum(CHANNELS, 'Voice, chat, SMS …'),
    callType: ClosedEnum(CALL_TYPES, 'The customer’s call ("Customer segment") or a consultation ("Consult").'),
    direction: ClosedEnum(DIRECTIONS, 'Who began the task.'),
    agent: Type.Object({ id: WebexId, name: Nullable(Type.String({ maxLength: 500 })), sessionId: Nullable(WebexId) }),
    queue: Nullable(NamedRef),
    team: Nullable(NamedRef),
    callingNumber: Nullable(Type.String({ maxLength: 500 })),
    calledNumber: Nullable(Type.String({ maxLength: 500 })),
    startedAtMs: EpochMs,
    endedAtMs: EpochMs,
    durationMs: DurationMs,
    silences: Type.Array(
      Type.Object({ startMs: EpochMs, endMs: EpochMs, reason: ExtensibleEnum(SILENCE_REASONS, 'Why.') }),
      { description: 'Where the contact was on hold or recording was paused, [startMs, endMs).' },
    ),
    metadata: Type.Array(MetadataValue, { maxItems: 500 }),
    audio: Type.Object({
      state: ClosedEnum(UPLOAD_STATES, 'MED-02.'),
      reason: Nullable(Type.String({ maxLength: 500 })),
      editList: Nullable(AudioEditList),
    }),
    screen: Type.Object({
      state: ClosedEnum(UPLOAD_STATES, 'MED-02.'),
      reason: Nullable(Type.String({ maxLength: 500 })),
    }),
  },
  { $id: 'contact-segmented', description: 'A contact as one version has it, complete rather than a difference.' },
);
export type ContactSegmented = Static<typeof ContactSegmented>;
