import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createWavInspectionStream,
  createWavInspector,
  InvalidWav,
  type WavInspection,
  writeWavHeader,
} from '../index.ts';

const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const chunk = (id: string, body: Buffer, size = body.length): Buffer =>
  Buffer.concat([Buffer.from(id), u32(size), body, Buffer.alloc(body.length % 2)]);
const wave = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat(chunks);
  return Buffer.concat([Buffer.from('RIFF'), u32(4 + body.length), Buffer.from('WAVE'), body]);
};
const format = (
  tag: number,
  channels: number,
  rateHz: number,
  bits: number,
  more: Buffer = Buffer.alloc(0),
): Buffer => {
  const align = (channels * bits) / 8;
  return chunk(
    'fmt ',
    Buffer.concat([u16(tag), u16(channels), u32(rateHz), u32(rateHz * align), u16(align), u16(bits), more]),
  );
};
const STEREO = format(1, 2, 8000, 16);
const GUID_TAIL = Buffer.from('000000001000800000aa00389b71', 'hex');

function inspect(file: Buffer, options: { step?: number; expectedBytes?: number } = {}): WavInspection {
  const inspector = createWavInspector(
    options.expectedBytes === undefined ? {} : { expectedBytes: options.expectedBytes },
  );
  const step = options.step ?? file.length;
  for (let at = 0; at < file.length; at += step) inspector.push(file.subarray(at, at + step));
  return inspector.end();
}

function refusal(file: Buffer): InvalidWav {
  try {
    inspect(file);
  } catch (error) {
    if (error instanceof InvalidWav) return error;
    throw error;
  }
  throw new Error('The file was accepted.');
}

describe('MED-05 WAV inspection', () => {
  it('describes a plain file', () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(400, 1)));
    expect(inspect(file)).toEqual({
      encoding: 'pcm-s16le',
      sampleRateHz: 8000,
      channels: 2,
      bytesPerFrame: 4,
      dataOffsetBytes: 44,
      dataBytes: 400,
      strayBytes: 0,
      frames: 100,
      totalBytes: 444,
      sha256: createHash('sha256').update(file).digest('hex'),
      sizeFrom: 'header',
      declaredDataBytes: 400,
      truncated: false,
      truncation: undefined,
    });
  });

  it.each([
    ['µ-law', format(7, 2, 8000, 8, u16(0)), 'mulaw', 2],
    ['A-law', format(6, 1, 8000, 8, u16(0)), 'alaw', 1],
    ['8-bit PCM', format(1, 1, 11_025, 8), 'pcm-u8', 1],
    [
      'extensible 16-bit',
      format(0xfffe, 2, 48_000, 16, Buffer.concat([u16(22), u16(16), u32(3), u16(1), GUID_TAIL])),
      'pcm-s16le',
      4,
    ],
    [
      'extensible µ-law',
      format(0xfffe, 1, 8000, 8, Buffer.concat([u16(22), u16(8), u32(4), u16(7), GUID_TAIL])),
      'mulaw',
      1,
    ],
  ])('reads %s', (_name, fmt, encoding, bytesPerFrame) => {
    const found = inspect(wave(fmt, chunk('fact', u32(10)), chunk('data', Buffer.alloc(10 * bytesPerFrame))));
    expect(found).toMatchObject({ encoding, bytesPerFrame, frames: 10 });
  });

  it('passes over LIST and odd chunks before the data, and chunks behind it', () => {
    const file = wave(
      chunk('LIST', Buffer.from('INFOx')),
      STEREO,
      chunk('abcd', Buffer.alloc(3)),
      chunk('data', Buffer.alloc(8)),
      chunk('LIST', Buffer.alloc(6)),
    );
    // 12 RIFF + 14 LIST (5 + pad) + 24 fmt + 12 abcd (3 + pad) + 8 data header.
    expect(inspect(file)).toMatchObject({ dataOffsetBytes: 70, dataBytes: 8, sizeFrom: 'header', truncated: false });
  });

  it.each([0, 0xffffffff, 0x7fffffff, 0x7ffff000, 0xffffffdb])(
    'works an open size of %d out from the length',
    (size) => {
      const file = wave(STEREO, chunk('data', Buffer.alloc(4000, 3), size));
      expect(inspect(file)).toMatchObject({
        dataBytes: 4000,
        frames: 1000,
        sizeFrom: 'length',
        declaredDataBytes: undefined,
        truncated: false,
      });
    },
  );

  it('takes a size of 0 for true where nothing or only chunks follow', () => {
    expect(inspect(wave(STEREO, chunk('data', Buffer.alloc(0))))).toMatchObject({ frames: 0, sizeFrom: 'header' });
    const withList = wave(STEREO, chunk('data', Buffer.alloc(0)), chunk('LIST', Buffer.alloc(4)));
    expect(inspect(withList)).toMatchObject({ frames: 0, totalBytes: 56, truncated: false });
  });

  it('works a size that is too small out from the length', () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(4000, 0xff), 40));
    expect(inspect(file)).toMatchObject({
      dataBytes: 4000,
      declaredDataBytes: 40,
      sizeFrom: 'length',
      truncated: false,
    });
  });

  it('flags a file that ends before its header says, and keeps whole frames', () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(4000)));
    const cut = inspect(file.subarray(0, 44 + 1001));
    expect(cut).toMatchObject({
      frames: 250,
      dataBytes: 1000,
      strayBytes: 1,
      truncated: true,
      declaredDataBytes: 4000,
    });
    expect(cut.truncation).toBe("the file's header promises 2999 bytes more than came");
  });

  it('flags a file cut within a chunk behind the audio', () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(40)), chunk('LIST', Buffer.alloc(20)));
    expect(inspect(file.subarray(0, file.length - 5))).toMatchObject({ dataBytes: 40, truncated: true });
  });

  it('flags a length other than the announced one, whatever the header says', () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(4000), 0xffffffff));
    expect(inspect(file, { expectedBytes: 4044 }).truncated).toBe(false);
    expect(inspect(file, { expectedBytes: 5000 })).toMatchObject({
      truncated: true,
      truncation: '4044 bytes came where 5000 were announced',
    });
  });

  it('reads RF64 with its sizes in ds64', () => {
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(80n, 8);
    const body = Buffer.concat([chunk('ds64', sizes), STEREO, chunk('data', Buffer.alloc(80), 0xffffffff)]);
    const file = Buffer.concat([Buffer.from('RF64'), u32(0xffffffff), Buffer.from('WAVE'), body]);
    expect(inspect(file)).toMatchObject({ frames: 20, dataOffsetBytes: 80, sizeFrom: 'header', declaredDataBytes: 80 });
    expect(inspect(file.subarray(0, 100))).toMatchObject({ frames: 5, truncated: true });
  });

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['an error page', Buffer.from('<html>Forbidden</html>'), 'not-riff'],
    ['big-endian RIFX', Buffer.concat([Buffer.from('RIFX'), u32(4), Buffer.from('WAVE')]), 'not-riff'],
    ['a few bytes', Buffer.from('RIFF'), 'not-riff'],
    ['an AVI', Buffer.concat([Buffer.from('RIFF'), u32(4), Buffer.from('AVI ')]), 'not-wave'],
    ['data without a format', wave(chunk('data', Buffer.alloc(4))), 'format-missing'],
    ['a header alone', wave(STEREO), 'data-missing'],
    ['MP3 in a WAV', wave(format(0x55, 1, 8000, 8), chunk('data', Buffer.alloc(4))), 'format-unsupported'],
    ['24-bit PCM', wave(format(1, 1, 8000, 24), chunk('data', Buffer.alloc(3))), 'format-unsupported'],
    ['no channels', wave(format(1, 0, 8000, 16), chunk('data', Buffer.alloc(4))), 'format-malformed'],
    ['a short format', wave(chunk('fmt ', Buffer.alloc(8)), chunk('data', Buffer.alloc(4))), 'format-malformed'],
  ])('refuses %s, with a code, a place and a remedy', (_name, file, code) => {
    const error = refusal(file);
    expect(error.code).toBe(code);
    expect(error.remedy).toContain('ownload');
    expect(error.message).toContain(error.what);
  });

  it('finds the same in any chunks', () => {
    const file = wave(
      chunk('LIST', Buffer.alloc(7)),
      STEREO,
      chunk('data', Buffer.alloc(444, 5)),
      chunk('cue ', Buffer.alloc(4)),
    );
    const whole = inspect(file);
    for (let step = 1; step < 60; step++) expect(inspect(file, { step })).toEqual(whole);
  });

  it('survives any bytes, alone, in front of and within a good file: a result or InvalidWav, never another failure', () => {
    const good = wave(STEREO, chunk('data', Buffer.alloc(40, 9)));
    const bytes = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(bytes, fc.nat(good.length), fc.nat(3), fc.integer({ min: 1, max: 50 }), (noise, at, kind, step) => {
        const parts = [
          [noise],
          [noise, good],
          [good.subarray(0, at), noise, good.subarray(at)],
          [good.subarray(0, at), noise, good.subarray(Math.min(good.length, at + noise.length))],
        ][kind] as Uint8Array[];
        try {
          const found = inspect(Buffer.concat(parts), { step });
          expect(found.dataOffsetBytes + found.dataBytes).toBeLessThanOrEqual(found.totalBytes);
          expect(found.frames * found.bytesPerFrame).toBe(found.dataBytes);
        } catch (error) {
          if (!(error instanceof InvalidWav)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('works as a pass-through that changes nothing and fails the pipeline for what is no WAV', async () => {
    const file = wave(STEREO, chunk('data', Buffer.alloc(4000, 2)));
    const { stream, inspection } = createWavInspectionStream({ expectedBytes: file.length });
    expect(() => inspection()).toThrow('not inspected yet');
    expect((await buffer(Readable.from([file.subarray(0, 9), file.subarray(9)]).pipe(stream))).equals(file)).toBe(true);
    expect(inspection()).toMatchObject({ frames: 1000, truncated: false });
    const refused = createWavInspectionStream();
    await expect(
      pipeline(Readable.from([Buffer.from('<html>not here</html>')]), refused.stream, buffer),
    ).rejects.toThrow(InvalidWav);
  });
});

describe('WAV header', () => {
  it('is the 44 bytes that every player knows', () => {
    const header = writeWavHeader({ encoding: 'pcm-s16le', sampleRateHz: 8000, channels: 2, dataBytes: 32_000 });
    // 32036 = 0x7d24, 8000 = 0x1f40, 32000 bytes/s = 0x7d00.
    expect(header.toString('hex')).toBe(
      '52494646247d000057415645666d742010000000010002' + '00401f0000007d00000400100064617461007d0000',
    );
  });

  it('is read back as it was written', () => {
    const encodings = fc.constantFrom('pcm-s16le' as const, 'pcm-u8' as const, 'mulaw' as const, 'alaw' as const);
    fc.assert(
      fc.property(
        encodings,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 96_000 }),
        fc.nat(50),
        (encoding, channels, sampleRateHz, frames) => {
          const dataBytes = frames * channels * (encoding === 'pcm-s16le' ? 2 : 1);
          const header = writeWavHeader({ encoding, sampleRateHz, channels, dataBytes });
          const found = inspect(Buffer.concat([header, Buffer.alloc(dataBytes + (dataBytes % 2))]));
          expect(found).toMatchObject({
            encoding,
            sampleRateHz,
            channels,
            frames,
            dataOffsetBytes: header.length,
            truncated: false,
          });
        },
      ),
    );
  });

  it('turns to RF64 above 4 GiB', () => {
    const dataBytes = 5 * 2 ** 30;
    const header = writeWavHeader({ encoding: 'pcm-s16le', sampleRateHz: 8000, channels: 2, dataBytes });
    expect(header.toString('latin1', 0, 4)).toBe('RF64');
    const found = inspect(Buffer.concat([header, Buffer.alloc(8)]));
    expect(found).toMatchObject({ declaredDataBytes: dataBytes, frames: 2, truncated: true });
  });
});
