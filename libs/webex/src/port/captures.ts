import type { Readable } from 'node:stream';

export interface TaskCaptures {
  taskId: string;
  recordings: CapturedRecording[];
  /** Recordings that are listed but cannot be used (yet): those of an open call lack their end or their file. */
  unreadableRecordings: number;
  transcriptions: CapturedTranscript[];
}

export type ChannelRole = 'caller' | 'agent' | 'virtual-agent' | 'others' | 'unknown';
export type RecordingLeg = 'main' | 'consult' | 'va-main' | 'va-consult';

export interface CapturedRecording {
  webexRecordingId: string;
  /** False for a whole recording (always so for a consultation). */
  isSegment: boolean;
  fileName: string;
  /** Pre-signed and short-lived: a secret. */
  url: string;
  startedAtMs: number;
  endedAtMs: number;
  /** Agents' Common Identity ids and masked customer addresses. */
  participants: string[];
  /** Who is on audio channel 1, 2. */
  channelRoles: ChannelRole[];
  leg: RecordingLeg;
  sensitive: boolean;
}

export interface CapturedTranscript {
  webexTranscriptId: string;
  /** `recording` for voice, else the channel's word (`chat`, `sms`, …). */
  source: string;
  provider: string | null;
  fileName: string;
  url: string;
  startedAtMs: number | null;
  createdAtMs: number | null;
  languageCode: string | null;
}

export interface WebexDownload {
  /** 200, or 206 when a range was asked for and given: compare before appending to what is there. */
  statusCode: number;
  contentLength?: number;
  contentType?: string;
  body: Readable;
}
