import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReceivedEvent } from '@wxcc-wfo/bus';
import { createLogger, createSealer, inTransaction, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { faultProxy, testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { createAcdChangedHandler, createTokenSource, NoAccessToken } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';
import { acdDatabase } from './acd-database.ts';

const NOW_MS = 1_780_000_000_000;

describe('AUTH-06 access tokens over real Redis and Postgres', () => {
  const handover = createSealer(parseKeyring(`h:${newSealingKey()}`));
  const atRest = createSealer(parseKeyring(`s:${newSealingKey()}`));
  const logger = createLogger({ service: 'test', level: 'silent' });
  let pool: Pool;
  let drop: () => Promise<void>;
  let redis: Redis;
  let acdId: string;
  beforeAll(async () => {
    ({ pool, drop } = await acdDatabase());
    redis = new Redis(testAddresses.redisUrl, { commandTimeout: 1_000, maxRetriesPerRequest: 1 });
  });
  beforeEach(() => {
    acdId = randomUUID();
  });
  afterAll(async () => {
    redis.disconnect();
    await drop();
  });

  /** A service that has just started. */
  const source = (changes: { redis?: Redis; nowMs?: number } = {}) =>
    createTokenSource({
      sql: pool,
      redis: changes.redis ?? redis,
      handover,
      atRest,
      logger,
      nowMs: () => changes.nowMs ?? NOW_MS,
    });
  const handOver = (version: number, o: { expiresAtMs?: number; boundTo?: string } = {}) =>
    redis.hset(`wfo:token:${acdId}`, {
      version,
      sealed: handover.seal(`token-${version}`, `${o.boundTo ?? acdId}:${version}`),
      expiresAtMs: o.expiresAtMs ?? NOW_MS + 3_600_000,
    });

  it('gives what was handed over, and its own sealed copy when Redis has been emptied', async () => {
    await handOver(1);
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    await redis.del(`wfo:token:${acdId}`);
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    const { rows } = await pool.query('SELECT sealed FROM access_token WHERE acd_id = $1', [acdId]);
    expect(rows[0].sealed).not.toContain('token-1');
  });

  it('works on with its own copy while Redis is away', async () => {
    await handOver(1);
    await source().getAccessToken(acdId);
    const target = new URL(testAddresses.redisUrl);
    const proxy = await faultProxy({ target: { host: target.hostname, port: Number(target.port) } });
    const away = new Redis(`redis://${proxy.address}`, { commandTimeout: 300, maxRetriesPerRequest: 0 });
    away.on('error', () => undefined);
    try {
      proxy.refuse();
      expect(await source({ redis: away }).getAccessToken(acdId)).toBe('token-1');
    } finally {
      away.disconnect();
      await proxy.close();
    }
  });

  it('never goes back to an older version, from the running source or after a restart', async () => {
    await handOver(5);
    const running = source();
    expect(await running.getAccessToken(acdId)).toBe('token-5');
    await handOver(4);
    expect(await running.copyNewer(acdId)).toBe(false);
    expect(await running.getAccessToken(acdId, 'token-5')).toBe('token-5');
    expect(await source().getAccessToken(acdId)).toBe('token-5');
    const { rows } = await pool.query('SELECT version FROM access_token WHERE acd_id = $1', [acdId]);
    expect(rows).toEqual([{ version: 5 }]);
    await handOver(6);
    expect(await running.copyNewer(acdId)).toBe(true);
    expect(await running.copyNewer(acdId)).toBe(false);
    expect(await running.getAccessToken(acdId)).toBe('token-6');
  });

  it('works from its own copy first, and asks for the next one when it was refused or is about to expire', async () => {
    await handOver(1);
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    await handOver(2, { expiresAtMs: NOW_MS + 59_999 });
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    expect(await source().getAccessToken(acdId, 'token-1')).toBe('token-2');
    await handOver(3);
    expect(await source().getAccessToken(acdId)).toBe('token-3');
  });

  it('reports a refused token that has no successor, and not one that has', async () => {
    await handOver(1);
    const tokens = source();
    expect(await tokens.getAccessToken(acdId)).toBe('token-1');
    expect(await redis.hget(`wfo:token:${acdId}`, 'refused')).toBeNull();
    expect(await tokens.getAccessToken(acdId, 'token-1')).toBe('token-1');
    expect(await redis.hget(`wfo:token:${acdId}`, 'refused')).toBe('1');
    await handOver(2);
    expect(await tokens.getAccessToken(acdId, 'token-1')).toBe('token-2');
    expect(await redis.hget(`wfo:token:${acdId}`, 'refused')).toBe('1');
  });

  it('sees at once what another replica copied', async () => {
    await handOver(1);
    const running = source();
    await running.getAccessToken(acdId);
    await handOver(2);
    await source().copyNewer(acdId);
    expect(await running.getAccessToken(acdId)).toBe('token-2');
  });

  it('says that there is none when it has expired or never was', async () => {
    await expect(source().getAccessToken(acdId)).rejects.toThrow(NoAccessToken);
    await handOver(1, { expiresAtMs: NOW_MS });
    await expect(source().getAccessToken(acdId)).rejects.toThrow(/Wait for its authorization, or authorize it again/);
  });

  it('does not take a token that was sealed for another ACD', async () => {
    await handOver(1, { boundTo: randomUUID() });
    await expect(source().getAccessToken(acdId)).rejects.toThrow(NoAccessToken);
    await expect(source().getAccessToken(acdId)).rejects.toThrow(/HANDOVER_KEYS/);
    expect((await pool.query('SELECT FROM access_token WHERE acd_id = $1', [acdId])).rowCount).toBe(0);
  });

  it('works on with its own copy when the next one can’t be opened', async () => {
    await handOver(1, { expiresAtMs: NOW_MS + 30_000 });
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    await handOver(2, { boundTo: randomUUID() });
    expect(await source().getAccessToken(acdId)).toBe('token-1');
  });

  it('copies anew when its own copy can’t be opened any more', async () => {
    await handOver(1);
    await source().getAccessToken(acdId);
    await pool.query(`UPDATE access_token SET sealed = 'v1.lost.a.b' WHERE acd_id = $1`, [acdId]);
    expect(await source().getAccessToken(acdId)).toBe('token-1');
    await redis.del(`wfo:token:${acdId}`);
    expect(await source().getAccessToken(acdId)).toBe('token-1');
  });

  it('copies a token as soon as it is announced', async () => {
    await handOver(3);
    source().copyAnnounced([{ topic: 'token-refreshed', payload: { acdId } } as ReceivedEvent]);
    await waitFor('the copy', async () => {
      const { rows } = await pool.query('SELECT version FROM access_token WHERE acd_id = $1', [acdId]);
      return rows[0]?.version === 3;
    });
  });

  it('keeps no token of a deleted ACD', async () => {
    await pool.query(`INSERT INTO acd VALUES ($1, $2, 1, true, false, '{}')`, [acdId, randomUUID()]);
    await handOver(1);
    await source().getAccessToken(acdId);
    expect((await pool.query('SELECT FROM access_token WHERE acd_id = $1', [acdId])).rowCount).toBe(0);
  });

  describe('ACD-01 a token of the account, organization or address of before', () => {
    const changed = (payload: ReturnType<typeof anAcd>) =>
      inTransaction(pool, (tx) =>
        createAcdChangedHandler()([{ payload } as ReceivedEvent<'acd-changed'>], tx).then(() => payload),
      );

    it('is used no more, although nobody said that there is a newer one, nor that it is refused', async () => {
      const acd = await changed(anAcd({ acdId }));
      await handOver(4);
      expect(await source().getAccessToken(acdId)).toBe('token-4');
      // Compaction leaves out what was between: it is authorized again already.
      await changed({ ...acd, revision: 4, username: 'other@contactcentre.example', droppedTokenVersion: 4 });
      expect((await pool.query('SELECT FROM access_token WHERE acd_id = $1', [acdId])).rowCount).toBe(0);
      await expect(source().getAccessToken(acdId)).rejects.toThrow(NoAccessToken);
      await handOver(5);
      expect(await source().getAccessToken(acdId)).toBe('token-5');
    });

    it('is not copied by a replica that lags behind, nor used if it was', async () => {
      const acd = await changed(anAcd({ acdId }));
      await handOver(4);
      await changed({ ...acd, revision: 2, droppedTokenVersion: 4 });
      await expect(source().getAccessToken(acdId)).rejects.toThrow(NoAccessToken);
      expect(await source().copyNewer(acdId)).toBe(false);
      const sealed = atRest.seal('token-4', `access-token:${acdId}:4`);
      await pool.query('INSERT INTO access_token VALUES ($1, 4, $2, $3)', [acdId, sealed, NOW_MS + 3_600_000]);
      await expect(source().getAccessToken(acdId)).rejects.toThrow(NoAccessToken);
    });
  });
});
