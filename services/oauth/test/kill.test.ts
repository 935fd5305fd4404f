import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, type AuthorizationLost, TOPICS, type TokenRefreshed } from '@wxcc-wfo/contracts';
import { createSealer, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import {
  type FaultProxy,
  faultProxy,
  freePort,
  type SpawnedService,
  spawnService,
  type TopicLedger,
  testAddresses,
  topicLedger,
  waitFor,
} from '@wxcc-wfo/testkit';
import { INTENT_MS } from '../src/tokens/refresh-job.ts';
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

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
let postgres: FaultProxy;
let webex: FaultProxy;
const spawned: SpawnedService[] = [];
const ledgers: TopicLedger[] = [];

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  // Signs in and looks; the processes that refresh are children.
  oauth = await runOAuth(shared, { jobs: false });
  const proxyTo = ({ hostname, port }: URL) => faultProxy({ target: { host: hostname, port: Number(port) } });
  postgres = await proxyTo(new URL(database.url));
  webex = await proxyTo(new URL(simulator.baseUrl));
});
afterEach(async () => {
  simulator.tenant.faults.reset();
  simulator.tenant.tokens.settings.rotateRefreshTokens = false;
  // Whatever a failed test left behind must not fail the next one.
  for (const path of [postgres, webex]) path.heal();
  await Promise.all(spawned.splice(0).map((service) => service.kill('SIGKILL')));
  await Promise.all(ledgers.splice(0).map((ledger) => ledger.close()));
});
afterAll(async () => {
  await Promise.all([postgres?.close(), webex?.close()]);
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

async function ledgerOf(topic: string): Promise<TopicLedger> {
  const ledger = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + topic);
  ledgers.push(ledger);
  return ledger;
}

/** A process as production runs it; it reaches Postgres and the token endpoint through paths that can be held. */
async function spawnReplica(environment: Record<string, string> = {}): Promise<SpawnedService> {
  const port = await freePort();
  const throughProxy = new URL(database.url);
  throughProxy.host = postgres.address;
  const service = spawnService({
    name: 'oauth',
    entry: fileURLToPath(new URL('../src/server.ts', import.meta.url)),
    env: {
      ...shared.environment,
      DATABASE_URL: throughProxy.href,
      WEBEX_TOKEN_URL: `http://${webex.address}/v1/access_token`,
      WEBEX_ALLOWED_HOSTS: `${webex.address},${shared.environment.WEBEX_ALLOWED_HOSTS}`,
      HTTP_PORT: String(port),
      REFUSAL_CONFIRM_SECONDS: '0',
      ...environment,
    },
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    url: `http://127.0.0.1:${port}`,
  });
  spawned.push(service);
  await service.ready({ timeoutMs: 50_000 });
  return service;
}

async function authorizedAcd(): Promise<string> {
  await database.pool.query('UPDATE acd SET deleted = true');
  const acd = await createAcd(oauth, simulator);
  expect((await browse(await signIn(acd.authorizationUrl))).status).toBe(200);
  return acd.acdId;
}

async function stored(acdId: string) {
  const { rows } = await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acdId]);
  return rows[0]!;
}
const makeDue = (acdId: string) =>
  database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE acd_id = $1', [acdId]);

/** A second token that is due after the first; it does not open, so that whoever claims it records a failure. */
async function dueTokenOfAnotherAcd(acdId: string): Promise<string> {
  const other = await createAcd(oauth, simulator, { webexOrgId: '00000000-0000-4000-8000-000000000004' });
  await database.pool.query(
    `INSERT INTO token (acd_id, tenant_id, version, sealed_access, sealed_refresh, issued_at_ms, access_expires_at_ms,
       refresh_expires_at_ms, next_refresh_at_ms)
     SELECT $1, tenant_id, 1, sealed_access, sealed_refresh, issued_at_ms, access_expires_at_ms, refresh_expires_at_ms, 1
     FROM token WHERE acd_id = $2`,
    [other.acdId, acdId],
  );
  return other.acdId;
}

describe('AUTH-03 real processes', () => {
  it('two replicas refresh once, hand the token over, tell of it, and end in order on SIGTERM', async () => {
    const acdId = await authorizedAcd();
    const ledger = await ledgerOf(TOPICS.tokenRefreshed);
    const replicas = await Promise.all([spawnReplica(), spawnReplica()]);
    const before = simulator.tenant.tokens.refreshCount();
    await makeDue(acdId);
    const mine = await ledger.waitFor((record) => record.json<TokenRefreshed>().acdId === acdId, { count: 2 });
    expect(mine.map((record) => record.json<TokenRefreshed>().version)).toEqual([1, 2]);
    expect(simulator.tenant.tokens.refreshCount() - before).toBe(1);
    await waitFor(
      'the hand-over',
      async () => (await oauth.wiring.redis.hget(`wfo:token:${acdId}`, 'version')) === '2',
    );
    const { sealed } = await oauth.wiring.redis.hgetall(`wfo:token:${acdId}`);
    const accessToken = createSealer(parseKeyring(shared.environment.HANDOVER_KEYS!))
      .open(sealed!, `${acdId}:2`)
      .toString('utf8');
    for (const service of replicas) {
      expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(service.output()).not.toContain(accessToken);
      expect(service.output()).not.toContain('simulated-secret');
    }
  });

  it.each([
    ['the heir refreshes after the intent', false],
    ['where refresh tokens rotate, the one answer is lost and a person must sign in (README, “The window”)', true],
  ])('kill −9 between the provider’s answer and our commit: the old token works on; %s', async (_, rotates) => {
    simulator.tenant.tokens.settings.rotateRefreshTokens = rotates;
    const acdId = await authorizedAcd();
    const victim = await spawnReplica();
    const before = simulator.tenant.tokens.refreshCount();
    const asked = webex.accepted();
    webex.halfOpen();
    const { rows } = await database.pool.query(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
    );
    await makeDue(acdId);
    // It reads nothing more once it asks: from here on it is the commit that the held path to Postgres holds up.
    await waitFor('the call to the provider', () => webex.accepted() > asked);
    postgres.halfOpen();
    webex.heal();
    await waitFor('the provider’s answer', () => simulator.tenant.tokens.refreshCount() === before + 1);
    await victim.kill('SIGKILL');
    postgres.heal();

    const left = await stored(acdId);
    expect([left.version, left.intent_id === null]).toEqual([1, false]);
    expect(left.intent_until_ms - rows[0]!.now_ms).toBeGreaterThan(INTENT_MS / 2);
    const accessToken = oauth.wiring.seals.atRest.open(left.sealed_access, `access-token:${acdId}:1`).toString('utf8');
    expect(simulator.tenant.tokens.accessToken(accessToken)).toMatchObject({ clientId: 'simulated-client' });

    // However long this machine takes, the intent has not ended before the heir has looked: it does so in the order of
    // the due times, so when it has come to the second token, it has passed over the first.
    await database.pool.query('UPDATE token SET intent_until_ms = intent_until_ms + 3600000 WHERE acd_id = $1', [
      acdId,
    ]);
    const second = await dueTokenOfAnotherAcd(acdId);
    await spawnReplica();
    await waitFor('the heir to look', async () => (await stored(second)).failures > 0);
    expect((await stored(acdId)).version).toBe(1);
    expect(simulator.tenant.tokens.refreshCount()).toBe(before + 1);
    await database.pool.query('UPDATE token SET intent_until_ms = 0 WHERE acd_id = $1', [acdId]);
    if (!rotates) {
      await waitFor('the heir', async () => (await stored(acdId)).version === 2);
      expect(simulator.tenant.tokens.refreshCount()).toBe(before + 2);
      return;
    }
    await waitFor('the loss', async () => (await stored(acdId)).standing === 'lost');
    expect((await stored(acdId)).version).toBe(1);
    expect(simulator.tenant.tokens.accessToken(accessToken)).toMatchObject({ clientId: 'simulated-client' });
    expect((await oauth.call(`/v1/acds/${acdId}/health`)).body).toMatchObject({
      health: 'red',
      remedy: expect.stringContaining('authorization-requests'),
    });
    const again = await oauth.call(`/v1/acds/${acdId}/authorization-requests`, { method: 'POST' });
    expect((await browse(await signIn(again.body.authorizationUrl))).status).toBe(200);
    expect(await stored(acdId)).toMatchObject({ version: 2, standing: 'fresh' });
  });
});

describe('AUTH-04 real topics', () => {
  it('tells why, since when and what to do, and heals without a person', async () => {
    const acdId = await authorizedAcd();
    const lost = await ledgerOf(TOPICS.authorizationLost);
    const changed = await ledgerOf(TOPICS.acdChanged);
    simulator.tenant.faults.add({ kind: 'refresh-refused', count: 1 });
    await spawnReplica();
    await makeDue(acdId);
    const [record] = await lost.waitFor((one) => one.key === acdId);
    expect(record!.json<AuthorizationLost>()).toMatchObject({
      tenantId: shared.tenantId,
      code: 'refresh-token-refused',
      remedy: expect.stringContaining('authorization URL'),
      possibleCauses: expect.arrayContaining([expect.stringContaining('password')]),
    });
    await makeDue(acdId);
    const changes = await changed.waitFor((one) => one.key === acdId, { count: 4 });
    expect(changes.map((one) => one.json<AcdChanged>().authorization)).toEqual([
      'not-authorized',
      'authorized',
      'reauthorization-required',
      'authorized',
    ]);
  });
});
