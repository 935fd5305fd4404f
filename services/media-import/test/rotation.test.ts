import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenSource } from '@wxcc-wfo/acd';
import { createLogger, createRewrapJob, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { testAddresses } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { keyBinding } from '../src/downloads/download-recording.ts';
import { findSealedKey } from '../src/recordings/recording-repository.ts';
import { mediaImportSealedTargets } from '../src/rotation/sealed-targets.ts';
import { mediaImportDatabase } from './media-import-database.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const [k1, k2] = [`k1:${newSealingKey()}`, `k2:${newSealingKey()}`];
const before = createSealer(parseKeyring(k1));
const writer = createSealer(parseKeyring(`${k2},${k1}`));
const retired = createSealer(parseKeyring(k2));
const [acdId, tenantId, recordingId] = [randomUUID(), randomUUID(), randomUUID()];

let database: Awaited<ReturnType<typeof mediaImportDatabase>>;
const redis = new Redis(testAddresses.redisUrl, { lazyConnect: true });
beforeAll(async () => {
  database = await mediaImportDatabase();
});
afterAll(async () => {
  redis.disconnect();
  await database?.drop();
});

describe('AUTH-06 rotation of the keys at rest of media-import', () => {
  it('knows every column of the schema that holds sealed texts', async () => {
    const { rows } = await database.pool.query(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND column_name LIKE '%sealed%' ORDER BY 1`,
    );
    const covered = mediaImportSealedTargets.map(({ table, column }) => `${table}.${column}`).sort();
    expect(rows.map((row) => row.name)).toEqual(covered);
  });

  it('keys of recordings, copies of tokens and webhook secrets open under the new key alone', async () => {
    const key = randomBytes(32);
    // What the service wrote under the old key, by the bindings that it opens them with.
    await database.pool.query('INSERT INTO access_token VALUES ($1, 3, $2, $3)', [
      acdId,
      before.seal('the token', `access-token:${acdId}:3`),
      Date.now() + 3_600_000,
    ]);
    await database.pool.query(
      `INSERT INTO webhook_subscription (acd_id, tenant_id, destination_url, secret_sealed, state)
       VALUES ($1, $2, 'https://bridge.example', $3, 'active')`,
      [acdId, tenantId, before.seal('webhook secret', `webhook:${acdId}`)],
    );
    await database.pool.query(
      `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
         ended_at_ms, channel_roles, participants, known_at_ms)
       VALUES ($1, $2, 't', $3, 'w', 'main', false, 0, 1, '[]', '[]', 0)`,
      [recordingId, acdId, tenantId],
    );
    await database.pool.query(
      `INSERT INTO recording_generation (recording_id, generation, tenant_id, path, sealed_key, segment_size_bytes,
         stored_size_bytes, size_bytes, sha256, format, stored_at_ms)
       VALUES ($1, 1, $2, 'p', $3, 1, 1, 1, '', '{}', 0), ($1, 2, $2, 'destroyed', NULL, 1, 1, 1, '', '{}', 0)`,
      [recordingId, tenantId, before.seal(key, keyBinding(recordingId, 1))],
    );

    const job = createRewrapJob({ pool: database.pool, sealer: writer, targets: mediaImportSealedTargets, logger });
    expect((await job.status()).targets.map(({ remaining }) => remaining)).toEqual([1, 1, 1]);
    await job.runOnce();
    expect(await job.status()).toMatchObject({ retirableKeyIds: ['k1'], missingKeyIds: [] });

    const after = createTokenSource({ sql: database.pool, redis, handover: retired, atRest: retired, logger });
    expect(await after.getAccessToken(acdId)).toBe('the token');
    const { rows } = await database.pool.query('SELECT secret_sealed FROM webhook_subscription');
    expect(retired.open(rows[0].secret_sealed, `webhook:${acdId}`).toString()).toBe('webhook secret');
    const found = await findSealedKey(database.pool, { recordingId, generation: 1 });
    expect(retired.open(found!.sealedKey, keyBinding(recordingId, 1)).equals(key)).toBe(true);
  });
});
