import { Readable } from 'node:stream';
import type { WavEncoding } from '../wav/wav-format.ts';
import { writeWavHeader } from '../wav/wav-writer.ts';
import { type EditList, type EditPiece, type RecordingPiece, validateEditList } from './edit-list.ts';
import { isPassThrough, toS16Frames } from './sample-conversion.ts';

/** A stored recording, decrypted: `read` gives the plaintext bytes `[startByte, endByte)` of the file as it was stored. */
export interface RecordingSource {
  format: {
    encoding: WavEncoding;
    sampleRateHz: number;
    channels: number;
    dataOffsetBytes: number;
    bytesPerFrame: number;
  };
  read(startByte: number, endByte: number): Promise<Buffer>;
  /** The same in pieces of any size, where the source can read ahead (`DecryptingReader.parts`); else `read` is used. */
  parts?(startByte: number, endByte: number): AsyncIterable<Buffer>;
  /** Called once when the rendering has ended, however it ended. */
  close?(): Promise<void>;
}

/** Gives the source of one generation of a recording; called at most once per rendering for each. */
export type OpenSource = (recordingId: string, generation: number) => Promise<RecordingSource>;

/** A recording does not fit what the edit list says of it: another format, or shorter than its pieces. */
export class RecordingMismatch extends Error {
  override readonly name = 'RecordingMismatch';
  readonly recordingId: string;
  readonly generation: number;

  constructor(recordingId: string, generation: number, what: string) {
    super(
      `Recording ${recordingId} (generation ${generation}) ${what}. Build the edit list again from the stored recording.`,
    );
    this.recordingId = recordingId;
    this.generation = generation;
  }
}

const BYTES_PER_SAMPLE = 2;
/** Small at first, so that the first byte is soon there; then large, so that each read is worth its trip. */
const FIRST_STEP_BYTES = 128 * 1024;
const STEP_BYTES = 512 * 1024;
/** Below a part's size: one part waits at a time. More would be joined into one buffer, a copy for nothing. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** A half-open span of the rendered audio, counted from its first sample. */
interface Span {
  start: number;
  end: number;
}

function dataSizeBytes(list: EditList): number {
  return list.durationFrames * list.channels * BYTES_PER_SAMPLE;
}

function headerOf(list: EditList): Buffer {
  const { sampleRateHz, channels } = list;
  return writeWavHeader({ encoding: 'pcm-s16le', sampleRateHz, channels, dataBytes: dataSizeBytes(list) });
}

/** The whole rendered file's size in bytes, header included. */
export function renderedWavSizeBytes(list: EditList): number {
  return headerOf(list).length + dataSizeBytes(list);
}

/** The first piece that ends behind a frame. */
function firstPieceAfter(pieces: readonly EditPiece[], frame: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle] as EditPiece;
    if (piece.atFrame + piece.frames > frame) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Cuts a span into what is read, or made, in one go. */
function* stepsOf(span: Span): Generator<Span> {
  for (let start = span.start, size = FIRST_STEP_BYTES; start < span.end; start += size, size = STEP_BYTES) {
    yield { start, end: Math.min(span.end, start + size) };
  }
}

/** All silence is this one buffer. */
const SILENCE = Buffer.alloc(STEP_BYTES);

function* renderSilence(span: Span): Generator<Buffer> {
  for (const { start, end } of stepsOf(span)) yield SILENCE.subarray(0, end - start);
}

/** Passes parts on and fails where there are not exactly as many bytes as wanted. */
async function* exactly(parts: AsyncIterable<Buffer>, piece: RecordingPiece, wanted: number): AsyncGenerator<Buffer> {
  let came = 0;
  for await (const part of parts) {
    came += part.length;
    if (came > wanted) break;
    yield part;
  }
  if (came !== wanted) {
    throw new RecordingMismatch(
      piece.recordingId,
      piece.generation,
      `gave ${came} bytes where ${wanted} were asked for`,
    );
  }
}

class Renderer {
  readonly #list: EditList;
  readonly #openSource: OpenSource;
  readonly #frameBytes: number;
  readonly #sources = new Map<string, Promise<RecordingSource>>();

  constructor(list: EditList, openSource: OpenSource) {
    this.#list = list;
    this.#openSource = openSource;
    this.#frameBytes = list.channels * BYTES_PER_SAMPLE;
  }

  async *render(startByte: number, endByte: number): AsyncGenerator<Buffer> {
    try {
      const header = headerOf(this.#list);
      if (startByte < header.length && endByte > startByte) yield header.subarray(startByte, endByte);
      let at = Math.max(0, startByte - header.length);
      const end = endByte - header.length;
      let index = firstPieceAfter(this.#list.pieces, Math.floor(at / this.#frameBytes));
      while (at < end) {
        const piece = this.#list.pieces[index++] as EditPiece;
        const span = { start: at, end: Math.min(end, (piece.atFrame + piece.frames) * this.#frameBytes) };
        yield* piece.kind === 'silence' ? renderSilence(span) : this.#renderRecording(piece, span);
        at = span.end;
      }
    } finally {
      await this.#closeSources();
    }
  }

  async *#renderRecording(piece: RecordingPiece, span: Span): AsyncGenerator<Buffer> {
    const source = await this.#sourceOf(piece);
    const { format } = source;
    if (source.parts !== undefined && isPassThrough(format, this.#list.channels, piece.channelMap)) {
      const shift = this.#passThroughShift(piece, source);
      yield* exactly(source.parts(span.start + shift, span.end + shift), piece, span.end - span.start);
      return;
    }
    for (const step of stepsOf(span)) yield await this.#renderStep(source, piece, step);
  }

  /** From a byte of the rendered audio to the byte of the recording's file that it is. */
  #passThroughShift(piece: RecordingPiece, { format }: RecordingSource): number {
    return format.dataOffsetBytes + piece.fromFrame * format.bytesPerFrame - piece.atFrame * this.#frameBytes;
  }

  async #renderStep(source: RecordingSource, piece: RecordingPiece, span: Span): Promise<Buffer> {
    const { format } = source;
    if (isPassThrough(format, this.#list.channels, piece.channelMap)) {
      const shift = this.#passThroughShift(piece, source);
      return this.#readExactly(source, piece, span.start + shift, span.end + shift);
    }
    const pieceStart = piece.atFrame * this.#frameBytes;
    const firstFrame = Math.floor((span.start - pieceStart) / this.#frameBytes);
    const endFrame = Math.ceil((span.end - pieceStart) / this.#frameBytes);
    const byteOf = (frame: number) => format.dataOffsetBytes + (piece.fromFrame + frame) * format.bytesPerFrame;
    const bytes = await this.#readExactly(source, piece, byteOf(firstFrame), byteOf(endFrame));
    const channelMap = piece.channelMap ?? Array.from({ length: this.#list.channels }, (_, channel) => channel);
    const rendered = toS16Frames(bytes, format, channelMap);
    const skipped = span.start - pieceStart - firstFrame * this.#frameBytes;
    return rendered.subarray(skipped, skipped + span.end - span.start);
  }

  async #readExactly(source: RecordingSource, piece: RecordingPiece, start: number, end: number): Promise<Buffer> {
    const bytes = await source.read(start, end);
    if (bytes.length === end - start) return bytes;
    const what = `gave ${bytes.length} of the ${end - start} bytes from byte ${start} on`;
    throw new RecordingMismatch(piece.recordingId, piece.generation, what);
  }

  #sourceOf(piece: RecordingPiece): Promise<RecordingSource> {
    const key = `${piece.generation}/${piece.recordingId}`;
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = this.#open(piece);
      this.#sources.set(key, source);
    }
    return source;
  }

  async #open(piece: RecordingPiece): Promise<RecordingSource> {
    const source = await this.#openSource(piece.recordingId, piece.generation);
    if (source.format.sampleRateHz === this.#list.sampleRateHz) return source;
    await source.close?.();
    const what = `has ${source.format.sampleRateHz} Hz, the edit list ${this.#list.sampleRateHz} Hz`;
    throw new RecordingMismatch(piece.recordingId, piece.generation, what);
  }

  async #closeSources(): Promise<void> {
    const opened = await Promise.allSettled(this.#sources.values());
    await Promise.allSettled(
      opened.map((source) => (source.status === 'fulfilled' ? source.value.close?.() : undefined)),
    );
  }
}

/** Bytes `[startByte, endByte)` of the rendered file, its header counted. */
export interface RenderedRange {
  startByte: number;
  endByte: number;
}

/**
 * Renders an edit list as WAV (PCM 16 bit, little-endian; SEG-10): silence is true zero, a byte range is the slice of
 * the whole. Parts of some hundred KiB, made as they are asked for; 16-bit recordings pass through untouched. A part is
 * for reading only and may be given back once it is used (`giveBack`). Throws InvalidEditList and RangeError at once;
 * the parts fail with RecordingMismatch or with what `openSource` and the sources throw.
 */
export function renderWavParts(
  list: EditList,
  openSource: OpenSource,
  range: RenderedRange = { startByte: 0, endByte: renderedWavSizeBytes(list) },
): AsyncGenerator<Buffer, void> {
  validateEditList(list);
  const { startByte, endByte } = range;
  const size = renderedWavSizeBytes(list);
  if (
    !(Number.isSafeInteger(startByte) && Number.isSafeInteger(endByte)) ||
    startByte < 0 ||
    endByte < startByte ||
    endByte > size
  ) {
    throw new RangeError(`Bytes ${startByte} to ${endByte} are not within the ${size} of this rendering.`);
  }
  return new Renderer(list, openSource).render(startByte, endByte);
}

/** `renderWavParts` as a stream, which reads as it is read from. */
export function renderWav(list: EditList, openSource: OpenSource, range?: RenderedRange): Readable {
  const parts = renderWavParts(list, openSource, range);
  return Readable.from(parts, { objectMode: false, highWaterMark: HIGH_WATER_MARK_BYTES });
}
