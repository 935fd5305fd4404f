import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createSealer, newSealingKey } from '@wxcc-wfo/service-kit';
import { redisDatabase, type TestRedis } from '@wxcc-wfo/testkit';
import { applyAcdChanges } from '../src/acds/acd-repository.ts';
import { createAccessTokens, NoTokenError } from '../src/tokens/access-tokens.ts';
import { createTokenHandover } from '../src/tokens/handover-client.ts';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';

describe('access tokens (rule 10)', () => {
  const sealer = createSealer({ current: 'k1', keys: { k1: newSealingKey() } });
  const acd = anAcd();
  const logger = createLogger({ service: 'capture', level: 'silent' });
  const clock = { nowMs: () => Date.now() };
  let database: CaptureDatabase;
  let redis: TestRedis;
  beforeAll(async () => {
    database = await captureDatabase();
    redis = await redisDatabase();
    await applyAcdChanges(database.pool, [acd]);
  });
  afterAll(async () => {
    await redis.client.del(`wfo:token:${acd.acdId}`);
    await redis.close();
    await database.close();
  });

  const handOver = (version: number, token: string, expiresInMs = 86_400_000) =>
    redis.client.hset(`wfo:token:${acd.acdId}`, {
      version,
      sealed: sealer.seal(token, `${acd.acdId}:${version}`),
      expiresAtMs: Date.now() + expiresInMs,
    });
  const tokens = () =>
    createAccessTokens({ pool: database.pool, handover: createTokenHandover(redis.client), sealer, clock, logger });
  const withoutRedis = () => {
    const read = async () => {
      throw new Error('Connection is closed.');
    };
    return createAccessTokens({ pool: database.pool, handover: { read }, sealer, clock, logger });
  };

  it('says what to do when there is none', async () => {
    await expect(tokens().current(acd.acdId)).rejects.toThrow(NoTokenError);
    await expect(tokens().current(acd.acdId)).rejects.toThrow(/Authorize it/);
  });

  it('copies what is handed over, and works on from the copy while the store is away', async () => {
    await handOver(2, 'second');
    expect(await tokens().current(acd.acdId)).toBe('second');
    expect(await withoutRedis().current(acd.acdId)).toBe('second');
    const { rows } = await database.pool.query('SELECT sealed FROM token WHERE acd_id = $1', [acd.acdId]);
    expect(rows[0].sealed).not.toContain('second');
  });

  it('never goes back to an older version', async () => {
    await handOver(1, 'first');
    expect(await tokens().copyNewer(acd.acdId)).toBe(false);
    expect(await tokens().current(acd.acdId)).toBe('second');
  });

  it('takes the next one when it is announced, or when its own is about to expire', async () => {
    await handOver(3, 'third', 1_000);
    expect(await tokens().copyNewer(acd.acdId)).toBe(true);
    expect(await tokens().copyNewer(acd.acdId)).toBe(false);
    await handOver(4, 'fourth');
    expect(await tokens().current(acd.acdId)).toBe('fourth');
  });

  it('refuses a token that was sealed for another ACD, and keeps no copy of it', async () => {
    const other = anAcd();
    await applyAcdChanges(database.pool, [other]);
    const sealed = sealer.seal('stolen', `${acd.acdId}:9`);
    const handover = { read: async () => ({ version: 9, sealed, expiresAtMs: Date.now() + 86_400_000 }) };
    const fooled = createAccessTokens({ pool: database.pool, handover, sealer, clock, logger });
    await expect(fooled.current(other.acdId)).rejects.toThrow(/HANDOVER_KEYS/);
    await expect(tokens().current(randomUUID())).rejects.toThrow(NoTokenError);
  });
});
