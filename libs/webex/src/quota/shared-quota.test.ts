import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type FaultProxy, faultProxy, redisDatabase, type TestRedis, waitFor } from '@wxcc-wfo/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { WorkKind } from '../port.ts';
import { type Bucket, take } from './quota-policy.ts';
import { TAKE_SCRIPT } from './quota-script.ts';
import { createSharedQuota, type SharedQuota, type SharedQuotaOptions } from './shared-quota.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await redisDatabase();
});
afterAll(() => redis.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

let keys = 0;
const newKey = () => `client-${keys++}`;

function quotaOn(client: Redis, options: Partial<SharedQuotaOptions> = {}): SharedQuota {
  const settings = { keyPrefix: redis.keyPrefix, requestsPerMinute: 6_000, expectedProcesses: 10 };
  const quota = createSharedQuota({ redis: client, ...settings, ...options });
  cleanUp.push(() => quota.close());
  return quota;
}

async function throughProxy(): Promise<{ client: Redis; proxy: FaultProxy }> {
  const { hostname: host, port } = new URL(redis.url);
  const proxy = await faultProxy({ target: { host, port: Number(port) } });
  const client = new Redis(proxy.port, proxy.host, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  cleanUp.push(
    () => proxy.close(),
    () => client.disconnect(),
  );
  await waitFor('the client to be ready', () => client.status === 'ready');
  return { client, proxy };
}

const acquireMany = (quota: SharedQuota, quotaKey: string, count: number, kind: WorkKind = 'token') =>
  Promise.all(Array.from({ length: count }, () => quota.acquire({ quotaKey, kind })));

describe('the script in Redis', () => {
  it('does what the policy says, step by step', async () => {
    const step = fc.record({
      passMs: fc.oneof(fc.nat(5_000), fc.constant(-3_000)),
      reserve: fc.constantFrom(0, 1.5, 4),
      server: fc.constantFrom('a', 'a', 'a', 'b'),
    });
    const limits = fc.record({
      capacity: fc.constantFrom(1, 8, 40.5),
      refillPerMs: fc.constantFrom(0.0001, 0.003, 0.01),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 30 }), async (bucketLimits, steps) => {
        const key = redis.keyPrefix + newKey();
        let bucket: Bucket | undefined;
        let nowMs = 1_700_000_000_000;
        for (const { passMs, reserve, server } of steps) {
          nowMs += passMs;
          const expected = take(bucket, bucketLimits, { reserve, nowMs, serverId: server });
          bucket = expected.bucket;
          const { capacity, refillPerMs } = bucketLimits;
          const reply = await redis.client.eval(TAKE_SCRIPT, 1, key, capacity, refillPerMs, reserve, nowMs, server);
          const [granted, waitMs] = reply as [number, number];
          expect(granted === 1).toBe(expected.granted);
          if (!expected.granted) expect(Math.abs(waitMs - expected.waitMs)).toBeLessThanOrEqual(1);
          expect(Number(await redis.client.hget(key, 'tokens'))).toBeCloseTo(bucket.tokens, 4);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('knows the server process by itself', async () => {
    const key = redis.keyPrefix + newKey();
    await redis.client.eval(TAKE_SCRIPT, 1, key, 10, 1, 0, '', '');
    const info = await redis.client.info('server');
    expect(await redis.client.hget(key, 'server')).toBe(/run_id:(\w+)/.exec(info)?.[1]);
  });
});

describe('a budget shared by processes', () => {
  it('lets no more through than the shared part, however many ask', async () => {
    const quotaKey = newKey();
    // 600 a minute: shared part 540 = 81 at once + 7.4 a second.
    const quotas = Array.from({ length: 4 }, () => {
      const client = redis.client.duplicate();
      cleanUp.push(() => client.disconnect());
      return quotaOn(client, { requestsPerMinute: 600, expectedProcesses: 4 });
    });
    const startMs = performance.now();
    let granted = 0;
    const stop = new AbortController();
    const asking = quotas.map(async (quota) => {
      while (!stop.signal.aborted) {
        await quota.acquire({ quotaKey, kind: 'token', signal: stop.signal });
        granted++;
      }
    });
    await waitFor('some grants', () => granted >= 12);
    stop.abort();
    await Promise.allSettled(asking);
    const seconds = (performance.now() - startMs) / 1000;
    expect(granted).toBeLessThanOrEqual(1 + (seconds * (540 * 0.85)) / 62);
  });

  it('is quick while there is budget', async () => {
    const quotaKey = newKey();
    const quota = quotaOn(redis.client);
    await acquireMany(quota, quotaKey, 1);
    await redis.client.hset(redis.keyPrefix + quotaKey, 'tokens', 500);
    const startMs = performance.now();
    await acquireMany(quota, quotaKey, 100);
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  it('CAP-08 gives leave for two seconds from the asking, by Redis or without it', async () => {
    const { client, proxy } = await throughProxy();
    const quota = quotaOn(client);
    const quotaKey = newKey();
    for (const isRedisThere of [true, false]) {
      if (!isRedisThere) proxy.refuse();
      const startMs = performance.now();
      const { sendByMs } = await quota.acquire({ quotaKey, kind: 'token' });
      expect(sendByMs).toBeGreaterThanOrEqual(startMs + 2_000);
      expect(sendByMs).toBeLessThanOrEqual(performance.now() + 2_000);
    }
  });

  it('starts empty when Redis was emptied', async () => {
    const quotaKey = newKey();
    const quota = quotaOn(redis.client, { requestsPerMinute: 300 });
    await acquireMany(quota, quotaKey, 1);
    await redis.client.hset(redis.keyPrefix + quotaKey, 'tokens', 40);
    await redis.client.del(redis.keyPrefix + quotaKey);
    const startMs = performance.now();
    await acquireMany(quota, quotaKey, 2);
    // 3.7 a second at 300 a minute.
    expect(performance.now() - startMs).toBeGreaterThan(400);
  });

  it('stops every process when one is told to wait', async () => {
    const quotaKey = newKey();
    const [one, other] = [quotaOn(redis.client), quotaOn(redis.client)];
    await acquireMany(one, quotaKey, 1);
    await one.penalise(quotaKey, 700);
    const startMs = performance.now();
    await Promise.all([acquireMany(one, quotaKey, 1), acquireMany(other, quotaKey, 1)]);
    expect(performance.now() - startMs).toBeGreaterThan(650);
    await one.penalise(quotaKey, 60_000);
    await one.penalise(quotaKey, 10);
    const soon = AbortSignal.timeout(200);
    await expect(other.acquire({ quotaKey, kind: 'token', signal: soon })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('refuses those who wait when it is closed', async () => {
    const quota = quotaOn(redis.client);
    const quotaKey = newKey();
    await quota.penalise(quotaKey, 60_000);
    const waiting = quota.acquire({ quotaKey, kind: 'sync' });
    quota.close();
    await expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(quota.acquire({ quotaKey, kind: 'sync' })).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('without Redis', () => {
  it.each(['refuse', 'halfOpen'] as const)('lives on its local part (%s) and returns by itself', async (fault) => {
    const { client, proxy } = await throughProxy();
    let fallbacks = 0;
    const settings = { requestsPerMinute: 6_000, expectedProcesses: 1, onLocalFallback: () => fallbacks++ };
    const quota = quotaOn(client, settings);
    const quotaKey = newKey();
    await acquireMany(quota, quotaKey, 2);
    proxy[fault]();
    // The local part is 600 a minute: 9.7 a second.
    await acquireMany(quota, quotaKey, 3);
    expect(fallbacks).toBe(1);
    proxy.heal();
    const stored = () => redis.client.hget(redis.keyPrefix + quotaKey, 'tokens');
    await waitFor('the shared budget to be used again', async () => {
      // One change alone may be a question of before that arrived late.
      for (let count = 0; count < 3; count++) {
        const before = await stored();
        await acquireMany(quota, quotaKey, 1);
        if ((await stored()) === before) return false;
      }
      return true;
    });
    proxy.refuse();
    await acquireMany(quota, quotaKey, 1);
    expect(fallbacks).toBe(2);
  });

  it('never lets a process have more than its part', async () => {
    const client = new Redis(1, '127.0.0.1', { retryStrategy: () => 10_000, lazyConnect: true });
    client.on('error', () => undefined);
    cleanUp.push(() => client.disconnect());
    const quota = quotaOn(client, { requestsPerMinute: 300, expectedProcesses: 10 });
    const late = AbortSignal.timeout(2_500);
    await expect(quota.acquire({ quotaKey: newKey(), kind: 'token', signal: late })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});
