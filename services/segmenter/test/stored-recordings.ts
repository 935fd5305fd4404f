import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncryptor, writeWavHeader } from '@wxcc-wfo/audio';
import type { RecordingAvailable } from '@wxcc-wfo/contracts';
import { createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { ms, recording } from './call-rows.ts';

const RATE = 8000;

/** What the recording's frame n holds on its two channels: any two frames of a test differ, none is silent. */
export const leftSample = (frame: number): number => 1 + (frame % 30_000);
export const rightSample = (frame: number): number => -1 - Math.floor(frame / 30_000);

/** Files in a media folder, and the sibling that gives their keys, as media-import does it. */
export interface StoredRecordings {
  folder: string;
  url: string;
  /** What must stand in HANDOVER_KEYS and INTERNAL_API_KEY. */
  handoverKeys: string;
  apiKey: string;
  /** How often a key was asked for. */
  keyRequests(): number;
  /** Answers with this status instead of keys; undefined: keys again. */
  refuseKeys(status: number | undefined): void;
  /** Stores a recording from `from` to `to` (seconds) and gives its event. */
  store(o: { from: number; to: number; taskId: string; tenantId: string }): Promise<RecordingAvailable>;
  close(): Promise<void>;
}

export async function storedRecordings(): Promise<StoredRecordings> {
  const folder = await mkdtemp(join(tmpdir(), 'segmenter-media-'));
  const handoverKeys = `k1:${newSealingKey()}`;
  const sealer = createSealer(parseKeyring(handoverKeys));
  const apiKey = `wfo_segmenter_${randomBytes(24).toString('base64url')}`;
  const keys = new Map<string, Buffer>();
  let requests = 0;
  let refusal: number | undefined;
  const server = createServer((request, response) => {
    requests += 1;
    const [, id, generation] = /^\/v1\/recordings\/([^/]+)\/generations\/(\d+)\/key$/.exec(request.url ?? '') ?? [];
    const key = keys.get(`${id}:${generation}`);
    const status = refusal ?? (request.headers['x-api-key'] !== apiKey ? 401 : key === undefined ? 404 : 200);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(status === 200 ? { sealedKey: sealer.seal(key!, `recording:${id}:${generation}`) } : {}),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    folder,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handoverKeys,
    apiKey,
    keyRequests: () => requests,
    refuseKeys(status) {
      refusal = status;
    },
    async store({ from, to, taskId, tenantId }) {
      const recordingId = randomUUID();
      const frames = Math.round((to - from) * RATE);
      const key = randomBytes(32);
      const encrypted = await encrypt(wavOf(frames), { key, associatedData: Buffer.from(`${recordingId}:1`) });
      const path = `${recordingId}.tink`;
      await writeFile(join(folder, path), encrypted);
      keys.set(`${recordingId}:1`, key);
      const event = recording(1, from, to, { tenantId, taskId, recordingId, startedAtMs: ms(from), endedAtMs: ms(to) });
      return { ...event, storage: { ...event.storage, path, sizeBytes: encrypted.length, segmentSizeBytes: 65_536 } };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

function wavOf(frames: number): Buffer {
  const samples = new Int16Array(frames * 2);
  for (let frame = 0; frame < frames; frame++) {
    samples[frame * 2] = leftSample(frame);
    samples[frame * 2 + 1] = rightSample(frame);
  }
  const header = writeWavHeader({
    encoding: 'pcm-s16le',
    sampleRateHz: RATE,
    channels: 2,
    dataBytes: samples.byteLength,
  });
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

async function encrypt(plaintext: Buffer, o: { key: Buffer; associatedData: Buffer }): Promise<Buffer> {
  const encryptor = createEncryptor({ ...o, segmentSizeBytes: 65_536 });
  encryptor.end(plaintext);
  const parts: Buffer[] = [];
  for await (const part of encryptor) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
