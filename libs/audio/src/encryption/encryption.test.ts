import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ciphertextSizeBytes, createEncryptor, DecryptionFailed, giveBack, openDecryptingReader } from '../index.ts';

const KEY = Buffer.alloc(32, 7);
const AAD = Buffer.from('tenant/acd/recording');
const SEGMENT = 64;

async function encrypt(plain: Buffer, segmentSizeBytes = SEGMENT, chunkBytes = 37): Promise<Buffer> {
  const encryptor = createEncryptor({ key: KEY, associatedData: AAD, segmentSizeBytes });
  const encrypted = buffer(encryptor);
  for (let at = 0; at < plain.length; at += chunkBytes) encryptor.write(plain.subarray(at, at + chunkBytes));
  encryptor.end();
  return encrypted;
}

function openBuffer(ciphertext: Buffer, options: { key?: Buffer; aad?: Buffer; size?: number; segment?: number } = {}) {
  return openDecryptingReader({
    readAt: async (offset, length) => ciphertext.subarray(offset, offset + length),
    key: options.key ?? KEY,
    associatedData: options.aad ?? AAD,
    ciphertextSizeBytes: options.size ?? ciphertext.length,
    segmentSizeBytes: options.segment ?? SEGMENT,
  });
}

async function readAll(ciphertext: Buffer, options: Parameters<typeof openBuffer>[1] = {}): Promise<Buffer> {
  const reader = await openBuffer(ciphertext, options);
  return reader.read(0, reader.plaintextSizeBytes);
}

describe('MED-05 encrypted recordings', () => {
  it('has the sizes that the format makes: 40 bytes of header and 16 per segment', () => {
    // Segments of 64 hold 48 bytes of plaintext, the first 8 (64 − 40 − 16).
    expect([0, 8, 9, 56, 57].map((size) => ciphertextSizeBytes(size, 64))).toEqual([56, 64, 81, 128, 145]);
  });

  it('gives back any bytes, written in any chunks, by any read', async () => {
    const input = fc.record({
      size: fc.nat(600),
      chunk: fc.integer({ min: 1, max: 200 }),
      segment: fc.integer({ min: 57, max: 130 }),
      reads: fc.array(fc.tuple(fc.nat(600), fc.nat(600)), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ size, chunk, segment, reads }) => {
        const plain = randomBytes(size);
        const ciphertext = await encrypt(plain, segment, chunk);
        expect(ciphertext.length).toBe(ciphertextSizeBytes(size, segment));
        const reader = await openBuffer(ciphertext, { segment });
        expect(reader.plaintextSizeBytes).toBe(size);
        for (const pair of [[0, size], ...reads]) {
          const [start, end] = pair.map((at) => Math.min(at, size)).sort((a, b) => a - b) as [number, number];
          const expected = plain.subarray(start, end).toString('hex');
          expect((await reader.read(start, end)).toString('hex')).toBe(expected);
          expect((await buffer(reader.createReadStream(start, end))).toString('hex')).toBe(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('reads the same whether parts are given back or not, between reads of the same places', async () => {
    const range = fc.tuple(fc.nat(5_000), fc.nat(5_000));
    const steps = fc.array(fc.record({ range, how: fc.constantFrom('read', 'parts') }), { maxLength: 8 });
    const plain = randomBytes(5_000);
    const ciphertext = await encrypt(plain, 1_000, 700);
    await fc.assert(
      fc.asyncProperty(steps, async (wanted) => {
        const reader = await openBuffer(ciphertext, { segment: 1_000 });
        for (const { range, how } of wanted) {
          const [start, end] = range.toSorted((a, b) => a - b) as [number, number];
          const expected = plain.subarray(start, end).toString('hex');
          if (how === 'read') {
            const bytes = await reader.read(start, end);
            giveBack(bytes); // not a part: it stays
            expect(bytes.toString('hex')).toBe(expected);
            continue;
          }
          let came = '';
          for await (const part of reader.parts(start, end)) {
            came += part.toString('hex');
            giveBack(part);
          }
          expect(came).toBe(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('frees the memory of a part that is given back at once', async () => {
    const ciphertext = await encrypt(randomBytes(2_000), 1_000, 700);
    const reader = await openBuffer(ciphertext, { segment: 1_000 });
    for await (const part of reader.parts(0, 2_000)) {
      giveBack(part);
      expect(part.length).toBe(0);
    }
  });

  it('refuses a file in which any one byte was changed, wherever it is', async () => {
    const plain = randomBytes(150);
    const ciphertext = await encrypt(plain);
    for (let at = 0; at < ciphertext.length; at++) {
      const changed = Buffer.from(ciphertext);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(readAll(changed)).rejects.toThrow(DecryptionFailed);
    }
  });

  it('refuses a file cut at any byte, already when it is opened', async () => {
    const ciphertext = await encrypt(randomBytes(200));
    for (let size = 0; size < ciphertext.length; size++) {
      await expect(openBuffer(ciphertext.subarray(0, size))).rejects.toThrow(DecryptionFailed);
    }
  });

  it('refuses segments that changed places and a file that was lengthened', async () => {
    const ciphertext = await encrypt(randomBytes(200));
    const swapped = Buffer.concat([0, 2, 1, 3, 4].map((i) => ciphertext.subarray(i * SEGMENT, (i + 1) * SEGMENT)));
    await expect(readAll(swapped)).rejects.toThrow('segment 1 does not authenticate');
    await expect(openBuffer(Buffer.concat([ciphertext, ciphertext.subarray(SEGMENT, 2 * SEGMENT)]))).rejects.toThrow(
      DecryptionFailed,
    );
  });

  it('refuses another key, other associated data and another segment size, and says what to check', async () => {
    const ciphertext = await encrypt(randomBytes(200));
    const code = 'not-authentic';
    await expect(openBuffer(ciphertext, { key: Buffer.alloc(32, 8) })).rejects.toMatchObject({ code });
    await expect(openBuffer(ciphertext, { aad: Buffer.from('another') })).rejects.toMatchObject({ code });
    await expect(openBuffer(ciphertext, { segment: 96 })).rejects.toThrow('Check the key, the associated data');
  });

  it('says which file is shorter than it was said to be', async () => {
    const ciphertext = await encrypt(randomBytes(200));
    const cut = openBuffer(ciphertext.subarray(0, 100), { size: ciphertext.length });
    await expect(cut).rejects.toMatchObject({ code: 'truncated' });
  });

  it('refuses a short key, an impossible segment size and a read outside the file', async () => {
    expect(() => createEncryptor({ key: Buffer.alloc(16), associatedData: AAD })).toThrow('at least 32 bytes');
    expect(() => createEncryptor({ key: KEY, associatedData: AAD, segmentSizeBytes: 56 })).toThrow(RangeError);
    const reader = await openBuffer(await encrypt(Buffer.alloc(10)));
    await expect(reader.read(0, 11)).rejects.toThrow(RangeError);
    await expect(reader.read(5, 4)).rejects.toThrow(RangeError);
  });

  it('writes the same plaintext differently each time', async () => {
    const plain = Buffer.alloc(100);
    expect((await encrypt(plain)).equals(await encrypt(plain))).toBe(false);
  });

  it('reads a file handle at random places, at once and side by side, and lets the file be closed when a stream is left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxcc-audio-'));
    try {
      const plain = randomBytes(3_000_000);
      const path = join(folder, 'recording');
      const ciphertext = await encrypt(plain, 256 * 1024, 65_536);
      await writeFile(path, ciphertext);
      const file = await open(path);
      const reader = await openDecryptingReader({
        file,
        key: KEY,
        associatedData: AAD,
        ciphertextSizeBytes: ciphertext.length,
      });
      const starts = [0, 999_999, 262_088, 262_087, 2_000_000];
      const parts = await Promise.all(starts.map((start) => reader.read(start, start + 900_001)));
      parts.forEach((part, i) => {
        const start = starts[i] as number;
        expect(part.equals(plain.subarray(start, start + 900_001))).toBe(true);
      });
      for await (const part of reader.parts(0, plain.length)) {
        expect(part.equals(plain.subarray(0, part.length))).toBe(true);
        break;
      }
      await file.close();
      await expect(reader.read(2_000_000, 2_000_010)).rejects.toThrow();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
