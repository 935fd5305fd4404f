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

/** By what the ACD names a recording again. */
export interface NamedRecording {
  recordingId: string;
  webexRecordingId: string;
  leg: string;
  isSegment: boolean;
  startedAtMs: number;
  endedAtMs: number;
}

/**
 * Which known recordings those are whose start the ACD has corrected, so that they keep their ids: same Webex id and leg,
 * and shared time, as Webex’s ids may not be unique across segments, which don’t overlap. What is the same to the
 * millisecond is not in question, and each known one is given once. Gives known ids by offered ids.
 */
export function matchKnown(
  offered: readonly NamedRecording[],
  known: readonly NamedRecording[],
): ReadonlyMap<string, string> {
  const offeredIds = new Set(offered.map(({ recordingId }) => recordingId));
  const knownIds = new Set(known.map(({ recordingId }) => recordingId));
  const corrected = offered.filter(({ recordingId }) => !knownIds.has(recordingId));
  const free = known.filter(({ recordingId }) => !offeredIds.has(recordingId));
  const pairs = corrected
    .flatMap((one) => free.map((before) => ({ one, before, shared: sharedMs(one, before) })))
    .filter(({ one, before, shared }) => shared > 0 && isSameName(one, before))
    .sort((a, b) => b.shared - a.shared || a.one.startedAtMs - b.one.startedAtMs);
  const matched = new Map<string, string>();
  const taken = new Set<string>();
  for (const { one, before } of pairs) {
    if (matched.has(one.recordingId) || taken.has(before.recordingId)) continue;
    matched.set(one.recordingId, before.recordingId);
    taken.add(before.recordingId);
  }
  return matched;
}

function isSameName(a: NamedRecording, b: NamedRecording): boolean {
  return a.webexRecordingId === b.webexRecordingId && a.leg === b.leg && a.isSegment === b.isSegment;
}

function sharedMs(a: NamedRecording, b: NamedRecording): number {
  return Math.min(a.endedAtMs, b.endedAtMs) - Math.max(a.startedAtMs, b.startedAtMs);
}
