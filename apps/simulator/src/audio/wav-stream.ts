import type { HeardSpan, RecordingModel } from '../story/task-model.ts';
import { BLOCK_MS, SAMPLES_PER_BLOCK, writeStereoBlock } from './marker.ts';

const HEADER_BYTES = 44;
const SAMPLES_PER_MS = 8;
const CHANNELS = 2;
const BYTES_PER_FRAME = CHANNELS * 2;
const BYTES_PER_BLOCK = SAMPLES_PER_BLOCK * BYTES_PER_FRAME;
const BLOCKS_PER_CHUNK = 40;

type Recorded = Pick<RecordingModel, 'number' | 'startMs' | 'stopMs' | 'spans'>;

/** Exact size of a recording's WAV file: 44 bytes of header and 32 bytes a millisecond. */
export function wavBytes(recording: Pick<RecordingModel, 'startMs' | 'stopMs'>): number {
  return HEADER_BYTES + (recording.stopMs - recording.startMs) * SAMPLES_PER_MS * BYTES_PER_FRAME;
}

/** The bytes [start, end) of a recording's WAV file, made as they are asked for, 64 kB at a time. */
export function* wavChunks(recording: Recorded, start: number, end: number): Generator<Buffer> {
  let at = start;
  if (at < HEADER_BYTES) {
    const header = wavHeader(wavBytes(recording) - HEADER_BYTES);
    yield header.subarray(at, Math.min(end, HEADER_BYTES));
    at = HEADER_BYTES;
  }
  while (at < end) {
    const firstBlock = Math.floor((at - HEADER_BYTES) / BYTES_PER_BLOCK);
    const chunk = blocks(recording, firstBlock, BLOCKS_PER_CHUNK);
    const chunkStart = HEADER_BYTES + firstBlock * BYTES_PER_BLOCK;
    const stop = Math.min(end, chunkStart + chunk.length);
    yield chunk.subarray(at - chunkStart, stop - chunkStart);
    at = stop;
  }
}

function blocks(recording: Recorded, firstBlock: number, count: number): Buffer {
  const samples = new Int16Array(count * SAMPLES_PER_BLOCK * CHANNELS);
  for (let n = 0; n < count; n++) {
    const blockIndex = firstBlock + n;
    const span = spanAt(recording.spans, recording.startMs + blockIndex * BLOCK_MS);
    const content = { recordingNumber: recording.number, agentNumber: span?.agentNumber ?? 4095, blockIndex };
    const leftAgent = span?.leftAgentNumber ?? content.agentNumber;
    const left = { ...content, agentNumber: leftAgent, role: span?.left ?? 'silence' } as const;
    const right = { ...content, role: span?.right ?? 'silence' } as const;
    writeStereoBlock(samples, n * SAMPLES_PER_BLOCK * CHANNELS, left, right);
  }
  return Buffer.from(samples.buffer);
}

/** A block belongs to whoever is heard at its start. */
function spanAt(spans: readonly HeardSpan[], timeMs: number): HeardSpan | undefined {
  return spans.find((span) => timeMs >= span.startMs && timeMs < span.endMs);
}

function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(CHANNELS, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000 * BYTES_PER_FRAME, 28);
  header.writeUInt16LE(BYTES_PER_FRAME, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
