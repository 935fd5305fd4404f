import {
  type Fields,
  flagOf,
  instantOf,
  listAt,
  type OnUnknownValue,
  objectAt,
  requiredInstant,
  requiredText,
  textOf,
  textsOf,
} from '../http/fields.ts';
import { WebexError } from '../http/webex-error.ts';
import type { CapturedRecording, CapturedTranscript, ChannelRole, RecordingLeg, TaskCaptures } from '../port.ts';

/**
 * Decodes the answer of `captures/query`. A recording or transcript that can't be read costs none of the others: it is
 * left out and reported. @throws WebexError `invalid-answer` with the field's path, when the answer itself can't be read
 */
export function decodeCaptures(answer: unknown, onUnknown: OnUnknownValue): TaskCaptures[] {
  return listAt(objectAt(answer, 'answer').data, 'data').map((entry, index) => {
    const path = `data[${index}]`;
    const fields = objectAt(entry, path);
    const offered = listAt(fields.recording, `${path}.recording`);
    const recordings = readable('recording', onUnknown, offered, (recording, position) =>
      decodeRecording(recording, `${path}.recording[${position}]`, onUnknown),
    );
    const transcriptions = listAt(fields.transcription, `${path}.transcription`);
    return {
      taskId: requiredText(fields, 'taskId', path),
      recordings,
      unreadableRecordings: offered.length - recordings.length,
      transcriptions: readable('transcription', onUnknown, transcriptions, (transcript, position) =>
        decodeTranscript(transcript, `${path}.transcription[${position}]`),
      ),
    };
  });
}

function readable<T>(
  field: string,
  onUnknown: OnUnknownValue,
  values: unknown[],
  decode: (value: unknown, position: number) => T,
): T[] {
  return values.flatMap((value, position) => {
    try {
      return [decode(value, position)];
    } catch (error) {
      if (!(error instanceof WebexError)) throw error;
      onUnknown(field, 'unreadable');
      return [];
    }
  });
}

function decodeRecording(value: unknown, path: string, onUnknown: OnUnknownValue): CapturedRecording {
  const fields = objectAt(value, path);
  const inner = `${path}.attributes`;
  const attributes = objectAt(fields.attributes, inner);
  return {
    webexRecordingId: requiredText(fields, 'id', path),
    isSegment: flagOf(fields, 'segment', path) ?? false,
    fileName: textOf(attributes, 'fileName', inner) ?? '',
    url: requiredText(attributes, 'filePath', inner),
    startedAtMs: requiredInstant(attributes, 'startTime', inner),
    endedAtMs: requiredInstant(attributes, 'stopTime', inner),
    participants: textsOf(attributes, 'participants', inner),
    channelRoles: decodeRoles(attributes, inner, onUnknown),
    leg: decodeLeg(textOf(attributes, 'callType', inner), onUnknown),
    sensitive: flagOf(attributes, 'sensitive', inner) ?? false,
  };
}

/** Transcripts spell `Source` and `Provider` in either case, and their times are strings. */
function decodeTranscript(value: unknown, path: string): CapturedTranscript {
  const fields = objectAt(value, path);
  return {
    webexTranscriptId: requiredText(fields, 'id', path),
    source: textOf(fields, 'source', path) ?? textOf(fields, 'Source', path) ?? '',
    provider: textOf(fields, 'provider', path) ?? textOf(fields, 'Provider', path),
    fileName: textOf(fields, 'fileName', path) ?? '',
    url: requiredText(fields, 'filePath', path),
    startedAtMs: instantOf(fields, 'startTime', path),
    createdAtMs: instantOf(fields, 'createTime', path),
    languageCode: textOf(fields, 'languageCode', path),
  };
}

const ROLES: Readonly<Record<string, ChannelRole>> = {
  caller: 'caller',
  agent: 'agent',
  va: 'virtual-agent',
  others: 'others',
};

/** Trailing channels that are not there are left out; one that is there but unknown keeps its place. */
function decodeRoles(attributes: Fields, path: string, onUnknown: OnUnknownValue): ChannelRole[] {
  const named = ['channel1', 'channel2'].map((name) => textOf(attributes, name, path));
  while (named.length > 0 && named.at(-1) === null) named.pop();
  return named.map((name) => {
    const role = name === null ? 'unknown' : ROLES[name.toLowerCase()];
    if (role === undefined) onUnknown('recording.channel', name ?? '');
    return role ?? 'unknown';
  });
}

const LEGS: readonly string[] = ['main', 'consult', 'va-main', 'va-consult'] satisfies RecordingLeg[];

/** An unknown kind of leg counts as `main` and is reported: a recording must not be lost for its label. */
function decodeLeg(callType: string | null, onUnknown: OnUnknownValue): RecordingLeg {
  const leg = callType?.toLowerCase() ?? 'main';
  if (LEGS.includes(leg)) return leg as RecordingLeg;
  onUnknown('recording.callType', callType ?? '');
  return 'main';
}
