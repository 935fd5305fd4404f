import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { listActiveAcds } from '@wxcc-wfo/acd';
import { type ReleasedDatabase, releasedDatabase } from '@wxcc-wfo/bus/testing/released-database';
import { createLogger, createRewrapJob, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { keyBinding } from '../src/downloads/download-recording.ts';
import { findSealedKey } from '../src/recordings/recording-repository.ts';
import { mediaImportSealedTargets } from '../src/rotation/sealed-targets.ts';
import { anAcd, mediaImportMigrations } from './media-import-database.ts';

let database: ReleasedDatabase;
beforeAll(async () => {
  database = await releasedDatabase({
    service: 'media-migrations',
    folders: mediaImportMigrations,
    files: { acd: 1, 'media-import': 1 },
  });
});
afterAll(() => database?.drop());

it('AUTH-06 the recordings of a database of release 0.1 are there once it is migrated, and their keys can be rotated', async () => {
  const { dataServers: _, mediaApiUrl: __, ...acd } = anAcd();
  const { acdId, tenantId } = acd;
  const recordingId = randomUUID();
  const [k1, k2] = [`k1:${newSealingKey()}`, `k2:${newSealingKey()}`];
  const key = randomBytes(32);
  const sealed = createSealer(parseKeyring(k1)).seal(key, keyBinding(recordingId, 1));
  await database.pool.query('INSERT INTO acd VALUES ($1, $2, 1, false, true, $3)', [acdId, tenantId, acd]);
  await database.pool.query(
    `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
       ended_at_ms, channel_roles, participants, generation, known_at_ms)
     VALUES ($1, $2, 't', $3, 'w', 'main', false, 0, 1, '[]', '[]', 1, 0)`,
    [recordingId, acdId, tenantId],
  );
  const generation = `INSERT INTO recording_generation (recording_id, generation, tenant_id, path, sealed_key,
    segment_size_bytes, stored_size_bytes, size_bytes, sha256, format, stored_at_ms) VALUES ($1, $2, $3, 'p', $4, 1, 1, 1,
    'x', '{}', 1)`;
  await database.pool.query(generation, [recordingId, 1, tenantId, sealed]);
  // One whose key was destroyed.
  await database.pool.query(generation, [recordingId, 2, tenantId, null]);

  await database.migrate();
  const { pool } = database;
  const page = { afterAcdId: null, limit: 10, role: 'mediaImport', dataServer: 'default' } as const;
  expect(await listActiveAcds(pool, page)).toEqual([acd]);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const sealer = createSealer(parseKeyring(`${k2},${k1}`));
  await createRewrapJob({ pool, sealer, targets: mediaImportSealedTargets, logger }).runOnce();
  const rotated = await findSealedKey(pool, { recordingId, generation: 1 });
  expect(createSealer(parseKeyring(k2)).open(rotated!.sealedKey, keyBinding(recordingId, 1))).toEqual(key);
  const { rows } = await pool.query(
    'SELECT generation, sealed_key IS NULL AS gone FROM recording_generation ORDER BY 1',
  );
  expect(rows).toEqual([
    { generation: 1, gone: false },
    { generation: 2, gone: true },
  ]);
});
