import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@wxcc-wfo/service-kit';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import { rememberOffered, type StoredFile, storeGeneration } from '../src/recordings/recording-repository.ts';
import { type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';

const NOW_MS = 1_780_000_000_000;
const AGENT_A = 'a1000000-0000-4000-8000-000000000007';
const AGENT_B = 'b2000000-0000-4000-8000-000000000008';

const captured = (changes: Partial<CapturedRecording> = {}): CapturedRecording => ({
  webexRecordingId: 'recording-1',
  isSegment: false,
  fileName: 'call.wav',
  url: 'https://storage.example/call.wav?signature=x',
  startedAtMs: NOW_MS - 60_000,
  endedAtMs: NOW_MS,
  participants: [AGENT_A, '+140855****'],
  channelRoles: ['caller', 'agent'],
  leg: 'main',
  sensitive: false,
  ...changes,
});
const FILE: StoredFile = {
  path: 'call.tink',
  sealedKey: 'sealed',
  segmentSizeBytes: 65_536,
  storedSizeBytes: 1_920_100,
  sizeBytes: 1_920_044,
  sha256: '0'.repeat(64),
  format: { encoding: 'pcm-s16le', sampleRateHz: 8_000, channels: 2, bytesPerFrame: 4, dataOffsetBytes: 44, frames: 1 },
};

describe('MED-03 what the ACD says of a recording is corrected', () => {
  let database: MediaImportDatabase;
  let job: Parameters<typeof rememberOffered>[1];
  beforeAll(async () => {
    database = await mediaImportDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    job = { acdId: randomUUID(), tenantId: randomUUID(), taskId: randomUUID(), webexOrgId: 'org' };
  });

  const look = (...recordings: CapturedRecording[]) =>
    inTransaction(database.pool, (tx) => rememberOffered(tx, job, recordings, NOW_MS));
  async function stored() {
    const { offered } = await look(captured());
    return await inTransaction(database.pool, (tx) => storeGeneration(tx, job, offered[0]!, FILE, NOW_MS));
  }
  const ids = async () => {
    const { rows } = await database.pool.query('SELECT recording_id FROM recording WHERE task_id = $1', [job.taskId]);
    return rows.map((row) => row.recording_id);
  };

  it('its clock: told at the next revision, with the file that is stored, under its id', async () => {
    const first = await stored();
    expect(first).not.toHaveProperty('revision');
    const corrected = captured({ startedAtMs: NOW_MS - 58_000, endedAtMs: NOW_MS + 2_000 });
    const { offered, revised } = await look(corrected);
    expect(offered).toMatchObject([{ recordingId: first.recordingId, generation: 1 }]);
    expect(revised).toEqual([{ ...first, revision: 2, startedAtMs: NOW_MS - 58_000, endedAtMs: NOW_MS + 2_000 }]);
    expect(await ids()).toEqual([first.recordingId]);
    expect((await look(corrected)).revised).toEqual([]);
    expect((await look(captured())).revised).toMatchObject([{ revision: 3, startedAtMs: first.startedAtMs }]);
  });

  it.each<[string, Partial<CapturedRecording>, object]>([
    ['its stop', { endedAtMs: NOW_MS - 1_000 }, { endedAtMs: NOW_MS - 1_000 }],
    ['its channels', { channelRoles: ['agent', 'caller'] }, { channelRoles: ['agent', 'caller'] }],
    ['its agents', { participants: [AGENT_B, AGENT_A] }, { participantAgentIds: [AGENT_B, AGENT_A] }],
  ])('%s', async (_, changes, told) => {
    const first = await stored();
    expect((await look(captured(changes))).revised).toEqual([{ ...first, revision: 2, ...told }]);
  });

  it('nothing: another order of its agents and another customer’s address are no news', async () => {
    await stored();
    const both = await look(captured({ participants: [AGENT_A, AGENT_B] }));
    expect(both.revised).toHaveLength(1);
    expect((await look(captured({ participants: [AGENT_B, AGENT_A, '+1972****'] }))).revised).toEqual([]);
  });

  it('before its file is stored: the file is stored with what is said last, once', async () => {
    await look(captured());
    const { offered, revised } = await look(captured({ startedAtMs: NOW_MS - 58_000 }));
    expect(revised).toEqual([]);
    expect(offered).toMatchObject([{ generation: null }]);
    const event = await inTransaction(database.pool, (tx) => storeGeneration(tx, job, offered[0]!, FILE, NOW_MS));
    expect(event).toMatchObject({ startedAtMs: NOW_MS - 58_000, generation: 1 });
    expect(await ids()).toEqual([event.recordingId]);
  });

  it('one of two, offered twice in one answer: the other one stays as it is', async () => {
    const first = await stored();
    const segment = captured({ webexRecordingId: 'recording-2', isSegment: true });
    await look(captured(), segment);
    const later = { ...segment, startedAtMs: NOW_MS - 50_000 };
    const { offered, revised } = await look(captured(), later, later);
    expect(offered.map(({ generation }) => generation)).toEqual([1, null]);
    expect(revised).toEqual([]);
    expect(await ids()).toHaveLength(2);
    expect(await ids()).toContain(first.recordingId);
  });
});
