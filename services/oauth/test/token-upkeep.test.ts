import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSealer, inTransaction, loadConfig, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import { findAcd } from '../src/acds/acd-repository.ts';
import { oauthConfig } from '../src/config.ts';
import { createHandover } from '../src/tokens/handover-client.ts';
import { handOverLivingTokens } from '../src/tokens/handover-job.ts';
import { refreshOneDueToken } from '../src/tokens/refresh-job.ts';
import { appendHistory, HISTORY_ENTRIES, listHistory } from '../src/tokens/token-history-repository.ts';
import { keepToken } from '../src/tokens/token-keeper.ts';
import { warnOfEndingTokens } from '../src/tokens/warning-job.ts';
import type { Wiring } from '../src/wiring.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { createAcd, type Deployment, deployment, type RunningOAuth, runOAuth } from './running-oauth.ts';
import { ModelProvider, replica, type TestClock, testClock } from './token-world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
let acdId: string;
let tenantId: string;
let clock: TestClock;
let provider: ModelProvider;
let lines: { event?: string; days?: number; message: string }[];
let replicas: Wiring[];

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false, relay: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query('UPDATE acd SET deleted = true');
  ({ acdId } = await createAcd(oauth, simulator));
  tenantId = shared.tenantId;
  clock = testClock();
  provider = new ModelProvider(clock);
  lines = [];
  const warn = (line: object, message: string) => lines.push({ ...line, message });
  const logger = { ...oauth.wiring.logger, warn, info() {}, error() {} } as never;
  replicas = [1, 2].map(() => ({ ...replica(oauth.wiring, { clock, provider }).wiring, logger }));
  await signedIn();
});

async function signedIn(): Promise<void> {
  await inTransaction(database.pool, async (tx) => {
    const acd = await findAcd(tx, acdId, true);
    await keepToken(tx, { acd: acd!, granted: provider.issue() }, { ...oauth.wiring, clock });
  });
}

const history = () => listHistory(database.pool, acdId);
const warnings = () => lines.filter(({ event }) => event === 'token-expiry-warning').map(({ days }) => days);
const look = () => Promise.all(replicas.map(warnOfEndingTokens));
const stored = async () => (await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acdId])).rows[0];

describe('AUTH-05 warnings before a refresh token ends', () => {
  it('14, 7, 3 and 1 days before: each once, by one of two replicas, with what to do', async () => {
    await look();
    expect(warnings()).toEqual([]);
    for (const days of [76, 1, 6, 1, 4, 1, 1]) {
      clock.advance(days * DAY);
      await look();
      await look();
    }
    // 90 days of life: after 76 days 14 are left, then 13, 7, 6, 2, 1, 0.
    expect(warnings()).toEqual([14, 7, 3, 1]);
    expect(lines[0]).toMatchObject({ acdId, message: expect.stringContaining('sign in before') });
    const told = (await history()).filter(({ kind }) => kind === 'warned');
    expect(told.map(({ reason }) => reason!.slice(0, 17))).toEqual([
      'Fewer than 1 days',
      'Fewer than 3 days',
      'Fewer than 7 days',
      'Fewer than 14 day',
    ]);
  });

  it('those that were missed while nobody ran are one, the nearest', async () => {
    clock.advance(88.5 * DAY);
    await look();
    expect(warnings()).toEqual([3]);
  });

  it('begin anew for the next refresh token, and not for the same one given again', async () => {
    clock.advance(80 * DAY);
    await look();
    const { refresh_expires_at_ms: endsAtMs, version } = await stored();
    // The provider gives the same refresh token; its end is said in seconds and moves by them.
    await database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE acd_id = $1', [acdId]);
    const same = async () => ({ ...provider.issue(), refreshTokenExpiresAtMs: endsAtMs + 5_000 });
    await refreshOneDueToken({ ...replicas[0]!, provider: { ...replicas[0]!.provider, refresh: same } });
    expect((await stored()).version).toBe(version + 1);
    await look();
    expect(warnings()).toEqual([14]);
    await signedIn();
    await look();
    expect(warnings()).toEqual([14]);
    clock.advance(80 * DAY);
    await look();
    expect(warnings()).toEqual([14, 14]);
  });
});

describe('AUTH-04 the history of an ACD’s tokens', () => {
  it('tells sign-ins, refreshes, failures with their number, the loss and the recovery', async () => {
    clock.advance(12 * HOUR);
    provider.plan.push('unavailable', 'unavailable', 'throttled', 'refused');
    for (let tries = 0; tries < 4; tries++) {
      expect(await refreshOneDueToken(replicas[0]!)).toBe(true);
      clock.advance(15 * 60_000);
    }
    provider.plan.push('refused');
    await refreshOneDueToken(replicas[1]!);
    clock.advance(6 * HOUR);
    provider.plan.push('refused');
    await refreshOneDueToken(replicas[0]!);
    clock.advance(6 * HOUR);
    await refreshOneDueToken(replicas[0]!);
    clock.advance(12 * HOUR);
    await refreshOneDueToken(replicas[0]!);
    expect((await history()).map(({ kind, answer, version, times }) => [kind, answer, version, times])).toEqual([
      ['refreshed', null, 3, 1],
      ['recovered', null, 2, 1],
      ['failed', 'refused', 1, 1],
      ['lost', 'refused', 1, 1],
      ['failed', 'refused', 1, 1],
      ['failed', 'throttled', 1, 1],
      ['failed', 'no-answer', 1, 2],
      ['signed-in', null, 1, 1],
    ]);
  });

  it('is bounded per ACD, and keeps the latest', async () => {
    for (let version = 1; version <= HISTORY_ENTRIES + 20; version++) {
      await appendHistory(database.pool, { tenantId, acdId, kind: 'refreshed', version, atMs: version });
    }
    const entries = await listHistory(database.pool, acdId, 10_000);
    expect(entries).toHaveLength(HISTORY_ENTRIES);
    expect(entries[0]!.version).toBe(HISTORY_ENTRIES + 20);
  });
});

describe('AUTH-06 replacing the key of what is handed over', () => {
  it('seals the tokens that lie there anew, and nothing that is newer', async () => {
    const { redis } = oauth.wiring;
    const key = `wfo:token:${acdId}`;
    await handOverLivingTokens(oauth.wiring);
    const [before, refusedNote] = [await redis.hget(key, 'sealed'), '1'];
    await redis.hset(key, 'refused', refusedNote);
    const k2 = newSealingKey();
    const writer = createSealer(parseKeyring(`k2:${k2},${shared.environment.HANDOVER_KEYS}`));
    const rotated = { ...replicas[0]!, handover: createHandover(redis, writer) };
    expect(await handOverLivingTokens(rotated)).toBe(1);
    const after = await redis.hgetall(key);
    expect(after).toMatchObject({ version: '1', refused: refusedNote });
    const retired = createSealer(parseKeyring(`k2:${k2}`));
    const opened = retired.open(after.sealed!, `${acdId}:1`).toString();
    expect(opened).toBe(
      createSealer(parseKeyring(shared.environment.HANDOVER_KEYS!)).open(before!, `${acdId}:1`).toString(),
    );
    expect(await handOverLivingTokens(rotated)).toBe(0);
    await redis.hset(key, 'version', 2);
    expect(await handOverLivingTokens(oauth.wiring)).toBe(0);
    expect(await redis.hget(key, 'sealed')).toBe(after.sealed);
    await redis.del(key);
  });
});

describe('rule 10 an emptied Redis', () => {
  it('has every token back within 10 s: at the next look, which is 5 s away at most', async () => {
    expect(loadConfig(oauthConfig, { ...shared.environment, HANDOVER_CHECK_MS: undefined }).HANDOVER_CHECK_MS).toBe(
      5_000,
    );
    const { redis } = oauth.wiring;
    const key = `wfo:token:${acdId}`;
    await handOverLivingTokens(oauth.wiring);
    expect(await redis.hget(key, 'version')).toBe('1');
    await redis.del(key);
    const running = await runOAuth(shared, { relay: false, environment: { HANDOVER_CHECK_MS: '5000' } });
    try {
      // Its first look is at once; emptied right after it, the next look must do.
      await waitFor('the first look', () => redis.exists(key));
      await redis.del(key);
      const emptiedAtMs = performance.now();
      await waitFor('the token', async () => (await redis.hget(key, 'version')) === '1');
      expect(performance.now() - emptiedAtMs).toBeLessThan(10_000);
    } finally {
      await running.stop();
      await redis.del(key);
    }
  });
});
