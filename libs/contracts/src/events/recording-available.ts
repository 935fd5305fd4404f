import { type Static, Type } from 'typebox';
import { ClosedEnum, EpochMs, ExtensibleEnum, Ownership, Uuid, WebexId } from '../primitives.ts';

export const RECORDING_LEGS = ['main', 'consult', 'virtual-agent-main', 'virtual-agent-consult'] as const;
export const CHANNEL_ROLES = ['caller', 'agent', 'virtual-agent', 'others', 'unknown'] as const;
export const RECORDING_ENCODINGS = ['pcm-s16le', 'pcm-u8', 'mulaw', 'alaw'] as const;

/** A recording is stored with us and readable: where, its clock, channels and checksum (MED-02, MED-03, MED-05). */
export const RecordingAvailable = Type.Object(
  {
    ...Ownership,
    taskId: WebexId,
    recordingId: {
      ...Uuid,
      description: 'Ours: UUIDv5 of ACD connection, organization, task and the ACD’s recording id.',
    },
    generation: Type.Integer({ minimum: 1, description: 'A higher one replaces all lower ones (redaction).' }),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Of what the ACD says of this file (times, roles, participants); the highest counts, none is 1.',
      }),
    ),
    storedAtMs: EpochMs,
    leg: ClosedEnum(RECORDING_LEGS, 'The main call or a consultation.'),
    isSegment: Type.Boolean({ description: 'False: the whole call. True: one segment of it.' }),
    startedAtMs: EpochMs,
    endedAtMs: EpochMs,
    format: Type.Object({
      encoding: ClosedEnum(RECORDING_ENCODINGS, 'Sample encoding inside the stored WAV file.'),
      sampleRateHz: Type.Integer({ minimum: 1000, maximum: 192_000 }),
      channels: Type.Integer({ minimum: 1, maximum: 16 }),
      bytesPerFrame: Type.Integer({ minimum: 1 }),
      dataOffsetBytes: Type.Integer({ minimum: 0, description: 'Where samples begin in the plaintext file.' }),
      frames: Type.Integer({ minimum: 0 }),
    }),
    channelRoles: Type.Array(ExtensibleEnum(CHANNEL_ROLES, 'Who is heard on this channel.')),
    participantAgentIds: Type.Array(WebexId, { description: 'Agents that the ACD names; customers are left out.' }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the whole plaintext file.' }),
    sizeBytes: Type.Integer({ minimum: 0, description: 'Of the whole plaintext file.' }),
    storage: Type.Object({
      path: Type.String({ description: 'Relative to the media store’s root.' }),
      sizeBytes: Type.Integer({ minimum: 0, description: 'Of the encrypted file.' }),
      encryption: ExtensibleEnum(['tink-aes256-gcm-hkdf'], 'The published Tink streaming format.'),
      segmentSizeBytes: Type.Integer({ minimum: 1024 }),
    }),
  },
  { $id: 'recording-available', description: 'A recording is stored, verified and encrypted; its key is not in here.' },
);
export type RecordingAvailable = Static<typeof RecordingAvailable>;
