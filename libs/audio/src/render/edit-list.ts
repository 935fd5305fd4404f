import type { FrameIndex } from '../time/media-time.ts';

/** Why nothing is heard: the customer was on hold, recording was paused for privacy, or no recording covers the time. */
export type SilenceReason = 'hold' | 'pause' | 'no-recording';

/**
 * `frames` of a recording from its frame `fromFrame` on, heard from `atFrame` of the contact's clock. `channelMap[i]` is
 * the recording's channel heard on output channel i, −1 for none; left out, the channels are the same.
 */
export interface RecordingPiece {
  kind: 'recording';
  atFrame: FrameIndex;
  frames: number;
  recordingId: string;
  generation: number;
  fromFrame: FrameIndex;
  channelMap?: number[];
}

/** `frames` of zeros on every channel. */
export interface SilencePiece {
  kind: 'silence';
  atFrame: FrameIndex;
  frames: number;
  reason: SilenceReason;
}

export type EditPiece = RecordingPiece | SilencePiece;

/**
 * Which frames of which recording sound when, on the contact's own clock. Pieces are sorted and tile
 * `[0, durationFrames)` exactly. Plain data: it may be stored and sent as JSON.
 */
export interface EditList {
  sampleRateHz: number;
  channels: number;
  durationFrames: number;
  pieces: EditPiece[];
}

/** An edit list can't be made or rendered; `problems` has every reason, each naming its field. */
export class InvalidEditList extends Error {
  override readonly name = 'InvalidEditList';
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`The edit list can't be played: ${problems.join('; ')}. Build it again from the contact's recordings.`);
    this.problems = problems;
  }
}

const MAX_PROBLEMS = 20;

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function pieceProblems(piece: EditPiece, place: string, channels: number): string[] {
  const problems: string[] = [];
  if (!isCount(piece.frames, 1)) problems.push(`${place}.frames is ${piece.frames}, not a whole number above 0`);
  if (piece.kind === 'silence') return problems;
  if (piece.recordingId === '') problems.push(`${place}.recordingId is empty`);
  if (!isCount(piece.generation, 0))
    problems.push(`${place}.generation is ${piece.generation}, not a whole number from 0`);
  if (!isCount(piece.fromFrame, 0))
    problems.push(`${place}.fromFrame is ${piece.fromFrame}, not a whole number from 0`);
  const map = piece.channelMap;
  if (map !== undefined && (map.length !== channels || !map.every((channel) => isCount(channel, -1)))) {
    problems.push(`${place}.channelMap is [${map}], not ${channels} channel numbers or −1`);
  }
  return problems;
}

/** Throws InvalidEditList unless the pieces tile `[0, durationFrames)` in order and every number makes sense. */
export function validateEditList(list: EditList): void {
  const problems: string[] = [];
  if (!isCount(list.sampleRateHz, 1)) problems.push(`sampleRateHz is ${list.sampleRateHz}, not a whole number above 0`);
  if (!isCount(list.channels, 1) || list.channels > 64) problems.push(`channels is ${list.channels}, not 1 to 64`);
  if (!isCount(list.durationFrames, 0))
    problems.push(`durationFrames is ${list.durationFrames}, not a whole number from 0`);
  let nextFrame = 0;
  for (const [index, piece] of list.pieces.entries()) {
    const place = `pieces[${index}]`;
    problems.push(...pieceProblems(piece, place, list.channels));
    if (piece.atFrame !== nextFrame) problems.push(`${place}.atFrame is ${piece.atFrame} where ${nextFrame} is next`);
    nextFrame = piece.atFrame + piece.frames;
    if (problems.length >= MAX_PROBLEMS) break;
  }
  if (problems.length === 0 && nextFrame !== list.durationFrames) {
    problems.push(`the pieces end at frame ${nextFrame}, durationFrames is ${list.durationFrames}`);
  }
  if (problems.length > 0) throw new InvalidEditList(problems);
}
