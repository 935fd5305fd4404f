import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import { claimJobs, type ImportJob, upsertJobs } from '../src/jobs/job-repository.ts';
import { rememberOffered, type StoredFile, storeGeneration } from '../src/recordings/recording-repository.ts';
import { type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';

const NOW_MS = 1_780_000_000_000;
const TASK = '7c0f0b52-1b1e-4a55-8b0e-1f0d3c1c8a11';

const captured: CapturedRecording = {
  webexRecordingId: 'recording-1',
  isSegment: false,
  fileName: 'call.wav',
  url: 'https://storage.example/call.wav?signature=x',
  startedAtMs: NOW_MS - 10_000,
  endedAtMs: NOW_MS,
  participants: [],
  channelRoles: ['caller', 'agent'],
  leg: 'main',
  sensitive: false,
};
const file = (path: string): StoredFile => ({
  path,
  sealedKey: 'sealed',
  segmentSizeBytes: 65_536,
  storedSizeBytes: 100,
  sizeBytes: 60,
  sha256: '0'.repeat(64),
  format: { encoding: 'mulaw', sampleRateHz: 8_000, channels: 2, bytesPerFrame: 2, dataOffsetBytes: 58, frames: 1 },
});

describe('one Webex organization under several ACD connections (rule 13)', () => {
  let database: MediaImportDatabase;
  beforeAll(async () => {
    database = await mediaImportDatabase();
  });
  afterAll(() => database.drop());

  /** The same ended call as another connection sees it. */
  async function jobOf(acdId: string, tenantId: string): Promise<ImportJob> {
    await database.pool.query(
      `INSERT INTO acd (acd_id, tenant_id, revision, deleted, active, configuration) VALUES ($1, $2, 1, false, true, '{}')`,
      [acdId, tenantId],
    );
    const job = { acdId, tenantId, taskId: TASK, webexOrgId: 'org', endedAtMs: NOW_MS, recordingExpected: true };
    await upsertJobs(database.pool, [{ ...job, traceparent: null, taskRevision: 1 }], NOW_MS);
    return (
      await claimJobs(database.pool, { acdId, dataServer: 'default', nowMs: NOW_MS, leaseMs: 60_000, limit: 1 })
    )[0]!;
  }

  it('a connection made anew, or another tenant’s, imports the recording for itself', async () => {
    const tenant = randomUUID();
    const seen: string[] = [];
    for (const owner of [tenant, tenant, randomUUID()]) {
      const job = await jobOf(randomUUID(), owner);
      const [offered] = (await rememberOffered(database.pool, job, [captured], NOW_MS)).offered;
      expect(offered!.generation).toBeNull();
      const payload = await storeGeneration(database.pool, job, offered!, file(`${job.acdId}.tink`), NOW_MS);
      expect(payload).toMatchObject({ tenantId: owner, acdId: job.acdId, generation: 1 });
      const [again] = (await rememberOffered(database.pool, job, [captured], NOW_MS)).offered;
      expect(again).toMatchObject({ recordingId: offered!.recordingId, generation: 1 });
      seen.push(offered!.recordingId);
    }
    expect(new Set(seen).size).toBe(3);
  });
});
