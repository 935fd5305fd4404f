import { type FrameIndex, frameAtMs, frameFromMs } from '../time/media-time.ts';
import { type EditList, type EditPiece, InvalidEditList, type SilenceReason, validateEditList } from './edit-list.ts';

/** One stored recording as the policy sees it. The higher `priority` is heard where recordings overlap. */
export interface RecordingOnClock {
  recordingId: string;
  generation: number;
  /** Epoch ms of its first frame. */
  startMs: number;
  frames: number;
  sampleRateHz: number;
  channels: number;
  priority: number;
}

/** Half-open `[startMs, endMs)`; silence wins over every recording. */
export interface SilenceOnClock {
  startMs: number;
  endMs: number;
  reason: SilenceReason;
}

/** Half-open window in epoch ms; `sampleRateHz` and `channels` are those of the WAV that will be heard. */
export interface EditListInput {
  windowStartMs: number;
  windowEndMs: number;
  sampleRateHz: number;
  channels: number;
  recordings: readonly RecordingOnClock[];
  silences: readonly SilenceOnClock[];
}

/** What may sound over `[start, end)`, in frames of the contact's clock. */
type Layer =
  | { kind: 'silence'; start: FrameIndex; end: FrameIndex; reason: SilenceReason }
  | { kind: 'recording'; start: FrameIndex; end: FrameIndex; recording: RecordingOnClock };

/** Where silences overlap, the one that protects somebody gives the reason. */
const SILENCE_RANK: Record<SilenceReason, number> = { pause: 0, hold: 1, 'no-recording': 2 };

/** Newest generation first, then the earlier, then by id: the same input in any order gives the same list. */
function compareRecordings(a: RecordingOnClock, b: RecordingOnClock): number {
  return (
    b.priority - a.priority ||
    b.generation - a.generation ||
    a.startMs - b.startMs ||
    (a.recordingId < b.recordingId ? -1 : a.recordingId > b.recordingId ? 1 : 0)
  );
}

function checkInput(input: EditListInput): void {
  const problems: string[] = [];
  if (input.windowEndMs < input.windowStartMs) {
    problems.push(`windowEndMs ${input.windowEndMs} lies before windowStartMs ${input.windowStartMs}`);
  }
  for (const { recordingId, sampleRateHz, channels } of input.recordings) {
    if (sampleRateHz !== input.sampleRateHz) {
      problems.push(
        `recording ${recordingId} has ${sampleRateHz} Hz, the list ${input.sampleRateHz} Hz (nothing is resampled)`,
      );
    }
    if (channels > input.channels) {
      problems.push(
        `recording ${recordingId} has ${channels} channels, the list only ${input.channels} (nothing is mixed)`,
      );
    }
  }
  if (problems.length > 0) throw new InvalidEditList(problems);
}

/** In the order in which they win: silences, then recordings by priority. */
function layersOf(input: EditListInput, origin: FrameIndex, durationFrames: number): Layer[] {
  const rate = input.sampleRateHz;
  const silences = [...input.silences]
    .sort((a, b) => SILENCE_RANK[a.reason] - SILENCE_RANK[b.reason])
    .map(({ startMs, endMs, reason }): Layer => {
      return {
        kind: 'silence',
        start: frameAtMs(startMs, rate) - origin,
        end: frameFromMs(endMs, rate) - origin,
        reason,
      };
    });
  const recordings = [...input.recordings].sort(compareRecordings).map((recording): Layer => {
    const start = frameAtMs(recording.startMs, rate) - origin;
    return { kind: 'recording', start, end: start + recording.frames, recording };
  });
  return [...silences, ...recordings].filter(({ start, end }) => start < end && start < durationFrames && end > 0);
}

/** A mono recording is heard on every channel; one with too few channels leaves the rest silent. */
function channelMapFor(recordingChannels: number, channels: number): number[] | undefined {
  if (recordingChannels === channels) return undefined;
  return Array.from({ length: channels }, (_, i) => (recordingChannels === 1 ? 0 : i < recordingChannels ? i : -1));
}

function pieceOf(layer: Layer | undefined, atFrame: FrameIndex, frames: number, channels: number): EditPiece {
  if (layer === undefined) return { kind: 'silence', atFrame, frames, reason: 'no-recording' };
  if (layer.kind === 'silence') return { kind: 'silence', atFrame, frames, reason: layer.reason };
  const { recordingId, generation } = layer.recording;
  const channelMap = channelMapFor(layer.recording.channels, channels);
  const fromFrame = atFrame - layer.start;
  return { kind: 'recording', atFrame, frames, recordingId, generation, fromFrame, ...(channelMap && { channelMap }) };
}

/**
 * Lays recordings and silences over a contact's window (SEG-01, MED-03, MED-04). All is cut on one grid of frames (see
 * `frameAtMs`), so that touching windows hear touching frames of a recording. Where recordings overlap (whole call and
 * segment files) the higher priority is heard; silences win over all and cover every frame that they touch; what
 * nothing covers is silence `no-recording`. Pure; independent of the input's order.
 * Throws InvalidEditList for a window that ends before it starts and for recordings of another rate or more channels.
 */
export function buildEditList(input: EditListInput): EditList {
  checkInput(input);
  const { sampleRateHz, channels } = input;
  const origin = frameAtMs(input.windowStartMs, sampleRateHz);
  const durationFrames = frameAtMs(input.windowEndMs, sampleRateHz) - origin;
  const layers = layersOf(input, origin, durationFrames);
  const cuts = new Set([0, durationFrames]);
  for (const { start, end } of layers) {
    cuts.add(Math.max(0, start));
    cuts.add(Math.min(durationFrames, end));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const pieces: EditPiece[] = [];
  let heard: { layer: Layer | undefined; atFrame: FrameIndex } | undefined;
  for (const [index, cut] of sorted.entries()) {
    const isEnd = index === sorted.length - 1;
    const layer = isEnd ? undefined : layers.find(({ start, end }) => start <= cut && cut < end);
    if (heard !== undefined && !isEnd && sounds(heard.layer, layer)) continue;
    if (heard !== undefined) pieces.push(pieceOf(heard.layer, heard.atFrame, cut - heard.atFrame, channels));
    heard = { layer, atFrame: cut };
  }
  const list = { sampleRateHz, channels, durationFrames, pieces };
  validateEditList(list);
  return list;
}

/** Whether two layers make one piece: the same one, or silences for the same reason. */
function sounds(a: Layer | undefined, b: Layer | undefined): boolean {
  if (a === b) return true;
  const reasonOf = (layer: Layer | undefined) =>
    layer === undefined ? 'no-recording' : layer.kind === 'silence' ? layer.reason : undefined;
  return reasonOf(a) !== undefined && reasonOf(a) === reasonOf(b);
}
