import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultProxy, redisDatabase, type TestRedis, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { countWorkers, createRoleReports, readRoleReports } from '../src/index.ts';

const NOW_MS = 1_780_000_000_000;

describe('ACD-04 reports of the roles over real Redis', () => {
  let test: TestRedis;
  /** Keys go under the test’s own prefix. */
  let redis: Redis;
  beforeAll(async () => {
    test = await redisDatabase();
    redis = new Redis(test.url, { keyPrefix: test.keyPrefix });
  });
  afterAll(async () => {
    redis.disconnect();
    await test.close();
  });

  const aWorker = (changes: { dataServer?: string; nowMs?: () => number; redis?: Redis } = {}) => {
    const instance = uniqueName('worker');
    const worker = { role: 'capture', dataServer: changes.dataServer ?? 'default', instance } as const;
    return createRoleReports({ nowMs: () => NOW_MS, redis, ...changes, ...worker });
  };
  const reportOn = async (acdId: string) => (await readRoleReports(redis, [acdId])).get(acdId);

  it('counts the living workers of a role and data server, whatever its name', async () => {
    const names = ['default', 'default:x', 'de*', '東京 1'];
    const workers = [...names, 'default'].map((dataServer) => aWorker({ dataServer }));
    for (const worker of workers) worker.start();
    for (const [name, count] of [['default', 2], ...names.slice(1).map((one) => [one, 1] as const)] as const) {
      await waitFor(`workers of ${name}`, async () => (await countWorkers(redis, 'capture', name)) === count);
    }
    expect(await countWorkers(redis, 'mediaImport', 'default')).toBe(0);
    await workers[0]!.stop();
    expect(await countWorkers(redis, 'capture', 'default')).toBe(1);
    for (const worker of workers) await worker.stop();
    expect(await countWorkers(redis, 'capture', 'default')).toBe(0);
  });

  it('does not count a worker that died without a word', async () => {
    const worker = aWorker({ dataServer: 'dies' });
    worker.start();
    await waitFor('the worker', async () => (await countWorkers(redis, 'capture', 'dies')) === 1);
    const [instance] = await redis.zrange('wfo:workers:capture:dies', '0', '-1');
    // Its last heartbeat was a minute ago.
    await redis.zadd('wfo:workers:capture:dies', 'XX', String(Date.now() - 1), String(instance));
    expect(await countWorkers(redis, 'capture', 'dies')).toBe(0);
    await worker.stop();
  });

  it('keeps what a report leaves out, and since when there is a problem', async () => {
    const acdId = randomUUID();
    let nowMs = NOW_MS;
    const worker = aWorker({ nowMs: () => nowMs });
    const other = aWorker({ nowMs: () => nowMs });
    worker.report(acdId, { lastSuccessAtMs: NOW_MS, nextTryAtMs: NOW_MS + 10_000, problem: null });
    await waitFor('the report', async () => (await reportOn(acdId))?.capture?.lastSuccessAtMs === NOW_MS);
    nowMs += 10_000;
    other.report(acdId, { nextTryAtMs: nowMs + 20_000, problem: 'Webex is away.', remedy: 'Nothing.' });
    await waitFor('the problem', async () => (await reportOn(acdId))?.capture?.problem === 'Webex is away.');
    nowMs += 20_000;
    worker.report(acdId, { problem: 'Webex is still away.' });
    await waitFor('the next one', async () => (await reportOn(acdId))?.capture?.reportedAtMs === nowMs);
    expect(await reportOn(acdId)).toEqual({
      capture: {
        dataServer: 'default',
        instance: expect.stringContaining('worker'),
        reportedAtMs: NOW_MS + 30_000,
        lastSuccessAtMs: NOW_MS,
        nextTryAtMs: NOW_MS + 30_000,
        problem: 'Webex is still away.',
        remedy: 'Nothing.',
        problemSinceMs: NOW_MS + 10_000,
      },
    });
    nowMs += 1;
    worker.report(acdId, { lastSuccessAtMs: nowMs, problem: null });
    await waitFor('its end', async () => (await reportOn(acdId))?.capture?.problem === null);
    expect((await reportOn(acdId))?.capture).toMatchObject({ remedy: null, problemSinceMs: null });
  });

  it('has nothing of an ACD that nobody reported on', async () => {
    const acdId = randomUUID();
    expect(await readRoleReports(redis, [acdId])).toEqual(new Map([[acdId, {}]]));
  });

  it('is no error while Redis is away, and lives again when it is back', async () => {
    const target = new URL(test.url);
    const proxy = await faultProxy({ target: { host: target.hostname, port: Number(target.port) } });
    const away = new Redis(`redis://${proxy.address}`, {
      keyPrefix: test.keyPrefix,
      commandTimeout: 300,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    });
    away.on('error', () => undefined);
    const worker = aWorker({ dataServer: 'away', redis: away });
    try {
      proxy.refuse();
      worker.report(randomUUID(), { problem: 'x' });
      worker.start();
      proxy.heal();
      await waitFor('the worker', async () => (await countWorkers(redis, 'capture', 'away')) === 1);
      proxy.refuse();
      await worker.stop();
    } finally {
      away.disconnect();
      await proxy.close();
    }
  });
});
