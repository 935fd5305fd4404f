import { uuidV5 } from '@wxcc-wfo/contracts';

/** Name space of our recording ids. */
const RECORDINGS = '6f6a5f0e-5c0b-4f3c-9d53-2a8d9b0b7c11';

/**
 * Our id of a recording, the same whenever and by whomever it is read (rule 8). Whether Webex’s ids are unique across
 * the segments of a call is not published, so the leg and its start are part of the name. So is the ACD connection: the
 * same organization may be connected twice, by two tenants or one after the other, and each has files of its own.
 */
export function recordingIdOf(recording: {
  acdId: string;
  webexOrgId: string;
  taskId: string;
  webexRecordingId: string;
  leg: string;
  isSegment: boolean;
  startedAtMs: number;
}): string {
  const { acdId, webexOrgId, taskId, webexRecordingId, leg, isSegment, startedAtMs } = recording;
  return uuidV5(RECORDINGS, JSON.stringify([acdId, webexOrgId, taskId, webexRecordingId, leg, isSegment, startedAtMs]));
}
