import type {
  ActivityKind,
  ContactSegmented,
  RecordingAvailable,
  RecordingUnavailable,
  TaskActivity,
  TaskEnded,
} from '@wxcc-wfo/contracts';
import { uuidV5 } from '@wxcc-wfo/contracts';
import { orderActivities } from '../src/segmenting/activity-order-policy.ts';
import { type Leg, legsOf } from '../src/segmenting/legs-policy.ts';
import { type AssignedContact, segmentTask } from '../src/segmenting/segment-task.ts';

/** Where the calls of the tests begin; all other times are seconds after it. */
export const T0 = Date.UTC(2026, 10, 20, 9, 0, 0);
export const TENANT = '11111111-1111-4111-8111-111111111111';
export const ACD = '22222222-2222-4222-8222-222222222222';
export const ORG = 'org-1';
export const TASK = 'task-1';

export const ms = (seconds: number): number => T0 + Math.round(seconds * 1000);
export const seconds = (epochMs: number): number => (epochMs - T0) / 1000;

type Person = string | null;
const person = (id: Person) => (id === null ? null : { id, name: `Agent ${id}`, sessionId: null });

/** One activity: kind, from, to (seconds), whose, and to whom. */
export function row(
  kind: ActivityKind,
  from: number,
  to: number,
  agent: Person = null,
  to2: Person = null,
): TaskActivity {
  return {
    activityId: `${TASK}-${ms(from)}-${kind}-${agent ?? ''}`,
    kind,
    sourceEvent: kind,
    startedAtMs: ms(from),
    endedAtMs: ms(to),
    durationMs: ms(to) - ms(from),
    agent: person(agent),
    destinationAgent: person(to2),
    queue: null,
    team: null,
    destinationQueueId: null,
    transferType: null,
    terminationReason: null,
  };
}

/** An ended voice call of these activities, which lasted until `endS` (its last `ended` row, unless told). */
export function task(activities: TaskActivity[], more: Partial<TaskEnded> = {}): TaskEnded {
  const ended = activities.filter(({ kind }) => kind === 'ended').at(-1)?.startedAtMs;
  return {
    tenantId: TENANT,
    acdId: ACD,
    taskId: TASK,
    webexOrgId: ORG,
    revision: 1,
    observedAtMs: ms(10_000),
    channel: 'voice',
    channelType: 'telephony',
    channelSubType: null,
    direction: 'inbound',
    contactsWanted: true,
    createdAtMs: T0,
    endedAtMs: ended ?? ms(1_000),
    lastActivityAtMs: null,
    callingNumber: '+14085550111',
    calledNumber: '+14085550100',
    queue: { id: 'queue-1', name: 'Billing' },
    team: { id: 'team-1', name: 'Team' },
    entryPoint: null,
    terminationType: 'normal',
    terminationReason: null,
    terminatingEnd: 'Customer',
    recordingRequested: true,
    wrapUpCode: null,
    totalMs: 0,
    metadata: [{ label: 'Account', value: '4711' }],
    activities,
    ...more,
  };
}

export const recordingId = (n: number): string => uuidV5(ACD, `recording ${n}`);

/** A stored stereo recording at 8 kHz from `from` to `to` (seconds). */
export function recording(
  n: number,
  from: number,
  to: number,
  more: Partial<RecordingAvailable> = {},
): RecordingAvailable {
  const frames = Math.round((to - from) * 8000);
  return {
    tenantId: TENANT,
    acdId: ACD,
    taskId: TASK,
    recordingId: recordingId(n),
    generation: 1,
    storedAtMs: ms(10_000),
    leg: 'main',
    isSegment: false,
    startedAtMs: ms(from),
    endedAtMs: ms(to),
    format: { encoding: 'pcm-s16le', sampleRateHz: 8000, channels: 2, bytesPerFrame: 4, dataOffsetBytes: 44, frames },
    channelRoles: ['caller', 'agent'],
    participantAgentIds: [],
    sha256: '0'.repeat(64),
    sizeBytes: 44 + frames * 4,
    storage: {
      path: `${n}.wav.enc`,
      sizeBytes: frames * 4 + 1000,
      encryption: 'tink-aes256-gcm-hkdf',
      segmentSizeBytes: 65536,
    },
    ...more,
  };
}

/** Legs as `A 10–60`. */
export function legsAsText(activities: TaskActivity[], more: Partial<TaskEnded> = {}): string[] {
  const legs: Leg[] = legsOf(orderActivities(activities), task(activities, more));
  return legs.map(({ agentId, startMs, endMs }) => `${agentId} ${seconds(startMs)}–${seconds(endMs)}`);
}

export const NEVER_OFFERED = 'It was never offered.';

/** That no recording of the call will come; a higher version takes it back with `withdrawn: true`. */
export function unavailable(version: number, more: Partial<RecordingUnavailable> = {}): RecordingUnavailable {
  const { withdrawn = false } = more;
  return {
    tenantId: TENANT,
    acdId: ACD,
    taskId: TASK,
    version,
    sinceMs: ms(15_000),
    withdrawn,
    code: withdrawn ? null : 'not-offered',
    reason: withdrawn ? null : NEVER_OFFERED,
    ...more,
  };
}

export function segment(
  facts: TaskEnded,
  recordings: readonly RecordingAvailable[] = [],
  assigned: readonly AssignedContact[] = [],
  verdict: RecordingUnavailable | null = null,
): AssignedContact[] {
  return segmentTask({ task: facts, recordings, assigned, verdict, nowMs: ms(20_000) });
}

/** A contact as `A 10–60 silent 20–30 file-uploaded`. */
export function asText({ agent, startedAtMs, endedAtMs, silences, audio, superseded }: ContactSegmented): string {
  const silent = silences.map(({ startMs, endMs }) => `${seconds(startMs)}–${seconds(endMs)}`).join(', ');
  const words = [`${agent.id} ${seconds(startedAtMs)}–${seconds(endedAtMs)}`];
  if (silent !== '') words.push(`silent ${silent}`);
  if (audio.state !== 'file-not-yet-uploaded') words.push(audio.state);
  if (superseded) words.push('superseded');
  return words.join(' ');
}

export const contactsAsText = (changed: readonly AssignedContact[]): string[] =>
  changed.map(({ contact }) => asText(contact));

/** What sounds when, as `0–10 recording 1 from 5`, `10–20 silence hold` in seconds of the contact. */
export function heardAsText({ audio }: ContactSegmented): string[] {
  const list = audio.editList;
  if (list === null) return [];
  const inSeconds = (frames: number) => frames / list.sampleRateHz;
  const numberOf = (id: string) => [1, 2, 3, 4, 5, 6, 7, 8, 9].find((n) => recordingId(n) === id);
  return list.pieces.map((piece) => {
    const span = `${inSeconds(piece.atFrame)}–${inSeconds(piece.atFrame + piece.frames)}`;
    return piece.kind === 'silence'
      ? `${span} silence ${piece.reason}`
      : `${span} recording ${numberOf(piece.recordingId)} from ${inSeconds(piece.fromFrame)}`;
  });
}
