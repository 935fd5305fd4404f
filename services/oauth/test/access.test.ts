import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { faultProxy, uniqueName, waitFor } from '@wxcc-wfo/testkit';
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
let acd: { acdId: string; authorizationUrl: string; clientRef: string };

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false });
  acd = await createAcd(oauth, simulator, { name: 'The first' });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

const body = (changes: Record<string, unknown> = {}) => ({
  name: uniqueName('acd'),
  clientRef: acd.clientRef,
  username: 'admin@contactcentre.example',
  apiUrl: simulator.baseUrl,
  webexOrgId: '11111111-1111-4111-8111-111111111111',
  ...changes,
});

describe('access (rule 13)', () => {
  const routes: [string, string, object | undefined][] = [
    ['GET', '/v1/acds', undefined],
    ['POST', '/v1/acds', {}],
    ['GET', '/v1/acds/ACD', undefined],
    ['POST', '/v1/acds/ACD/authorization-requests', undefined],
    ['GET', '/v1/clients', undefined],
    ['POST', '/v1/clients', {}],
    ['GET', '/v1/clients/CLIENT', undefined],
    ['GET', '/v1/event-blobs/ACD', undefined],
  ];
  const pathOf = (path: string) => path.replace('ACD', acd.acdId).replace('CLIENT', acd.clientRef);

  it.each(routes)('%s %s: 401 without a credential', async (method, path, sent) => {
    expect(await oauth.call(pathOf(path), { key: null, method, body: sent })).toMatchObject({
      status: 401,
      body: { code: 'credential-missing' },
    });
  });

  it.each(routes.filter(([method]) => method === 'POST'))(
    '%s %s: 403 without the scope',
    async (method, path, sent) => {
      expect(await oauth.call(pathOf(path), { key: shared.keys.reader, method, body: sent })).toMatchObject({
        status: 403,
        body: { code: 'scope-missing' },
      });
    },
  );

  it.each([
    ['GET', '/v1/acds/ACD'],
    ['POST', '/v1/acds/ACD/authorization-requests'],
    ['GET', '/v1/clients/CLIENT'],
  ])('%s %s: 404 for another tenant', async (method, path) => {
    expect(await oauth.call(pathOf(path), { key: shared.keys.foreign, method })).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
  });

  it('lists nothing of another tenant, and shows no tenant to the platform', async () => {
    expect((await oauth.call('/v1/acds', { key: shared.keys.foreign })).body).toEqual({ items: [], next: null });
    expect((await oauth.call('/v1/clients', { key: shared.keys.foreign })).body).toEqual({ items: [], next: null });
    expect((await oauth.call('/v1/acds', { key: shared.keys.platform })).status).toBe(403);
  });

  it('refuses an ACD with the client of another tenant', async () => {
    const answer = await oauth.call('/v1/acds', { key: shared.keys.foreign, body: body() });
    expect(answer).toMatchObject({ status: 422, body: { field: 'clientRef' } });
  });

  it('is kept by the database itself: rows by tenant, sealed columns by nobody', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query("SELECT set_config('role', current_schema() || '_reader', true)");
      for (const table of ['acd', 'oauth_client']) {
        const { rows } = await client.query(`SELECT count(*)::int AS seen FROM ${table}`);
        expect(rows[0].seen).toBe(0);
      }
      await expect(client.query('SELECT sealed_secret FROM oauth_client')).rejects.toThrow(/permission denied/);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    await expect(
      database.pool.query('UPDATE acd SET tenant_id = gen_random_uuid() WHERE acd_id = $1', [acd.acdId]),
    ).rejects.toThrow(/acd_client_of_tenant|authorization_request/);
  });
});

describe('ACD-01 create, read and list', () => {
  it('shows the server id, the WFO tenant and the Webex organization apart, with every default, and no secret', async () => {
    const { body: read } = await oauth.call(`/v1/acds/${acd.acdId}`);
    expect(read).toMatchObject({
      acdId: acd.acdId,
      wfoTenantId: shared.tenantId,
      webexOrgId: simulator.tenant.options.orgId,
      variant: '2.0',
      qualityManagement: { enabled: true, voice: true, digital: false },
      synchronizationIntervalMinutes: 30,
      captureDelayMinutes: 15,
      dataRecapture: null,
      rteMessaging: false,
    });
    const { body: client } = await oauth.call(`/v1/clients/${acd.clientRef}`);
    expect(client).toEqual({
      clientRef: acd.clientRef,
      name: expect.any(String),
      revision: 1,
      clientId: 'simulated-client',
      createdAt: expect.any(String),
      changedAt: expect.any(String),
    });
    expect(JSON.stringify([read, client])).not.toContain('simulated-secret');
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ['a second ACD of the organization', { webexOrgId: '6F1D2C3B-4A59-4E68-9C77-8B8695A4B3C2' }, 409, 'webexOrgId'],
    ['a name in use, whatever its case', { name: 'THE FIRST' }, 409, 'name'],
    ['a personal mailbox', { username: 'someone@gmail.com' }, 422, 'username'],
    ['a host that is not allowed', { apiUrl: 'https://evil.example' }, 422, 'apiUrl'],
    ['ACD filtering (ACD-03)', { acdFiltering: {} }, 422, 'acdFiltering'],
    [
      'Voice without Quality Management',
      { qualityManagement: { enabled: false, voice: true } },
      422,
      'qualityManagement',
    ],
    [
      'an offset as a zone',
      { dataRecapture: { timeOfDay: '02:30', timeZone: '+01:00' } },
      422,
      'dataRecapture.timeZone',
    ],
    [
      'a time of day beyond the day',
      { dataRecapture: { timeOfDay: '24:00', timeZone: 'UTC' } },
      400,
      'body/dataRecapture',
    ],
    ['an interval below 10 minutes', { synchronizationIntervalMinutes: 9 }, 400, 'body/synchronizationIntervalMinutes'],
    ['a field of another variant', { mediaApiUrl: 'https://x' }, 422, 'mediaApiUrl'],
    ['a field that there is not', { colour: 'blue' }, 400, 'body/colour'],
    ['a character that no database takes', { name: 'a\u0000b' }, 400, 'body/name'],
    ['an unknown client', { clientRef: '22222222-2222-4222-8222-222222222222' }, 422, 'clientRef'],
  ])('refuses %s with field and remedy', async (_, changes, status, field) => {
    const answer = await oauth.call('/v1/acds', { body: body(changes) });
    expect(answer).toMatchObject({ status, body: { remedy: expect.any(String) } });
    expect(answer.body.field).toMatch(new RegExp(`^${field}`));
  });

  it('refuses a client of a name in use, and repeats no secret', async () => {
    const sent = { name: 'Twice', clientId: 'c', clientSecret: 'very-secret' };
    expect((await oauth.call('/v1/clients', { body: sent })).status).toBe(201);
    const again = await oauth.call('/v1/clients', { body: sent });
    expect(again).toMatchObject({ status: 409, body: { field: 'name' } });
    const wrong = await oauth.call('/v1/clients', { body: { ...sent, clientSecret: 'very-secret\u0007' } });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify([again, wrong])).not.toContain('very-secret');
  });

  it('lists by pages', async () => {
    for (const [index, name] of ['b one', 'A two'].entries()) {
      const webexOrgId = `33333333-3333-4333-8333-33333333333${index}`;
      expect(
        (await oauth.call('/v1/acds', { body: body({ name, webexOrgId, apiUrl: simulator.baseUrl }) })).status,
      ).toBe(201);
    }
    const names: string[] = [];
    let after = '';
    for (let page = 0; page < 9; page++) {
      const { body: list } = await oauth.call(`/v1/acds?limit=1&after=${encodeURIComponent(after)}`);
      names.push(...list.items.map((one: { name: string }) => one.name));
      if (list.next === null) break;
      after = list.next;
    }
    expect(names).toEqual(['A two', 'b one', 'The first']);
  });
});

describe('servers that are away', () => {
  it('Redis at the start and in operation: signs in, refreshes, and hands over when it is back', async () => {
    const { hostname, port } = new URL(shared.environment.REDIS_URL!);
    const redis = await faultProxy({ target: { host: hostname, port: Number(port) } });
    redis.refuse();
    const alone = await runOAuth(shared, { environment: { REDIS_URL: `redis://${redis.address}` } });
    try {
      expect((await fetch(`${alone.url}/ready`)).status).toBe(200);
      const again = await alone.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST' });
      expect((await browse(await signIn(again.body.authorizationUrl))).status).toBe(200);
      await database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE acd_id = $1', [acd.acdId]);
      await waitFor('the refresh', async () => {
        const { rows } = await database.pool.query('SELECT version FROM token WHERE acd_id = $1', [acd.acdId]);
        return rows[0].version === 2;
      });
      const key = `wfo:token:${acd.acdId}`;
      expect(await oauth.wiring.redis.exists(key)).toBe(0);
      redis.heal();
      await waitFor('the hand-over', async () => (await oauth.wiring.redis.hget(key, 'version')) === '2');
    } finally {
      await alone.stop();
      await redis.close();
    }
  });

  it('Kafka: the HTTP API works on, and the events wait in the outbox', async () => {
    // An outbox of its own: the others' relays would empty it.
    const apart = await oauthDatabase();
    const elsewhere = deployment(apart, simulator);
    const alone = await runOAuth(elsewhere, { topics: false, environment: { KAFKA_BROKERS: '127.0.0.1:1' } });
    try {
      const key = elsewhere.keys.own;
      const client = await alone.call('/v1/clients', { key, body: { name: 'c', clientId: 'c', clientSecret: 's' } });
      const sent = { ...body(), clientRef: client.body.clientRef };
      expect((await alone.call('/v1/acds', { key, body: sent })).status).toBe(201);
      const { rows } = await apart.pool.query('SELECT topic FROM outbox');
      expect(rows).toEqual([{ topic: 'acd-changed' }]);
      expect((await fetch(`${alone.url}/ready`)).status).toBe(200);
    } finally {
      await alone.stop();
      await apart.drop();
    }
  });
});
