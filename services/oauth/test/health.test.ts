import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRoleReports, type RoleReports } from '@wxcc-wfo/acd';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { faultProxy, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { refreshOneDueToken } from '../src/tokens/refresh-job.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import {
  browse,
  createAcd,
  type Deployment,
  deployment,
  type RunningOAuth,
  runOAuth,
  signIn,
} from './running-oauth.ts';

const DAY = 86_400_000;
let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
const workers: RoleReports[] = [];

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false, relay: false, environment: { REFUSAL_CONFIRM_SECONDS: '0' } });
});
afterEach(async () => {
  simulator.tenant.faults.reset();
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await database.pool.query('UPDATE acd SET deleted = true');
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

async function authorizedAcd(): Promise<string> {
  const acd = await createAcd(oauth, simulator);
  expect((await browse(await signIn(acd.authorizationUrl))).status).toBe(200);
  return acd.acdId;
}

/** A worker of every role of a data server of this test alone. */
async function worksFor(acdId: string): Promise<Record<'sync' | 'capture' | 'mediaImport', RoleReports>> {
  const dataServer = uniqueName('server');
  await database.pool.query(
    `UPDATE acd SET data_servers = jsonb_build_object('sync', $2::text, 'capture', $2::text, 'realTimeEvents', $2::text,
       'mediaImport', $2::text) WHERE acd_id = $1`,
    [acdId, dataServer],
  );
  const made = (role: 'sync' | 'capture' | 'mediaImport') => {
    const reports = createRoleReports({ redis: oauth.wiring.redis, role, dataServer, instance: 'test' });
    workers.push(reports);
    reports.start();
    return reports;
  };
  const all = { sync: made('sync'), capture: made('capture'), mediaImport: made('mediaImport') };
  await waitFor('the workers', async () => {
    const { roles } = await health(acdId);
    return roles.filter((role: { liveWorkers: number }) => role.liveWorkers === 1).length === 3;
  });
  return all;
}

const health = async (acdId: string) => (await oauth.call(`/v1/acds/${acdId}/health`)).body;
const roleOf = async (acdId: string, role: string) =>
  (await health(acdId)).roles.find((one: { role: string }) => one.role === role);
const makeDue = (acdId: string) =>
  database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE acd_id = $1', [acdId]);

describe('OPS-02 the health of a connection', () => {
  it('is red with what to do until somebody authorizes it, then green with ages and ends', async () => {
    const acd = await createAcd(oauth, simulator);
    const before = await health(acd.acdId);
    expect(before).toMatchObject({
      acdId: acd.acdId,
      health: 'red',
      findings: expect.arrayContaining([expect.objectContaining({ code: 'not-authorized', health: 'red' })]),
      authorization: { state: 'not-authorized', upkeep: 'none', version: null, nextRefreshAt: null, warning: null },
    });
    await browse(await signIn(acd.authorizationUrl));
    await worksFor(acd.acdId);
    const after = await health(acd.acdId);
    expect(after).toMatchObject({
      health: 'green',
      remedy: null,
      findings: [],
      authorization: {
        method: 'oauth',
        state: 'authorized',
        upkeep: 'fresh',
        version: 1,
        failures: 0,
        lastFailure: null,
      },
    });
    const { ageSeconds, signedInAt, nextRefreshAt, accessTokenExpiresAt, refreshTokenDaysLeft } = after.authorization;
    expect(ageSeconds).toBeLessThan(60);
    expect(Date.parse(signedInAt)).toBe(Date.parse(after.since));
    expect(Date.parse(nextRefreshAt)).toBeLessThan(Date.parse(accessTokenExpiresAt));
    expect(refreshTokenDaysLeft).toBeGreaterThan(14);
  });

  it('shows failing refreshes, a refused refresh token and the loss, each since when and with its remedy', async () => {
    const acdId = await authorizedAcd();
    simulator.tenant.faults.add({ kind: 'server-error', routes: ['oauth'], count: 1 });
    await makeDue(acdId);
    await refreshOneDueToken(oauth.wiring);
    expect((await health(acdId)).authorization).toMatchObject({
      state: 'authorized',
      upkeep: 'retrying',
      failures: 1,
      lastFailure: { answer: 'no-answer', reason: expect.any(String) },
    });
    simulator.tenant.faults.add({ kind: 'refresh-refused', count: 1 });
    await makeDue(acdId);
    await refreshOneDueToken(oauth.wiring);
    const lost = await health(acdId);
    expect(lost).toMatchObject({
      health: 'red',
      reason: expect.stringContaining('password'),
      remedy: expect.stringContaining(`/v1/acds/${acdId}/authorization-requests`),
      authorization: { state: 'reauthorization-required', upkeep: 'lost', failures: 2 },
    });
    expect(lost.since).toBe(lost.authorization.since);
    expect((await roleOf(acdId, 'capture')).state).toMatch(/blocked|no-worker/);
  });

  it('AUTH-05 warns before the refresh token ends', async () => {
    const acdId = await authorizedAcd();
    await database.pool.query('UPDATE token SET refresh_expires_at_ms = $2 WHERE acd_id = $1', [
      acdId,
      Date.now() + 6.75 * DAY,
    ]);
    await worksFor(acdId);
    expect(await health(acdId)).toMatchObject({
      health: 'amber',
      reason: expect.stringContaining('within 7 days'),
      authorization: { refreshTokenDaysLeft: 6.7, warning: { days: 7, remedy: expect.stringContaining('sign in') } },
    });
  });

  it('ACD-04 tells the last success of each role, its next try, its problem and whether a worker lives', async () => {
    const acdId = await authorizedAcd();
    expect(await roleOf(acdId, 'realTimeEvents')).toMatchObject({ state: 'not-needed' });
    const { capture, sync } = await worksFor(acdId);
    expect(await roleOf(acdId, 'capture')).toMatchObject({ state: 'waiting', lastSuccessAt: null, problem: null });
    const nowMs = Date.now();
    capture.report(acdId, { lastSuccessAtMs: nowMs, nextTryAtMs: nowMs + 60_000, problem: null });
    sync.report(acdId, { problem: 'HTTP 403', remedy: 'Give the account the scope.', nextTryAtMs: nowMs + 60_000 });
    await waitFor('the reports', async () => (await roleOf(acdId, 'sync')).state === 'failing');
    expect(await roleOf(acdId, 'capture')).toMatchObject({
      state: 'working',
      liveWorkers: 1,
      lastSuccessAt: new Date(nowMs).toISOString(),
      nextTryAt: new Date(nowMs + 60_000).toISOString(),
    });
    expect(await health(acdId)).toMatchObject({
      health: 'amber',
      reason: 'sync: HTTP 403',
      remedy: 'Give the account the scope.',
    });
    await capture.stop();
    await waitFor('its end', async () => (await roleOf(acdId, 'capture')).state === 'no-worker');
    expect((await health(acdId)).health).toBe('red');
  });

  it('Redis away: the roles are unknown, with the reason, and the rest is told', async () => {
    const acdId = await authorizedAcd();
    const { hostname, port } = new URL(shared.environment.REDIS_URL!);
    const redis = await faultProxy({ target: { host: hostname, port: Number(port) } });
    redis.refuse();
    const alone = await runOAuth(shared, {
      jobs: false,
      relay: false,
      environment: { REDIS_URL: `redis://${redis.address}` },
    });
    try {
      const { status, body } = await alone.call(`/v1/acds/${acdId}/health`);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        health: 'amber',
        reason: expect.stringContaining('Redis'),
        authorization: { upkeep: 'fresh' },
      });
      const states = body.roles.map((role: { state: string; liveWorkers: null }) => [role.state, role.liveWorkers]);
      expect(states).toEqual([
        ['unknown', null],
        ['unknown', null],
        ['not-needed', null],
        ['unknown', null],
      ]);
    } finally {
      await alone.stop();
      await redis.close();
    }
  });

  it('rule 13 lists a tenant’s by pages, and nobody else’s', async () => {
    const names = ['b', 'A', 'c'].map((name) => `${name} ${uniqueName('page')}`);
    for (const [index, name] of names.entries()) {
      await createAcd(oauth, simulator, { name, webexOrgId: `44444444-4444-4444-8444-44444444444${index}` });
    }
    const seen: string[] = [];
    let after = '';
    for (let page = 0; page < 9; page++) {
      const { body } = await oauth.call(`/v1/acds-health?limit=2&after=${encodeURIComponent(after)}`);
      seen.push(...body.items.map((one: { name: string; health: string }) => `${one.name} ${one.health}`));
      if (body.next === null) break;
      after = body.next;
    }
    expect(seen).toEqual([names[1], names[0], names[2]].map((name) => `${name} red`));
    const { foreign, platform } = shared.keys;
    expect((await oauth.call('/v1/acds-health', { key: foreign })).body).toEqual({ items: [], next: null });
    expect((await oauth.call('/v1/acds-health', { key: platform })).status).toBe(403);
    expect((await oauth.call('/v1/acds-health', { key: null })).status).toBe(401);
  });
});

describe('AUTH-04 the support bundle', () => {
  it('has ids, domain, state, the history of failures and the guide’s causes, and no secret', async () => {
    const acdId = await authorizedAcd();
    // Nobody knows what Webex writes into its errors.
    const message = `The account of ${simulator.tenant.options.adminEmail} cannot be looked up.`;
    for (const kind of ['server-error', 'server-error', 'refresh-refused'] as const) {
      simulator.tenant.faults.add({ kind, routes: ['oauth'], count: 1, message });
      await makeDue(acdId);
      await refreshOneDueToken(oauth.wiring);
    }
    const lost = await oauth.call(`/v1/acds/${acdId}/support-bundle`, { key: shared.keys.reader });
    expect(lost.status).toBe(200);
    const { options } = simulator.tenant;
    expect(lost.body).toMatchObject({
      ids: { acdId, wfoTenantId: shared.tenantId, webexOrgId: options.orgId },
      connection: {
        variant: '2.0',
        usernameDomain: options.adminEmail.split('@')[1],
        apiHost: new URL(simulator.baseUrl).host,
      },
      health: { health: 'red', authorization: { upkeep: 'lost' } },
      possibleCauses: expect.arrayContaining([expect.stringContaining('Single sign-on')]),
    });
    const told = lost.body.history.map((entry: { kind: string; answer: string | null; times: number }) => [
      entry.kind,
      entry.answer,
      entry.times,
    ]);
    expect(told).toEqual([
      ['lost', 'refused', 1],
      ['failed', 'no-answer', 2],
      ['signed-in', null, 1],
    ]);
    expect(lost.body.history[0].reason).toMatch(/Webex said: “The account of \S+ cannot be looked up\.”$/);
    expect(lost.body.neededBySupport.map((one: { what: string; value: string | null }) => one.value)).toEqual([
      null,
      shared.tenantId,
      acdId,
      null,
      null,
    ]);
    await makeDue(acdId);
    await refreshOneDueToken(oauth.wiring);
    const healed = (await oauth.call(`/v1/acds/${acdId}/support-bundle`)).body;
    expect(healed.history[0]).toMatchObject({ kind: 'recovered', version: 2 });

    const text = JSON.stringify([lost.body, healed, await health(acdId)]);
    for (const secret of await secretsOf(acdId)) expect(text).not.toContain(secret);
    expect(text).not.toContain(options.adminEmail);
    expect(text).not.toMatch(/v1\.k1\./);
  });

  it('rule 13 is not for another tenant', async () => {
    const acdId = await authorizedAcd();
    for (const path of ['health', 'support-bundle']) {
      expect((await oauth.call(`/v1/acds/${acdId}/${path}`, { key: shared.keys.foreign })).status).toBe(404);
      expect((await oauth.call(`/v1/acds/${acdId}/${path}`, { key: null })).status).toBe(401);
    }
  });
});

/** Everything that must not be shown: sealed values, what they hold, and the keys that seal them. */
async function secretsOf(acdId: string): Promise<string[]> {
  const { rows } = await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acdId]);
  const row = rows[0]!;
  const { atRest } = oauth.wiring.seals;
  const open = (kind: 'access' | 'refresh') =>
    atRest.open(row[`sealed_${kind}`], `${kind}-token:${acdId}:${row.version}`).toString('utf8');
  const sealed = [row.sealed_access, row.sealed_refresh, row.sealed_previous_refresh];
  const clients = await database.pool.query('SELECT sealed_secret FROM oauth_client');
  const keys = [shared.environment.SEALING_KEYS!, shared.environment.HANDOVER_KEYS!].map((one) => one.split(':')[1]!);
  return [
    ...sealed,
    open('access'),
    open('refresh'),
    ...clients.rows.map((client) => client.sealed_secret),
    simulator.tenant.options.clients[0]!.secret,
    ...keys,
  ].filter((secret) => secret !== null);
}
