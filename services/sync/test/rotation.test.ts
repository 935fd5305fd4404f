import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acdSealedTargets, createTokenSource } from '@wxcc-wfo/acd';
import { createLogger, createRewrapJob, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { testAddresses } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { type SyncDatabase, syncDatabase } from './sync-database.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const [k1, k2] = [`k1:${newSealingKey()}`, `k2:${newSealingKey()}`];
const before = createSealer(parseKeyring(k1));
const writer = createSealer(parseKeyring(`${k2},${k1}`));
const retired = createSealer(parseKeyring(k2));

let database: SyncDatabase;
const redis = new Redis(testAddresses.redisUrl, { lazyConnect: true });
beforeAll(async () => {
  database = await syncDatabase();
});
afterAll(async () => {
  redis.disconnect();
  await database?.drop();
});

describe('AUTH-06 rotation of the keys at rest of sync', () => {
  it('knows every column of the schema that holds sealed texts', async () => {
    const { rows } = await database.pool.query(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND column_name LIKE '%sealed%' ORDER BY 1`,
    );
    expect(rows.map((row) => row.name)).toEqual(
      acdSealedTargets.map(({ table, column }) => `${table}.${column}`).sort(),
    );
  });

  it('copies of tokens open under the new key alone, so that the old one can be retired', async () => {
    const acdIds = Array.from({ length: 3 }, () => randomUUID());
    for (const acdId of acdIds) {
      await database.pool.query('INSERT INTO access_token VALUES ($1, 3, $2, $3)', [
        acdId,
        before.seal(`the token of ${acdId}`, `access-token:${acdId}:3`),
        Date.now() + 3_600_000,
      ]);
    }
    const job = createRewrapJob({ pool: database.pool, sealer: writer, targets: acdSealedTargets, logger });
    expect((await job.status()).retirableKeyIds).toEqual([]);
    await job.runOnce();
    expect(await job.status()).toMatchObject({ retirableKeyIds: ['k1'], missingKeyIds: [] });
    const tokens = createTokenSource({ sql: database.pool, redis, handover: retired, atRest: retired, logger });
    for (const acdId of acdIds) expect(await tokens.getAccessToken(acdId)).toBe(`the token of ${acdId}`);
  });
});
