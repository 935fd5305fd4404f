/**
 * A contact's 60 s out of a long recording against the floor: one open, one read, one decryption of just those bytes.
 * Also which segment size that wants, and whole-file encryption against raw AES-GCM. Run: node libs/audio/bench/window.ts
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildEditList, createEncryptor, openDecryptingReader, renderWav } from '../src/index.ts';

const RATE_HZ = 8000;
const CHANNELS = 2;
const FRAME_BYTES = 4;
const HEADER_BYTES = 44;
const WINDOW_MS = 60_000;
const WINDOW_BYTES = (WINDOW_MS / 1000) * RATE_HZ * FRAME_BYTES;
const ROUNDS = 200;
const WARM_UP = 50;
const KEY = randomBytes(32);
const AAD = Buffer.from('bench');
const SEGMENT_SIZES = [64, 128, 256, 512, 1024].map((kib) => kib * 1024);

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

function* audio(bytes: number, stepBytes: number): Generator<Buffer> {
  const noise = randomBytes(stepBytes);
  for (let left = bytes; left > 0; left -= stepBytes) yield noise.subarray(0, Math.min(left, stepBytes));
}

interface Timing {
  firstMs: number;
  wholeMs: number;
}

/** A recording written as one AES-GCM message per window, so that reading a window decrypts exactly its bytes. */
async function floor(path: string, windowIndex: number): Promise<Timing> {
  const began = now();
  const file = await open(path);
  const bytes = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  await file.read(bytes, 0, WINDOW_BYTES, HEADER_BYTES + windowIndex * WINDOW_BYTES);
  const key = Buffer.from(hkdfSync('sha256', KEY, AAD, AAD, 32));
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
  let firstMs = 0;
  for (let at = 0; at < bytes.length; at += 1024 * 1024) {
    decipher.update(bytes.subarray(at, at + 1024 * 1024));
    firstMs ||= now() - began;
  }
  await file.close();
  return { firstMs, wholeMs: now() - began };
}

async function rendered(
  path: string,
  hours: number,
  startMs: number,
  segmentSizeBytes: number,
  sizeBytes: number,
): Promise<Timing> {
  const began = now();
  const list = buildEditList({
    windowStartMs: startMs,
    windowEndMs: startMs + WINDOW_MS,
    sampleRateHz: RATE_HZ,
    channels: CHANNELS,
    recordings: [
      {
        recordingId: 'r',
        generation: 1,
        startMs: 0,
        frames: hours * 3600 * RATE_HZ,
        sampleRateHz: RATE_HZ,
        channels: CHANNELS,
        priority: 1,
      },
    ],
    silences: [],
  });
  const stream = renderWav(list, async () => {
    const file = await open(path);
    const reader = await openDecryptingReader({
      file,
      key: KEY,
      associatedData: AAD,
      ciphertextSizeBytes: sizeBytes,
      segmentSizeBytes,
    });
    return {
      format: {
        encoding: 'pcm-s16le',
        sampleRateHz: RATE_HZ,
        channels: CHANNELS,
        dataOffsetBytes: HEADER_BYTES,
        bytesPerFrame: FRAME_BYTES,
      },
      read: (start, end) => reader.read(start, end),
      parts: (start, end) => reader.parts(start, end),
      close: () => file.close(),
    };
  });
  let firstMs = 0;
  let bytes = 0;
  for await (const chunk of stream) {
    if (bytes >= HEADER_BYTES) firstMs ||= now() - began;
    bytes += (chunk as Buffer).length;
  }
  if (bytes !== WINDOW_BYTES + HEADER_BYTES) throw new Error(`Rendered ${bytes} bytes.`);
  return { firstMs, wholeMs: now() - began };
}

async function compareWindows(folder: string, hours: number, segmentSizeBytes: number): Promise<void> {
  const path = join(folder, 'recording');
  const bytes = HEADER_BYTES + hours * 3600 * RATE_HZ * FRAME_BYTES;
  await pipeline(
    Readable.from(audio(bytes, 256 * 1024), { objectMode: false }),
    createEncryptor({ key: KEY, associatedData: AAD, segmentSizeBytes }),
    createWriteStream(path),
  );
  const { size: sizeBytes } = await stat(path);
  const floors: Timing[] = [];
  const ours: Timing[] = [];
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    const startMs = 1000 * Math.floor(Math.random() * (hours * 3600 - 60)) + 137;
    const floorTiming = await floor(path, Math.floor(startMs / WINDOW_MS));
    const ourTiming = await rendered(path, hours, startMs, segmentSizeBytes, sizeBytes);
    if (round < WARM_UP) continue;
    floors.push(floorTiming);
    ours.push(ourTiming);
  }
  const [f, o] = [floors, ours].map((timings) => ({
    first: median(timings.map(({ firstMs }) => firstMs)),
    whole: median(timings.map(({ wholeMs }) => wholeMs)),
  })) as [{ first: number; whole: number }, { first: number; whole: number }];
  const overhead = (sizeBytes / bytes - 1) * 100;
  print(
    `${hours} h, segments of ${segmentSizeBytes / 1024} KiB (+${overhead.toFixed(3)} % on disk): first ${o.first.toFixed(2)} ms` +
      ` (floor ${f.first.toFixed(2)}, ×${(o.first / f.first).toFixed(2)}), whole ${o.whole.toFixed(2)} ms` +
      ` (floor ${f.whole.toFixed(2)}, ×${(o.whole / f.whole).toFixed(2)})`,
  );
}

async function compareEncryption(segmentSizeBytes: number): Promise<void> {
  const bytes = 200 * 1024 * 1024;
  const raw: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < 5; round++) {
    let began = now();
    const cipher = createCipheriv('aes-256-gcm', KEY, randomBytes(12));
    for (const chunk of audio(bytes, 64 * 1024)) cipher.update(chunk);
    cipher.final();
    raw.push(now() - began);
    began = now();
    const encryptor = createEncryptor({ key: KEY, associatedData: AAD, segmentSizeBytes });
    await pipeline(Readable.from(audio(bytes, 64 * 1024), { objectMode: false }), encryptor, async (chunks) => {
      for await (const _ of chunks);
    });
    ours.push(now() - began);
  }
  const speed = (ms: number): string => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
  const [r, o] = [median(raw), median(ours)];
  print(
    `encryption, segments of ${segmentSizeBytes / 1024} KiB: ${speed(o)} as a stream, raw AES-GCM ${speed(r)} (×${(o / r).toFixed(2)} the time)`,
  );
}

const folder = await mkdtemp(join(tmpdir(), 'wxcc-audio-bench-'));
try {
  const sizes = process.argv.includes('--sizes') ? SEGMENT_SIZES : [undefined];
  const { DEFAULT_SEGMENT_BYTES } = await import('../src/index.ts');
  for (const size of sizes) {
    await compareEncryption(size ?? DEFAULT_SEGMENT_BYTES);
    for (const hours of [1, 4]) await compareWindows(folder, hours, size ?? DEFAULT_SEGMENT_BYTES);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
