import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createEncryptor, DEFAULT_SEGMENT_BYTES, writeWavHeader } from '@wxcc-wfo/audio';
import { appendEvents } from '@wxcc-wfo/bus';
import { type RecordingAvailable, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createPool, createSealer, inTransaction, parseKeyring } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import type { BenchStack } from '../bench-stack.ts';
import { syntheticCall } from '../synthetic-calls.ts';
import { IV_BYTES } from './floor-server.ts';

const RATE_HZ = 8000;
const FRAME_BYTES = 4;
const HEADER_BYTES = 44;
export const WINDOW_MS = 60_000;
export const WINDOW_BYTES = (WINDOW_MS / 1000) * RATE_HZ * FRAME_BYTES;

/** A long call whose agent changes every minute: as many contacts of 60 s as it has minutes, in the order of time. */
export interface LongCall {
  contactIds: string[];
  /** The same minutes for the floor, each an AES-GCM message of its own. */
  floorFile: string;
}

function* minutes(count: number): Generator<Buffer> {
  const noise = randomBytes(WINDOW_BYTES);
  for (let n = 0; n < count; n++) yield noise;
}

/** Stores the recording as media-import does, tells the segmenter by the events, and waits for the contacts. */
export async function storeLongCall(
  stack: BenchStack,
  o: { hours: number; floorKey: Buffer; folder: string },
): Promise<LongCall> {
  const windows = o.hours * 60;
  const owner = { tenantId: stack.secrets.tenantId, acdId: randomUUID(), webexOrgId: randomUUID() };
  const task = callOf(owner, windows);
  const recording = await storeRecording(stack, task, windows);
  const floorFile = `${o.folder}/floor-${o.hours}h`;
  await pipeline(Readable.from(floorMessages(windows, o.floorKey)), createWriteStream(floorFile));
  await publish(stack.databaseUrls.capture, { topic: TOPICS.taskEnded, payload: task });
  await publish(stack.databaseUrls['media-import'], { topic: TOPICS.recordingAvailable, payload: recording });
  return { contactIds: await contactsOf(stack, task.taskId, windows), floorFile };
}

function callOf(owner: { tenantId: string; acdId: string; webexOrgId: string }, windows: number): TaskEnded {
  const call = syntheticCall(1, owner, Date.now() - 86_400_000);
  const answer = call.activities.find((activity) => activity.kind === 'connected')!;
  const end = call.activities.find((activity) => activity.kind === 'ended')!;
  const startMs = answer.startedAtMs;
  const endedAtMs = startMs + windows * WINDOW_MS;
  const answers = Array.from({ length: windows }, (_, n) => {
    const startedAtMs = startMs + n * WINDOW_MS;
    const agent = { id: `agent-${n}`, name: null, sessionId: null };
    const activityId = `${call.taskId}-${startedAtMs}-connected`;
    return { ...answer, activityId, startedAtMs, endedAtMs: startedAtMs + WINDOW_MS, durationMs: WINDOW_MS, agent };
  });
  const ended = { ...end, startedAtMs: endedAtMs, endedAtMs, agent: null };
  return { ...call, endedAtMs, observedAtMs: endedAtMs, activities: [...answers, ended] };
}

async function storeRecording(stack: BenchStack, task: TaskEnded, windows: number): Promise<RecordingAvailable> {
  const recordingId = randomUUID();
  const key = randomBytes(32);
  const path = `${recordingId}.tink`;
  const file = `${stack.mediaFolder}/${path}`;
  const dataBytes = windows * WINDOW_BYTES;
  async function* wav() {
    yield writeWavHeader({ encoding: 'pcm-s16le', sampleRateHz: RATE_HZ, channels: 2, dataBytes });
    yield* minutes(windows);
  }
  const encryptor = createEncryptor({ key, associatedData: Buffer.from(`${recordingId}:1`) });
  await pipeline(Readable.from(wav(), { objectMode: false }), encryptor, createWriteStream(file));
  const { size } = await stat(file);
  const sizeBytes = HEADER_BYTES + dataBytes;
  const startedAtMs = task.activities[0]!.startedAtMs;
  const format = {
    encoding: 'pcm-s16le' as const,
    sampleRateHz: RATE_HZ,
    channels: 2,
    bytesPerFrame: FRAME_BYTES,
    dataOffsetBytes: HEADER_BYTES,
    frames: dataBytes / FRAME_BYTES,
  };
  await storeKey(stack, { recordingId, task, key, path, storedSizeBytes: size, sizeBytes, format });
  return {
    tenantId: task.tenantId,
    acdId: task.acdId,
    taskId: task.taskId,
    recordingId,
    generation: 1,
    storedAtMs: Date.now(),
    leg: 'main',
    isSegment: false,
    startedAtMs,
    endedAtMs: task.endedAtMs,
    format,
    channelRoles: ['caller', 'agent'],
    participantAgentIds: [],
    sha256: '0'.repeat(64),
    sizeBytes,
    storage: { path, sizeBytes: size, encryption: 'tink-aes256-gcm-hkdf', segmentSizeBytes: DEFAULT_SEGMENT_BYTES },
  };
}

interface StoredKey {
  recordingId: string;
  task: TaskEnded;
  key: Buffer;
  path: string;
  storedSizeBytes: number;
  sizeBytes: number;
  format: unknown;
}

/** The rows from which media-import hands the key to the segmenter. */
async function storeKey(stack: BenchStack, stored: StoredKey): Promise<void> {
  const { recordingId, task } = stored;
  const sealer = createSealer(parseKeyring(stack.secrets.sealingKeys['media-import']));
  const pool = createPool({ url: stack.databaseUrls['media-import'], applicationName: 'bench', max: 1 });
  await pool.query(
    `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
       ended_at_ms, channel_roles, participants, generation, known_at_ms)
     VALUES ($1, $2, $3, $4, $5, 'main', false, $6, $7, '[]', '[]', 1, $6)`,
    [recordingId, task.acdId, task.taskId, task.tenantId, recordingId, task.createdAtMs, task.endedAtMs],
  );
  await pool.query(
    `INSERT INTO recording_generation (recording_id, generation, tenant_id, path, sealed_key, segment_size_bytes,
       stored_size_bytes, size_bytes, sha256, format, stored_at_ms)
     VALUES ($1, 1, $2, $3, $4, $5, $6, $7, '', $8, $9)`,
    [
      recordingId,
      task.tenantId,
      stored.path,
      sealer.seal(stored.key, `recording:${recordingId}:1`),
      DEFAULT_SEGMENT_BYTES,
      stored.storedSizeBytes,
      stored.sizeBytes,
      JSON.stringify(stored.format),
      Date.now(),
    ],
  );
  await pool.end();
}

function* floorMessages(windows: number, key: Buffer): Generator<Buffer> {
  for (const minute of minutes(windows)) {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    yield iv;
    yield cipher.update(minute);
    cipher.final();
    yield cipher.getAuthTag();
  }
}

async function publish(databaseUrl: string, event: Parameters<typeof appendEvents>[1][number]): Promise<void> {
  const pool = createPool({ url: databaseUrl, applicationName: 'bench', max: 1 });
  await inTransaction(pool, (tx) => appendEvents(tx, [event]));
  await pool.end();
}

async function contactsOf(stack: BenchStack, taskId: string, count: number): Promise<string[]> {
  const pool = createPool({ url: stack.databaseUrls.segmenter, applicationName: 'bench', max: 1 });
  try {
    return await waitFor(
      `${count} contacts with their audio`,
      async () => {
        const { rows } = await pool.query<{ contact_id: string }>(
          `SELECT contact_id FROM contact WHERE task_id = $1 AND audio_state = 'file-uploaded' ORDER BY started_at_ms`,
          [taskId],
        );
        return rows.length === count ? rows.map((row) => row.contact_id) : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 100 },
    );
  } finally {
    await pool.end();
  }
}
