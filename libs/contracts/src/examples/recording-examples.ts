import type { RecordingAvailable } from '../events/recording-available.ts';
import { changed, type GoldenExamples } from './golden-example.ts';
import { ACD, AGENT_A, AGENT_B, NINE_OCLOCK_MS, RECORDING, TASK, TENANT } from './ids.ts';

/** 123 s of the whole call, 8 kHz, stereo, 16 bit. */
const recording: RecordingAvailable = {
  tenantId: TENANT,
  acdId: ACD,
  taskId: TASK,
  recordingId: RECORDING,
  generation: 1,
  storedAtMs: NINE_OCLOCK_MS + 210_000,
  leg: 'main',
  isSegment: false,
  startedAtMs: NINE_OCLOCK_MS + 15_000,
  endedAtMs: NINE_OCLOCK_MS + 138_000,
  format: {
    encoding: 'pcm-s16le',
    sampleRateHz: 8000,
    channels: 2,
    bytesPerFrame: 4,
    dataOffsetBytes: 44,
    frames: 984_000,
  },
  channelRoles: ['caller', 'agent'],
  participantAgentIds: [AGENT_A, AGENT_B],
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sizeBytes: 3_936_044,
  storage: {
    path: `${TENANT}/${ACD}/2026/03/02/${RECORDING}.1.tink`,
    sizeBytes: 3_937_100,
    encryption: 'tink-aes256-gcm-hkdf',
    segmentSizeBytes: 65_536,
  },
};

export const RECORDING_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'the whole call, stereo', payload: recording },
    { name: 'one segment', payload: { ...recording, isSegment: true } },
  ],
  invalid: [
    {
      name: 'a checksum that is cut',
      payload: changed(recording, 'sha256', 'e3b0c442'),
      problem: 'sha256: must match pattern',
    },
    { name: 'no clock', payload: changed(recording, 'startedAtMs', undefined), problem: 'startedAtMs: is missing' },
    { name: 'generation zero', payload: changed(recording, 'generation', 0), problem: 'generation: must be >= 1' },
  ],
};
