import type { RecordingAvailable } from '../events/recording-available.ts';
import type { RecordingUnavailable } from '../events/recording-unavailable.ts';
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
    {
      name: 'the same file with a corrected clock',
      payload: { ...recording, revision: 2, startedAtMs: recording.startedAtMs - 500 },
    },
  ],
  invalid: [
    {
      name: 'a checksum that is cut',
      payload: changed(recording, 'sha256', 'e3b0c442'),
      problem: 'sha256: must match pattern',
    },
    { name: 'no clock', payload: changed(recording, 'startedAtMs', undefined), problem: 'startedAtMs: is missing' },
    { name: 'generation zero', payload: changed(recording, 'generation', 0), problem: 'generation: must be >= 1' },
    { name: 'revision zero', payload: changed(recording, 'revision', 0), problem: 'revision: must be >= 1' },
  ],
};

/** Thirty days later: the ACD keeps no capture any more. */
const unavailable: RecordingUnavailable = {
  tenantId: TENANT,
  acdId: ACD,
  taskId: TASK,
  version: 1,
  sinceMs: NINE_OCLOCK_MS + 30 * 86_400_000,
  withdrawn: false,
  code: 'not-offered',
  reason: 'The ACD was to record this call, and never offered a recording of it.',
};

export const RECORDING_UNAVAILABLE_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a recording that was never offered', payload: unavailable },
    { name: 'a call that was not recorded', payload: { ...unavailable, code: 'not-recorded' } },
    {
      name: 'one that is looked for again',
      payload: { ...unavailable, version: 2, withdrawn: true, code: null, reason: null },
    },
  ],
  invalid: [
    { name: 'version zero', payload: changed(unavailable, 'version', 0), problem: 'version: must be >= 1' },
    { name: 'no time', payload: changed(unavailable, 'sinceMs', undefined), problem: 'sinceMs: is missing' },
    {
      name: 'neither standing nor withdrawn',
      payload: changed(unavailable, 'withdrawn', undefined),
      problem: 'withdrawn: is missing',
    },
    { name: 'a code that is no text', payload: changed(unavailable, 'code', 404), problem: 'code:' },
  ],
};
