import type { ContactSegmented } from '@wxcc-wfo/contracts';
import {
  BLOCK_MS,
  channelOf,
  type DecodedMarker,
  decodeMarkers,
  type ExpectedContact,
  type TaskGroundTruth,
} from '@wxcc-wfo/simulator';
import type { Stack } from '../stack/start-stack.ts';
import type { CheckResult } from './check-contacts.ts';
import { callService } from './connect-acd.ts';

const WAV_HEADER_BYTES = 44;
const CLOCK_TOLERANCE_MS = 1;
const SAMPLE_RATE_HZ = 8000;
const BYTES_PER_FRAME = 4;
/** Blocks that an edge of a piece cuts are not decoded. */
const LEAST_HEARD_SHARE = 0.8;
/** Who is on which channel. */
const SIDES = ['caller', 'agent'] as const;

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
  const pcm = wav.subarray(WAV_HEADER_BYTES);
  const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
  for (const [channel, side] of SIDES.entries()) {
    differences.push(
      ...compareChannel(`${where}, ${side}’s channel`, channelOf(samples, channel), { task, want, side }),
    );
  }
  return { passed: differences.length === 0 ? 1 : 0, differences };
}

interface Truth {
  task: TaskGroundTruth;
  want: ExpectedContact;
  side: (typeof SIDES)[number];
}

/** What one channel of a contact’s audio plays, compared with who was heard when. */
export function compareChannel(where: string, samples: Int16Array, truth: Truth): string[] {
  const { task, want } = truth;
  const differences = soundInSilences(where, samples, want);
  const markers = decodeMarkers(samples);
  const audibleMs = audibleTime(task, want);
  if (markers.length * BLOCK_MS < audibleMs * LEAST_HEARD_SHARE) {
    differences.push(`${where}: ${markers.length * BLOCK_MS} ms of the call are heard, expected about ${audibleMs}`);
  }
  for (const marker of markers) {
    const difference = differenceOf(marker, truth);
    if (difference === undefined) continue;
    differences.push(`${where}: ${difference}`);
    break; // the blocks that follow say the same
  }
  return differences;
}

function soundInSilences(where: string, samples: Int16Array, want: ExpectedContact): string[] {
  return want.mustBeSilent.flatMap((silent) => {
    if (want.consultations.some((one) => one.startMs < silent.endMs && silent.startMs < one.endMs)) return [];
    const from = Math.ceil(((silent.startMs - want.startMs) / 1000) * SAMPLE_RATE_HZ);
    const to = Math.floor(((silent.endMs - want.startMs) / 1000) * SAMPLE_RATE_HZ);
    const heard = samples.subarray(Math.max(0, from), Math.max(0, to)).findIndex((sample) => sample !== 0);
    return heard < 0 ? [] : [`${where}: sound ${(heard / SAMPLE_RATE_HZ).toFixed(3)} s into a silence`];
  });
}

function differenceOf(marker: DecodedMarker, { task, want, side }: Truth): string | undefined {
  const atMs = (marker.sampleIndex / SAMPLE_RATE_HZ) * 1000;
  const recording = task.recordings.find((one) => one.recordingNumber === marker.recordingNumber);
  if (!recording) return `recording ${marker.recordingNumber} is heard, which is another call’s`;
  const heardMs = recording.startMs + marker.offsetMs;
  const expectedMs = want.startMs + atMs;
  const held = want.mustBeSilent.some((one) => expectedMs >= one.startMs && expectedMs + BLOCK_MS <= one.endMs);
  if (held && recording.callType !== 'consult')
    return `the customer’s line is heard at ${atMs} ms, where it was on hold`;
  if (Math.abs(heardMs - expectedMs) > CLOCK_TOLERANCE_MS) {
    return `at ${atMs} ms the call’s ${heardMs} is heard, expected ${expectedMs}`;
  }
  if (recording.callType === 'consult') return undefined; // agents on both sides
  const { role, agentNumber } = marker;
  if (role !== side && (role === 'caller' || role === 'agent')) return `the ${role} is heard at ${atMs} ms`;
  if (role === 'agent' && agentNumber !== want.agentNumber) {
    return `agent ${agentNumber} is heard at ${atMs} ms, expected agent ${want.agentNumber}`;
  }
  return undefined;
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
