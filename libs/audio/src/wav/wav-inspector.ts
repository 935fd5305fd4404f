import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { createChunkWalker } from './chunk-walker.ts';
import { InvalidWav } from './wav-error.ts';
import type { WavFormat } from './wav-format.ts';

/** What an inspected file is. All sizes in bytes; `frames` are samples of every channel. */
export interface WavInspection extends WavFormat {
  /** Where the first sample is. */
  dataOffsetBytes: number;
  /** Whole frames only; `strayBytes` (below one frame) follow them. */
  dataBytes: number;
  strayBytes: number;
  frames: number;
  totalBytes: number;
  /** Lower-case hex, of every byte of the file. */
  sha256: string;
  /** `length`: the header's size was open (0, 0xFFFFFFFF, …) or did not fit, so that the file's length decided. */
  sizeFrom: 'header' | 'length';
  /** What the header says, undefined where it leaves the size open. */
  declaredDataBytes: number | undefined;
  /** More was promised than came: never to be stored as good (MED-05). */
  truncated: boolean;
  /** Why `truncated`, in words. */
  truncation: string | undefined;
}

/** `expectedBytes`: the Content-Length, where the answer had one. */
export interface WavInspectorOptions {
  expectedBytes?: number;
}

/** Fed with a file's bytes in any pieces; keeps none of them. */
export interface WavInspector {
  /** Throws InvalidWav as soon as the bytes can't be a WAV any more. */
  push(chunk: Uint8Array): void;
  /** The format, once its chunk has passed. */
  readonly format: WavFormat | undefined;
  /** Says what came. Throws InvalidWav if the file ended before its audio began. */
  end(): WavInspection;
}

function truncationOf(missingBytes: number, totalBytes: number, expectedBytes: number | undefined): string | undefined {
  if (expectedBytes !== undefined && expectedBytes !== totalBytes) {
    return `${totalBytes} bytes came where ${expectedBytes} were announced`;
  }
  return missingBytes > 0 ? `the file's header promises ${missingBytes} bytes more than came` : undefined;
}

/**
 * Checks a RIFF/WAVE file while it streams past (MED-05): structure, format, length and SHA-256, in constant memory.
 * A size in the header is believed if it fits what came; an open or impossible one gives way to the file's length.
 */
export function createWavInspector(options: WavInspectorOptions = {}): WavInspector {
  const hash = createHash('sha256');
  const walker = createChunkWalker();
  return {
    push(chunk) {
      hash.update(chunk);
      walker.push(chunk);
    },
    get format() {
      return walker.format;
    },
    end() {
      const { totalBytes } = walker;
      const data = walker.end();
      const format = walker.format;
      if (format === undefined) {
        throw new InvalidWav(
          'format-missing',
          totalBytes,
          'The file has no format chunk',
          'Download the recording again.',
        );
      }
      const frames = Math.floor(data.bytes / format.bytesPerFrame);
      const dataBytes = frames * format.bytesPerFrame;
      const truncation = truncationOf(data.missingBytes, totalBytes, options.expectedBytes);
      return {
        ...format,
        dataOffsetBytes: data.offsetBytes,
        dataBytes,
        strayBytes: data.bytes - dataBytes,
        frames,
        totalBytes,
        sha256: hash.digest('hex'),
        sizeFrom: data.sizeFrom,
        declaredDataBytes: data.declaredBytes,
        truncated: truncation !== undefined,
        truncation,
      };
    },
  };
}

/**
 * The inspector as a pass-through stream: bytes go on unchanged; the stream fails with InvalidWav where the inspector
 * would throw. `inspection()` gives the result once the stream has ended, and throws before.
 */
export function createWavInspectionStream(options: WavInspectorOptions = {}): {
  stream: Transform;
  inspection(): WavInspection;
} {
  const inspector = createWavInspector(options);
  let result: WavInspection | undefined;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        inspector.push(chunk);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done: TransformCallback) {
      try {
        result = inspector.end();
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  return {
    stream,
    inspection() {
      if (result === undefined) throw new Error('The WAV is not inspected yet: wait until its stream has ended.');
      return result;
    },
  };
}
