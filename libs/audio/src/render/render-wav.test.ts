import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ALAW_TO_S16,
  type EditList,
  type EditPiece,
  giveBack,
  MULAW_TO_S16,
  type RecordingSource,
  renderedWavSizeBytes,
  renderWav,
  renderWavParts,
  U8_TO_S16,
  type WavEncoding,
  writeWavHeader,
} from '../index.ts';

interface Stored {
  source: RecordingSource;
  bytes: Buffer;
  closed: () => number;
}

function stored(
  encoding: WavEncoding,
  channels: number,
  frames: number,
  options: { hasParts?: boolean; dataOffset?: number } = {},
): Stored {
  const bytesPerFrame = channels * (encoding === 'pcm-s16le' ? 2 : 1);
  const dataOffsetBytes = options.dataOffset ?? 44;
  const bytes = randomBytes(dataOffsetBytes + frames * bytesPerFrame);
  let closed = 0;
  const read = async (start: number, end: number) => bytes.subarray(start, end);
  async function* parts(start: number, end: number) {
    for (let at = start; at < end; at += 77) yield bytes.subarray(at, Math.min(end, at + 77));
  }
  const format = { encoding, sampleRateHz: 8000, channels, dataOffsetBytes, bytesPerFrame };
  const source: RecordingSource = {
    format,
    read,
    ...(options.hasParts && { parts }),
    close: async () => void closed++,
  };
  return { source, bytes, closed: () => closed };
}

/** The same decision made the slow way: one sample of one frame at a time. */
function sampleOf({ source: { format }, bytes }: Stored, frame: number, channel: number): number {
  if (channel < 0 || channel >= format.channels) return 0;
  const at = format.dataOffsetBytes + frame * format.bytesPerFrame;
  const tables = { mulaw: MULAW_TO_S16, alaw: ALAW_TO_S16, 'pcm-u8': U8_TO_S16 };
  if (format.encoding === 'pcm-s16le') return bytes.readInt16LE(at + 2 * channel);
  return tables[format.encoding][bytes.readUInt8(at + channel)] as number;
}

function expected(list: EditList, recordings: Record<string, Stored>): Buffer {
  const data = Buffer.alloc(list.durationFrames * list.channels * 2);
  for (const piece of list.pieces) {
    if (piece.kind === 'silence') continue;
    for (let i = 0; i < piece.frames; i++) {
      for (let channel = 0; channel < list.channels; channel++) {
        const from = piece.channelMap ? (piece.channelMap[channel] as number) : channel;
        const sample = sampleOf(recordings[piece.recordingId] as Stored, piece.fromFrame + i, from);
        data.writeInt16LE(sample, ((piece.atFrame + i) * list.channels + channel) * 2);
      }
    }
  }
  const { sampleRateHz, channels } = list;
  return Buffer.concat([
    writeWavHeader({ encoding: 'pcm-s16le', sampleRateHz, channels, dataBytes: data.length }),
    data,
  ]);
}

function listOf(pieces: EditPiece[], channels = 2): EditList {
  const last = pieces.at(-1);
  return { sampleRateHz: 8000, channels, durationFrames: last ? last.atFrame + last.frames : 0, pieces };
}

const piece = (
  recordingId: string,
  atFrame: number,
  frames: number,
  fromFrame: number,
  channelMap?: number[],
): EditPiece => {
  return {
    kind: 'recording',
    atFrame,
    frames,
    recordingId,
    generation: 1,
    fromFrame,
    ...(channelMap && { channelMap }),
  };
};

describe('SEG-10 rendering an edit list', () => {
  const recordings: Record<string, Stored> = {
    plain: stored('pcm-s16le', 2, 1000),
    parts: stored('pcm-s16le', 2, 1000, { hasParts: true, dataOffset: 71 }),
    mono: stored('pcm-s16le', 1, 1000),
    mulaw: stored('mulaw', 2, 1000, { dataOffset: 58, hasParts: true }),
    alaw: stored('alaw', 1, 1000),
    u8: stored('pcm-u8', 2, 1000),
  };
  const open = async (recordingId: string) => (recordings[recordingId] as Stored).source;

  const anyPiece = fc.oneof(
    fc.record({ kind: fc.constant('silence' as const), frames: fc.integer({ min: 1, max: 120 }) }),
    fc.record({
      kind: fc.constant('recording' as const),
      frames: fc.integer({ min: 1, max: 120 }),
      recordingId: fc.constantFrom(...Object.keys(recordings)),
      fromFrame: fc.nat(880),
      map: fc.option(fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 3, maxLength: 3 })),
    }),
  );
  const anyList = fc
    .tuple(fc.array(anyPiece, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }))
    .map(([pieces, channels]) => {
      let atFrame = 0;
      return listOf(
        pieces.map((each) => {
          const at = atFrame;
          atFrame += each.frames;
          if (each.kind === 'silence') return { kind: 'silence', atFrame: at, frames: each.frames, reason: 'hold' };
          return piece(each.recordingId, at, each.frames, each.fromFrame, each.map?.slice(0, channels));
        }),
        channels,
      );
    });

  it('gives the samples that the list names, zero where it is silent, and for any byte range the slice of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyList,
        fc.array(fc.tuple(fc.nat(6000), fc.nat(6000)), { maxLength: 5 }),
        async (list, ranges) => {
          const whole = await buffer(renderWav(list, open));
          expect(whole.length).toBe(renderedWavSizeBytes(list));
          expect(whole.equals(expected(list, recordings))).toBe(true);
          for (const range of ranges) {
            const [startByte, endByte] = range.map((at) => Math.min(at, whole.length)).sort((a, b) => a - b) as [
              number,
              number,
            ];
            const slice = await buffer(renderWav(list, open, { startByte, endByte }));
            expect(slice.equals(whole.subarray(startByte, endByte))).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('silence stays silent whatever was given back before', async () => {
    const list = listOf([{ kind: 'silence', atFrame: 0, frames: 400_000, reason: 'pause' }]);
    for (let turn = 0; turn < 2; turn++) {
      let bytes = 0;
      for await (const part of renderWavParts(list, open)) {
        const isHeader = bytes === 0;
        bytes += part.length;
        if (!isHeader) expect(part.every((byte) => byte === 0)).toBe(true);
        giveBack(part);
      }
      expect(bytes).toBe(44 + 1_600_000);
    }
  });

  it('is right beyond one step of reading, converted or not', async () => {
    const long = { plain: stored('pcm-s16le', 2, 400_000), mulaw: stored('mulaw', 2, 400_000) };
    const list = listOf([
      piece('plain', 0, 390_000, 7),
      { kind: 'silence', atFrame: 390_000, frames: 300_000, reason: 'pause' },
      piece('mulaw', 690_000, 390_001, 5),
    ]);
    const whole = await buffer(renderWav(list, async (id) => long[id as 'plain' | 'mulaw'].source));
    expect(whole.equals(expected(list, long))).toBe(true);
  });

  it('opens each recording once, only if it is heard, and closes it', async () => {
    const one = stored('pcm-s16le', 2, 100);
    const opened: string[] = [];
    const openOne = async (recordingId: string, generation: number) => {
      opened.push(`${recordingId}/${generation}`);
      return one.source;
    };
    const list = listOf([
      piece('a', 0, 10, 0),
      { kind: 'silence', atFrame: 10, frames: 5, reason: 'hold' },
      piece('a', 15, 10, 15),
      piece('b', 25, 10, 0),
    ]);
    await buffer(renderWav(list, openOne, { startByte: 0, endByte: 44 + 25 * 4 }));
    expect(opened).toEqual(['a/1']);
    expect(one.closed()).toBe(1);
  });

  it('reads only as it is read from, and closes the recording when the listener goes', async () => {
    const one = stored('pcm-s16le', 2, 2_000_000);
    let bytesRead = 0;
    const source: RecordingSource = {
      ...one.source,
      read: async (start, end) => {
        bytesRead += end - start;
        return one.bytes.subarray(start, end);
      },
    };
    const stream = renderWav(listOf([piece('a', 0, 2_000_000, 0)]), async () => source);
    const streamClosed = new Promise((resolve) => stream.once('close', resolve));
    for await (const _ of stream) break;
    await streamClosed;
    expect(bytesRead).toBeLessThan(2_000_000);
    expect(one.closed()).toBe(1);
  });

  it('fails with the recording’s id where it is shorter or of another rate than the list says', async () => {
    const short = stored('pcm-s16le', 2, 10);
    const partsShort = stored('pcm-s16le', 2, 10, { hasParts: true });
    const list = listOf([piece('rec-7', 0, 20, 0)]);
    await expect(buffer(renderWav(list, async () => short.source))).rejects.toThrow(
      'Recording rec-7 (generation 1) gave 40 of the 80',
    );
    await expect(buffer(renderWav(list, async () => partsShort.source))).rejects.toThrow('gave 40 bytes where 80');
    const fast: RecordingSource = { ...short.source, format: { ...short.source.format, sampleRateHz: 16_000 } };
    await expect(buffer(renderWav(list, async () => fast))).rejects.toThrow('has 16000 Hz');
    const broken = renderWav(list, () => Promise.reject(new Error('the key was destroyed')));
    await expect(buffer(broken)).rejects.toThrow('the key was destroyed');
  });

  it('refuses a list that does not tile and a range outside it, before anything is sent', () => {
    const gap = listOf([piece('plain', 0, 5, 0), piece('plain', 6, 5, 0)]);
    expect(() => renderWav(gap, open)).toThrow('where 5 is next');
    expect(() => renderWav(listOf([]), open, { startByte: 0, endByte: 45 })).toThrow(RangeError);
  });

  it('renders an empty list as a header alone', async () => {
    expect(await buffer(renderWav(listOf([]), open))).toHaveLength(44);
  });
});
