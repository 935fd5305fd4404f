import { type HeardRole, heardRoles } from '../story/task-model.ts';

/**
 * The audio marker: every 50 ms (400 samples at 8 kHz) of a channel says which recording this is, which 50 ms of it, and
 * who is heard. Bits are four samples long, high-high-low-low or its opposite, so that the marker survives a change of
 * volume and µ-law. Any piece of at least 100 ms holds one whole block, wherever it is cut.
 */
export const SAMPLES_PER_BLOCK = 400;
export const BLOCK_MS = 50;
const SAMPLES_PER_BIT = 4;
const MARKER_AMPLITUDE = 3_000;
const SYNC = 0b1111_0101_1001_0000;
/** Width of each field in bits, in the order in which they are sent. */
const FIELDS = [
  ['recordingNumber', 24],
  ['role', 4],
  ['agentNumber', 12],
  ['blockIndex', 20],
] as const;
const SYNC_BITS = 16;
const CRC_BITS = 8;
const PAYLOAD_BITS = FIELDS.reduce((sum, [, width]) => sum + width, 0);
/** Bits before the block's index: the same throughout one role of one recording. */
const FIXED_BITS = 40;
const MARKER_BITS = SYNC_BITS + PAYLOAD_BITS + CRC_BITS;

/** What one block of one channel says. */
export interface Marker {
  recordingNumber: number;
  role: HeardRole;
  /** Number of the agent on the call, undefined where none is. */
  agentNumber: number | undefined;
  /** Time from the start of the recording to the start of this block. */
  offsetMs: number;
}

export interface DecodedMarker extends Marker {
  /** Where in the given samples the block starts. */
  sampleIndex: number;
}

export interface BlockContent {
  recordingNumber: number;
  role: HeardRole;
  agentNumber: number;
  blockIndex: number;
}

/** Both channels of one block as interleaved samples, written from `first` on. Made for speed: files are made while sent. */
export function writeStereoBlock(samples: Int16Array, first: number, left: BlockContent, right: BlockContent): void {
  const leftBlock = monoBlock(left, scratch[0]!);
  const rightBlock = monoBlock(right, scratch[1]!);
  let at = first;
  for (let n = 0; n < SAMPLES_PER_BLOCK; n++) {
    samples[at] = leftBlock[n]!;
    samples[at + 1] = rightBlock[n]!;
    at += 2;
  }
}

interface Scratch {
  samples: Int16Array;
  /** Which recording, role and agent the samples stand for, so that only the place in time has to be written anew. */
  key: string;
}
const scratch: [Scratch, Scratch] = [emptyScratch(), emptyScratch()];

function emptyScratch(): Scratch {
  return { samples: new Int16Array(SAMPLES_PER_BLOCK), key: '' };
}

function monoBlock(content: BlockContent, into: Scratch): Int16Array {
  const key = `${content.recordingNumber} ${content.role} ${content.agentNumber}`;
  const bits = markerBits(content);
  const firstBit = into.key === key ? SYNC_BITS + FIXED_BITS : 0;
  if (into.key !== key) into.samples.set(tones[content.role]);
  into.key = key;
  let at = firstBit * SAMPLES_PER_BIT;
  for (let bit = firstBit; bit < MARKER_BITS; bit++) {
    const level = bits[bit] === 1 ? MARKER_AMPLITUDE : -MARKER_AMPLITUDE;
    into.samples[at] = level;
    into.samples[at + 1] = level;
    into.samples[at + 2] = -level;
    into.samples[at + 3] = -level;
    at += SAMPLES_PER_BIT;
  }
  return into.samples;
}

/**
 * Finds the first whole block in samples of ONE channel (8 kHz, PCM16, at least 100 ms), wherever they were cut.
 * Gives undefined where there is none: silence, other audio, or a block that was cut or overwritten in part.
 */
export function decodeMarker(samples: Int16Array): DecodedMarker | undefined {
  for (let start = 0; start + MARKER_BITS * SAMPLES_PER_BIT <= samples.length; start++) {
    const marker = decodeAt(samples, start);
    if (marker !== undefined) return marker;
  }
  return undefined;
}

/** All whole blocks in samples of one channel, in order. */
export function decodeMarkers(samples: Int16Array): DecodedMarker[] {
  const found: DecodedMarker[] = [];
  for (let start = 0; start + MARKER_BITS * SAMPLES_PER_BIT <= samples.length; ) {
    const marker = decodeAt(samples, start);
    if (marker === undefined) {
      start += 1;
    } else {
      found.push(marker);
      start += SAMPLES_PER_BLOCK;
    }
  }
  return found;
}

/** One channel out of interleaved samples. */
export function channelOf(interleaved: Int16Array, channel: number, channels = 2): Int16Array {
  const one = new Int16Array(Math.floor(interleaved.length / channels));
  for (let n = 0; n < one.length; n++) one[n] = interleaved[n * channels + channel]!;
  return one;
}

function decodeAt(samples: Int16Array, start: number): DecodedMarker | undefined {
  for (let bit = 0; bit < SYNC_BITS; bit++) {
    if (bitAt(samples, start, bit) !== ((SYNC >> (SYNC_BITS - 1 - bit)) & 1)) return undefined;
  }
  let crc = 0;
  let bit = SYNC_BITS;
  const values: number[] = [];
  for (const [, width] of FIELDS) {
    let value = 0;
    for (let n = 0; n < width; n++, bit++) {
      const read = bitAt(samples, start, bit);
      if (read === undefined) return undefined;
      value = value * 2 + read;
      crc = nextCrc(crc, read);
    }
    values.push(value);
  }
  for (let n = 0; n < CRC_BITS; n++, bit++) {
    if (bitAt(samples, start, bit) !== ((crc >> (CRC_BITS - 1 - n)) & 1)) return undefined;
  }
  const [recordingNumber, role, agentNumber, blockIndex] = values as [number, number, number, number];
  return {
    recordingNumber,
    role: heardRoles[role] ?? 'silence',
    agentNumber: agentNumber === 4095 ? undefined : agentNumber,
    offsetMs: blockIndex * BLOCK_MS,
    sampleIndex: start,
  };
}

/** A bit counts only if all four samples carry it, so that audio silenced in part is not taken for a marker. */
function bitAt(samples: Int16Array, start: number, bit: number): 0 | 1 | undefined {
  const at = start + bit * SAMPLES_PER_BIT;
  const a = samples[at]!;
  const b = samples[at + 1]!;
  const c = samples[at + 2]!;
  const d = samples[at + 3]!;
  if (a > 0 && b > 0 && c < 0 && d < 0) return 1;
  if (a < 0 && b < 0 && c > 0 && d > 0) return 0;
  return undefined;
}

function markerBits(content: BlockContent): Uint8Array {
  const bits = new Uint8Array(MARKER_BITS);
  let at = 0;
  for (let n = SYNC_BITS - 1; n >= 0; n--) bits[at++] = (SYNC >> n) & 1;
  let crc = 0;
  const values = [content.recordingNumber, heardRoles.indexOf(content.role), content.agentNumber, content.blockIndex];
  for (const [index, [, width]] of FIELDS.entries()) {
    for (let n = width - 1; n >= 0; n--) {
      const bit = (values[index]! >>> n) & 1;
      bits[at++] = bit;
      crc = nextCrc(crc, bit);
    }
  }
  for (let n = CRC_BITS - 1; n >= 0; n--) bits[at++] = (crc >> n) & 1;
  return bits;
}

/** CRC-8 with polynomial 0x07, one bit at a time. */
function nextCrc(crc: number, bit: number): number {
  const carry = ((crc >> 7) & 1) ^ bit;
  return ((crc << 1) & 0xff) ^ (carry === 1 ? 0x07 : 0);
}

/** The rest of a block is a tone, so that a person hears who it is: caller low, agent higher, music a third one. */
const tones: Record<HeardRole, Int16Array> = {
  silence: new Int16Array(SAMPLES_PER_BLOCK),
  caller: tone(440),
  agent: tone(660),
  'hold-music': tone(880),
  ringback: tone(240),
};

function tone(hertz: number): Int16Array {
  return Int16Array.from({ length: SAMPLES_PER_BLOCK }, (_, n) =>
    Math.round(4_000 * Math.sin((2 * Math.PI * hertz * n) / 8_000)),
  );
}
