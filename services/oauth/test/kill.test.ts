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
  testAddresses,
  topicLedger,
  waitFor,
} from '@wxcc-wfo/testkit';
import { INTENT_MS } from '../src/tokens/refresh-job.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { createAcd, type Deployment, deployment, type RunningOAuth, runOAuth, signIn } from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
let postgres: FaultProxy;
const spawned: SpawnedService[] = [];

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  // Signs in and looks; the processes that refresh are children.
  oauth = await runOAuth(shared, { jobs: false });
  const { hostname, port } = new URL(database.url);
  postgres = await faultProxy({ target: { host: hostname, port: Number(port) } });
});
afterEach(async () => {
  simulator.tenant.faults.reset();
  await Promise.all(spawned.splice(0).map((service) => service.kill('SIGKILL')));
});
afterAll(async () => {
  await postgres?.close();
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

/** A process as production runs it; it reaches Postgres through a path that can be held. */
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
      HTTP_PORT: String(port),
      REFUSAL_CONFIRM_SECONDS: '0',
      ...environment,
    },
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    url: `http://127.0.0.1:${port}`,
  });
  spawned.push(service);
  await service.ready();
  return service;
}

async function authorizedAcd(): Promise<string> {
  await database.pool.query('UPDATE acd SET deleted = true');
  const acd = await createAcd(oauth, simulator);
  expect((await fetch(await signIn(acd.authorizationUrl))).status).toBe(200);
  return acd.acdId;
}

async function stored(acdId: string) {
  const { rows } = await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acdId]);
  return rows[0]!;
}
const makeDue = (acdId: string) =>
  database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE acd_id = $1', [acdId]);

describe('AUTH-03 real processes', () => {
  it('two replicas refresh once, hand the token over, tell of it, and end in order on SIGTERM', async () => {
    const acdId = await authorizedAcd();
    const ledger = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + TOPICS.tokenRefreshed);
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
    await ledger.close();
    for (const service of replicas) {
      expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(service.output()).not.toContain(accessToken);
      expect(service.output()).not.toContain('simulated-secret');
    }
  });

  it('kill −9 between the provider’s answer and our commit: the old token works on, the heir refreshes after the intent', async () => {
    const acdId = await authorizedAcd();
    const victim = await spawnReplica();
    const before = simulator.tenant.tokens.refreshCount();
    simulator.tenant.faults.add({ kind: 'slow', routes: ['oauth'], delayMs: 400, count: 1 });
    await makeDue(acdId);
    await waitFor('the intent', async () => (await stored(acdId)).intent_id !== null);
    postgres.halfOpen();
    await waitFor('the provider’s answer', () => simulator.tenant.tokens.refreshCount() === before + 1);
    await victim.kill('SIGKILL');
    postgres.heal();

    const left = await stored(acdId);
    expect([left.version, left.intent_id === null]).toEqual([1, false]);
    const accessToken = oauth.wiring.seals.atRest.open(left.sealed_access, `access-token:${acdId}:1`).toString('utf8');
    expect(simulator.tenant.tokens.accessToken(accessToken)).toMatchObject({ clientId: 'simulated-client' });

    await spawnReplica();
    // The intent holds the heir off; then its end comes.
    expect((await stored(acdId)).version).toBe(1);
    expect(left.intent_until_ms - Date.now()).toBeGreaterThan(INTENT_MS / 2);
    await database.pool.query('UPDATE token SET intent_until_ms = 0 WHERE acd_id = $1', [acdId]);
    await waitFor('the heir', async () => (await stored(acdId)).version === 2);
    expect(simulator.tenant.tokens.refreshCount()).toBe(before + 2);
  });
});

describe('AUTH-04 real topics', () => {
  it('tells why, since when and what to do, and heals without a person', async () => {
    const acdId = await authorizedAcd();
    const lost = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + TOPICS.authorizationLost);
    const changed = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + TOPICS.acdChanged);
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
    await Promise.all([lost.close(), changed.close()]);
  });
});
