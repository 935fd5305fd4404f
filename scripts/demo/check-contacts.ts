import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { BLOCK_MS, channelOf, decodeMarkers, type ExpectedContact, type TaskGroundTruth } from '@wxcc-wfo/simulator';
import type { Stack } from '../stack/start-stack.ts';
import { callService } from './connect-acd.ts';
import { expectedMetadata } from './demo-metadata.ts';

/** What a comparison with the ground truth found. */
export interface CheckResult {
  passed: number;
  /** Each difference in words. */
  differences: string[];
}

const WAV_HEADER_BYTES = 44;
const CLOCK_TOLERANCE_MS = 1;
const SAMPLE_RATE_HZ = 8000;
const BYTES_PER_FRAME = 4;
/** Blocks that an edge of a piece cuts are not decoded. */
const LEAST_HEARD_SHARE = 0.8;

/** Calls whose contacts this release makes: voice, ended. */
export function isCompared(task: TaskGroundTruth): boolean {
  return task.ended && task.channelType === 'telephony';
}

/** Compares every contact with what the story says must be, and finds contacts that must not be. */
export function compareContacts(truth: readonly TaskGroundTruth[], contacts: Iterable<ContactSegmented>): CheckResult {
  const byTask = new Map<string, ContactSegmented[]>();
  for (const contact of contacts) {
    if (!contact.superseded) byTask.set(contact.taskId, [...(byTask.get(contact.taskId) ?? []), contact]);
  }
  const result: CheckResult = { passed: 0, differences: [] };
  for (const task of truth.filter(isCompared)) {
    const found = (byTask.get(task.taskId) ?? []).sort((a, b) => a.startedAtMs - b.startedAtMs);
    const expected = [...task.contacts].sort((a, b) => a.startMs - b.startMs);
    const differences = compareTask(task, expected, found);
    if (differences.length === 0) result.passed += Math.max(1, expected.length);
    result.differences.push(...differences);
  }
  return result;
}

function compareTask(task: TaskGroundTruth, expected: ExpectedContact[], found: ContactSegmented[]): string[] {
  const where = `${task.scenario} ${task.taskId}`;
  if (expected.length !== found.length) {
    return [`${where}: ${expected.length} contact(s) expected, ${found.length} found`];
  }
  return expected.flatMap((want, index) => {
    const got = found[index]!;
    const differences: string[] = [];
    const differ = (what: string, wanted: unknown, was: unknown) => {
      if (JSON.stringify(wanted) !== JSON.stringify(was)) {
        differences.push(
          `${where}, contact ${index + 1}: ${what} is ${JSON.stringify(was)}, expected ${JSON.stringify(wanted)}`,
        );
      }
    };
    differ('agent', true, got.agent.id === want.agentId || got.agent.id === want.ciUserId);
    differ('start', want.startMs, got.startedAtMs);
    differ('end', want.endMs, got.endedAtMs);
    differ('associated contact id', task.associatedContactId, got.associatedContactId);
    differ('call type', 'customer-segment', got.callType);
    differ('metadata', expectedMetadata(task), got.metadata);
    differ('audio', task.recordings.length > 0 ? 'file-uploaded' : 'no-file-to-upload', got.audio.state);
    differ('holds', spans(want.holds), spans(got.silences.filter((one) => one.reason === 'hold')));
    return differences;
  });
}

function spans(list: readonly { startMs: number; endMs: number }[]): [number, number][] {
  return list
    .map((one): [number, number] => [one.startMs, one.endMs])
    .filter(([start, end]) => end > start)
    .sort((a, b) => a[0] - b[0]);
}

/** Plays a contact’s audio and compares what is heard, block by block, with the ground truth. */
export async function checkAudio(stack: Stack, task: TaskGroundTruth, contact: ContactSegmented): Promise<CheckResult> {
  const want = task.contacts.find((one) => one.startMs === contact.startedAtMs);
  const where = `audio of ${task.scenario} ${contact.contactId}`;
  if (!want) return { passed: 0, differences: [`${where}: no such contact in the ground truth`] };
  const { url } = await callService<{ url: string }>(
    stack,
    `${stack.url('segmenter')}/v1/contacts/${contact.contactId}/audio-links`,
    {
      method: 'POST',
    },
  );
  const answer = await fetch(url);
  if (!answer.ok) return { passed: 0, differences: [`${where}: answered ${answer.status}`] };
  const wav = Buffer.from(await answer.arrayBuffer());
  const frames = Math.round(((want.endMs - want.startMs) / 1000) * SAMPLE_RATE_HZ);
  const differences: string[] = [];
  if (Math.abs((wav.length - WAV_HEADER_BYTES) / BYTES_PER_FRAME - frames) > 1) {
    differences.push(`${where}: ${(wav.length - WAV_HEADER_BYTES) / BYTES_PER_FRAME} frames, expected ${frames} ± 1`);
  }
  differences.push(...compareBlocks(where, wav.subarray(WAV_HEADER_BYTES), { task, want }));
  return { passed: differences.length === 0 ? 1 : 0, differences };
}

function compareBlocks(where: string, pcm: Buffer, truth: { task: TaskGroundTruth; want: ExpectedContact }): string[] {
  const { task, want } = truth;
  const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
  const left = channelOf(samples, 0);
  const numbers = new Set(task.recordings.map((recording) => recording.recordingNumber));
  const differences: string[] = [];
  for (const silent of want.mustBeSilent) {
    if (want.consultations.some((one) => one.startMs < silent.endMs && silent.startMs < one.endMs)) continue;
    const from = Math.ceil(((silent.startMs - want.startMs) / 1000) * SAMPLE_RATE_HZ);
    const to = Math.floor(((silent.endMs - want.startMs) / 1000) * SAMPLE_RATE_HZ);
    const heard = left.subarray(Math.max(0, from), Math.max(0, to)).findIndex((sample) => sample !== 0);
    if (heard >= 0) {
      differences.push(`${where}: sound ${(heard / SAMPLE_RATE_HZ).toFixed(3)} s into a silence`);
    }
  }
  const markers = decodeMarkers(left);
  const audibleMs = audibleTime(task, want);
  if (markers.length * BLOCK_MS < audibleMs * LEAST_HEARD_SHARE) {
    differences.push(`${where}: ${markers.length * BLOCK_MS} ms of the call are heard, expected about ${audibleMs}`);
  }
  for (const marker of markers) {
    const atMs = (marker.sampleIndex / SAMPLE_RATE_HZ) * 1000;
    if (!numbers.has(marker.recordingNumber)) {
      differences.push(`${where}: recording ${marker.recordingNumber} is heard, which is another call’s`);
      break;
    }
    const recording = task.recordings.find((one) => one.recordingNumber === marker.recordingNumber)!;
    const heardMs = recording.startMs + marker.offsetMs;
    const expectedMs = want.startMs + atMs;
    const held = want.mustBeSilent.some((one) => expectedMs >= one.startMs && expectedMs + BLOCK_MS <= one.endMs);
    if (held && recording.callType !== 'consult') {
      differences.push(`${where}: the customer’s line is heard at ${atMs} ms, where it was on hold`);
      break;
    }
    if (Math.abs(heardMs - expectedMs) > CLOCK_TOLERANCE_MS) {
      differences.push(`${where}: at ${atMs} ms the call’s ${heardMs} is heard, expected ${expectedMs}`);
      break;
    }
  }
  return differences;
}

/** How much of the window the whole call’s recording covers outside of silences, ms. */
function audibleTime(task: TaskGroundTruth, want: ExpectedContact): number {
  const overlap = (a: { startMs: number; endMs: number }, b: { startMs: number; endMs: number }) =>
    Math.max(0, Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs));
  const whole = task.recordings.filter((one) => one.callType === 'main' && !one.segment);
  return whole.reduce((sum, recording) => {
    const silent = want.mustBeSilent.reduce((ms, one) => ms + overlap(one, recording), 0);
    return sum + overlap(recording, want) - silent;
  }, 0);
}
