import { InvalidWav } from './wav-error.ts';
import { parseWavFormat, type WavFormat } from './wav-format.ts';

/** Where the audio is, decided when the whole file has passed. */
export interface DataExtent {
  offsetBytes: number;
  bytes: number;
  missingBytes: number;
  declaredBytes: number | undefined;
  sizeFrom: 'header' | 'length';
}

/** Walks RIFF chunks over bytes that come in any pieces; holds at most one small chunk. */
export interface ChunkWalker {
  push(chunk: Uint8Array): void;
  end(): DataExtent;
  readonly format: WavFormat | undefined;
  readonly totalBytes: number;
}

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** `fmt ` and `ds64` are tens of bytes; beyond this we would only be holding somebody's garbage. */
const MAX_HELD_BYTES = 4096;
const SIZE_IN_DS64 = 0xffffffff;
/** Chunks that writers put behind the audio; one of these, cut short, still proves that the audio's size was true. */
const KNOWN_TRAILERS = new Set([
  'LIST',
  'fact',
  'cue ',
  'bext',
  'iXML',
  'id3 ',
  'ID3 ',
  'JUNK',
  'PEAK',
  'smpl',
  '_PMX',
]);
const AGAIN = 'Download the recording again; an error page in place of the file looks like this too.';

/** Sizes that writers of endless streams put in: none, all ones, or just below 2 GiB and 4 GiB (sox, arecord, ffmpeg). */
function leavesSizeOpen(size: number): boolean {
  return size === 0 || (size >= 0x7ffff000 && size <= 0x80000000) || size >= 0xfffff000;
}

function isChunkId(bytes: Buffer, offset: number): boolean {
  for (let i = offset; i < offset + 4; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

/** What the walker is waiting for: so many bytes to hold and look at, so many to pass over, or everything else. */
type HeldStep =
  | { kind: 'riff' | 'chunk' | 'trailer'; bytes: number }
  | { kind: 'format' | 'ds64'; bytes: number; size: number };
type PassedStep = { kind: 'skip' | 'data' | 'skip-trailer'; bytes: number };
type Step = HeldStep | PassedStep | { kind: 'rest' };

function isPassed(step: HeldStep | PassedStep): step is PassedStep {
  return step.kind === 'skip' || step.kind === 'data' || step.kind === 'skip-trailer';
}

class Walker implements ChunkWalker {
  format: WavFormat | undefined;
  totalBytes = 0;
  #held: Buffer = Buffer.alloc(0);
  #step: Step = { kind: 'riff', bytes: RIFF_HEADER_BYTES };
  #isRf64 = false;
  #ds64DataBytes: number | undefined;
  #dataOffset: number | undefined;
  #declared = 0;
  #isOpen = false;
  #trailerChunks = 0;
  #lastTrailerIsKnown = false;

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      const step = this.#step;
      if (step.kind === 'rest') {
        at = this.#pass(at, bytes.length - at);
      } else if (isPassed(step)) {
        const passed = Math.min(step.bytes, bytes.length - at);
        at = this.#pass(at, passed);
        step.bytes -= passed;
        if (step.bytes === 0) this.#step = this.#nextChunk(step.kind !== 'skip');
      } else {
        const taken = Math.min(step.bytes - this.#held.length, bytes.length - at);
        this.#held = Buffer.concat([this.#held, bytes.subarray(at, at + taken)]);
        at = this.#pass(at, taken);
        if (this.#held.length === step.bytes) {
          const held = this.#held;
          this.#held = Buffer.alloc(0);
          this.#step = this.#take(step, held);
        }
      }
    }
  }

  #pass(at: number, count: number): number {
    this.totalBytes += count;
    return at + count;
  }

  #nextChunk(afterData: boolean): Step {
    return { kind: afterData ? 'trailer' : 'chunk', bytes: CHUNK_HEADER_BYTES };
  }

  #take(step: HeldStep, held: Buffer): Step {
    switch (step.kind) {
      case 'riff':
        return this.#takeRiff(held);
      case 'chunk':
        return this.#takeChunkHeader(held);
      case 'trailer':
        return this.#takeTrailerHeader(held);
      case 'format':
        this.format = parseWavFormat(held.subarray(0, step.size), this.totalBytes - held.length);
        return this.#nextChunk(false);
      case 'ds64':
        if (step.size >= 16) this.#ds64DataBytes = Number(held.readBigUInt64LE(8));
        return this.#nextChunk(false);
    }
  }

  #takeRiff(held: Buffer): Step {
    const id = held.toString('latin1', 0, 4);
    if (id !== 'RIFF' && id !== 'RF64' && id !== 'BW64') {
      throw new InvalidWav('not-riff', 0, 'The file does not begin with RIFF or RF64', AGAIN);
    }
    if (held.toString('latin1', 8, 12) !== 'WAVE') {
      throw new InvalidWav('not-wave', 8, 'The RIFF file holds something other than WAVE', AGAIN);
    }
    this.#isRf64 = id !== 'RIFF';
    return this.#nextChunk(false);
  }

  #takeChunkHeader(held: Buffer): Step {
    const id = held.toString('latin1', 0, 4);
    const size = held.readUInt32LE(4);
    if (id === 'data') return this.#beginData(size);
    const padded = size + (size % 2);
    if (id === 'fmt ' || (id === 'ds64' && this.#isRf64)) {
      if (size > MAX_HELD_BYTES) {
        const what = `The ${id.trim()} chunk claims ${size} bytes`;
        throw new InvalidWav('format-malformed', this.totalBytes - CHUNK_HEADER_BYTES, what, AGAIN);
      }
      if (padded > 0) return { kind: id === 'fmt ' ? 'format' : 'ds64', bytes: padded, size };
    }
    return padded === 0 ? this.#nextChunk(false) : { kind: 'skip', bytes: padded };
  }

  #beginData(size: number): Step {
    if (this.format === undefined) {
      const what = 'The audio begins before any format chunk';
      throw new InvalidWav('format-missing', this.totalBytes - CHUNK_HEADER_BYTES, what, AGAIN);
    }
    this.#dataOffset = this.totalBytes;
    const fromDs64 = this.#isRf64 && size === SIZE_IN_DS64 ? this.#ds64DataBytes : undefined;
    this.#declared = fromDs64 ?? size;
    this.#isOpen = fromDs64 === undefined ? leavesSizeOpen(size) : fromDs64 === 0;
    if (this.#declared === 0) return this.#nextChunk(true);
    return { kind: 'data', bytes: this.#declared + (this.#declared % 2) };
  }

  /** After the audio only chunks may follow; what is none shows that the audio's size was a lie. */
  #takeTrailerHeader(held: Buffer): Step {
    if (!isChunkId(held, 0)) return { kind: 'rest' };
    this.#trailerChunks++;
    this.#lastTrailerIsKnown = KNOWN_TRAILERS.has(held.toString('latin1', 0, 4));
    const size = held.readUInt32LE(4);
    const padded = size + (size % 2);
    return padded === 0 ? this.#nextChunk(true) : { kind: 'skip-trailer', bytes: padded };
  }

  end(): DataExtent {
    const offsetBytes = this.#dataOffset;
    if (offsetBytes === undefined) throw this.#endedTooSoon();
    const came = this.totalBytes - offsetBytes;
    const declaredBytes = this.#isOpen ? undefined : this.#declared;
    const fromLength = { offsetBytes, bytes: came, missingBytes: 0, declaredBytes, sizeFrom: 'length' as const };
    if (this.#declared > came) {
      return { ...fromLength, missingBytes: this.#isOpen ? 0 : this.#declared - came };
    }
    const fromHeader = {
      ...fromLength,
      bytes: this.#declared,
      declaredBytes: this.#declared,
      sizeFrom: 'header' as const,
    };
    if (came === this.#declared || this.#trailerIsSound()) return fromHeader;
    if (this.#step.kind === 'skip-trailer' && this.#lastTrailerIsKnown) {
      return { ...fromHeader, missingBytes: this.#step.bytes };
    }
    return fromLength;
  }

  /** Sound: whole chunks to the very end, or fewer bytes than a chunk's header (a pad byte, a line break). */
  #trailerIsSound(): boolean {
    const step = this.#step;
    if (step.kind === 'data') return true;
    if (step.kind !== 'trailer') return step.kind === 'skip-trailer' && step.bytes <= 1;
    return this.#declared > 0 || (this.#trailerChunks > 0 && this.#held.length === 0);
  }

  #endedTooSoon(): InvalidWav {
    if (this.totalBytes === 0) return new InvalidWav('empty', 0, 'The file is empty', AGAIN);
    if (this.#step.kind === 'riff') {
      return new InvalidWav(
        'not-riff',
        0,
        `The file ends after ${this.totalBytes} bytes, within its RIFF header`,
        AGAIN,
      );
    }
    const code = this.format === undefined ? 'format-missing' : 'data-missing';
    const what = `The file ends before its ${this.format === undefined ? 'format' : 'data'} chunk`;
    return new InvalidWav(code, this.totalBytes, what, AGAIN);
  }
}

/** Makes a walker for one file; it throws InvalidWav as early as the bytes allow. */
export function createChunkWalker(): ChunkWalker {
  return new Walker();
}
