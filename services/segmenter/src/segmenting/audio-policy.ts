import { buildEditList, type EditList, type RecordingOnClock, type SilenceOnClock } from '@wxcc-wfo/audio';
import type { ContactSegmented, RecordingAvailable, RecordingUnavailable } from '@wxcc-wfo/contracts';
import type { Consultation } from './consultation-policy.ts';
import { intersect, subtract, type TimeSpan } from './time-span.ts';

/*
 * What is heard in a contact (MED-02 to MED-04).
 *
 *   recording of the whole call stored    → file-uploaded: the contact's window of it, silent where on hold
 *   only recordings of segments stored    → file-uploaded: the window put together from them
 *   both                                  → the whole call, since its clock runs through; segments where it has gaps
 *   a warm transfer's consult recording   → heard in both contacts during the consultation, instead of silence
 *   nothing (of the window) stored yet    → file-not-yet-uploaded
 *   … and the ACD was not asked to record → no-file-to-upload
 *   … or none will come, by the import    → no-file-to-upload with its reason, until it looks again
 */

type ContactAudio = ContactSegmented['audio'];

const NOT_RECORDED = 'The contact center was not asked to record this call.';
const NOT_HAD = 'The recording of this call could not be had.';

/** What is heard where two recordings cover the same time: the higher one. */
const PRIORITY = { consult: 3, wholeCall: 2, segment: 1 };

/** One recording with the time that its frames really cover, which may be less than it says. */
export interface RecordedSpan extends TimeSpan {
  recording: RecordingAvailable;
}

/** A generation counts for more than what is said of an earlier one. */
function isNewer(a: RecordingAvailable, b: RecordingAvailable): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation;
  return (a.revision ?? 1) > (b.revision ?? 1);
}

/** The latest generation of each recording, as the ACD describes it last, in an order that does not depend on that of arrival (architecture rule 9). */
export function latestGenerations(recordings: readonly RecordingAvailable[]): RecordedSpan[] {
  const latest = new Map<string, RecordingAvailable>();
  for (const recording of recordings) {
    const known = latest.get(recording.recordingId);
    if (known === undefined || isNewer(recording, known)) latest.set(recording.recordingId, recording);
  }
  return [...latest.values()]
    .sort((a, b) => a.startedAtMs - b.startedAtMs || (a.recordingId < b.recordingId ? -1 : 1))
    .map((recording) => {
      const { frames, sampleRateHz } = recording.format;
      const startMs = recording.startedAtMs;
      return { recording, startMs, endMs: startMs + Math.floor((frames * 1000) / sampleRateHz) };
    });
}

/** The consult recordings that belong to a warm transfer's consultation. */
function heardConsultations(recorded: readonly RecordedSpan[], consultations: readonly Consultation[]) {
  return recorded.flatMap((span) => {
    if (span.recording.leg !== 'consult') return [];
    const heard = consultations.flatMap((consultation) => intersect(span, consultation) ?? []);
    return heard.length === 0 ? [] : [{ ...span, heard }];
  });
}

export interface ContactToHear {
  window: TimeSpan;
  /** When this agent had the customer on hold. */
  holds: readonly TimeSpan[];
  /** The consultations of the warm transfers that brought the call to this agent and took it away. */
  consultations: readonly Consultation[];
  recordingRequested: boolean | null;
  verdict: RecordingUnavailable | null;
}

/** Upload state of a contact's audio and, where there is some, its edit list. */
export function audioOf(contact: ContactToHear, recorded: readonly RecordedSpan[]): ContactAudio {
  const main = recorded.filter(
    (span) => span.recording.leg === 'main' && intersect(span, contact.window) !== undefined,
  );
  const [first] = main;
  if (first === undefined) {
    const reason = whyNoneWillCome(contact, recorded);
    return { state: reason === null ? 'file-not-yet-uploaded' : 'no-file-to-upload', reason, editList: null };
  }
  const { sampleRateHz } = (main.find(({ recording }) => !recording.isSegment) ?? first).recording.format;
  const isPlayable = ({ recording }: RecordedSpan) => recording.format.sampleRateHz === sampleRateHz;
  const consulted = heardConsultations(recorded.filter(isPlayable), contact.consultations);
  const sources = [
    ...main
      .filter(isPlayable)
      .map(({ recording }) => onClock(recording, recording.isSegment ? PRIORITY.segment : PRIORITY.wholeCall)),
    ...consulted.map((span) => consultOnClock(span)),
  ];
  const editList: EditList = buildEditList({
    windowStartMs: contact.window.startMs,
    windowEndMs: contact.window.endMs,
    sampleRateHz,
    channels: Math.max(...sources.map(({ channels }) => channels)),
    recordings: sources,
    silences: silencesOf(
      contact,
      consulted.flatMap(({ heard }) => heard),
    ),
  });
  return { state: 'file-uploaded', reason: null, editList };
}

/** Null: there may be a recording still. */
function whyNoneWillCome(contact: ContactToHear, recorded: readonly RecordedSpan[]): string | null {
  const isRecorded = recorded.some(({ recording }) => recording.leg === 'main');
  if (contact.recordingRequested === false && !isRecorded) return NOT_RECORDED;
  const { verdict } = contact;
  return verdict === null || verdict.withdrawn ? null : (verdict.reason ?? NOT_HAD);
}

/**
 * Where the customer waits, the recording of the call holds music: silent, but for what a consult recording lets be
 * heard there.
 */
function silencesOf({ holds, consultations }: ContactToHear, heard: readonly TimeSpan[]): SilenceOnClock[] {
  return [
    ...subtract(holds, heard).map((span) => ({ ...span, reason: 'hold' as const })),
    ...subtract(consultations, heard).map((span) => ({ ...span, reason: 'no-recording' as const })),
  ];
}

function onClock(recording: RecordingAvailable, priority: number): RecordingOnClock {
  const { recordingId, generation, startedAtMs, format } = recording;
  const { frames, sampleRateHz, channels } = format;
  return { recordingId, generation, startMs: startedAtMs, frames, sampleRateHz, channels, priority };
}

/** A consult recording is heard until its consultation ends; what it may hold beyond that is not the customer's call. */
function consultOnClock({ recording, heard }: RecordedSpan & { heard: TimeSpan[] }): RecordingOnClock {
  const source = onClock(recording, PRIORITY.consult);
  const endMs = Math.max(...heard.map((span) => span.endMs));
  const framesToEnd = Math.ceil(((endMs - source.startMs) * source.sampleRateHz) / 1000);
  return { ...source, frames: Math.min(source.frames, framesToEnd) };
}
