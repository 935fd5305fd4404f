import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRoleReports } from '@wxcc-wfo/acd';
import { type AcdChanged, DATA_SERVER_ROLES, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { faultProxy, type TopicLedger, testAddresses, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { resolveDataServers } from '../src/data-servers/data-server-policy.ts';
import { listDataServers, listServedAcds } from '../src/data-servers/data-server-repository.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { createAcd, type Deployment, deployment, type RunningOAuth, runOAuth } from './running-oauth.ts';

const ALL_DEFAULT = { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' };
const NOBODY = { sync: null, capture: null, realTimeEvents: null, mediaImport: null };

let simulator: Simulator;
let database: OAuthDatabase;
let ledger: TopicLedger;
/** Each test works as a tenant of its own. */
let shared: Deployment;
let oauth: RunningOAuth;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false });
  ledger = await topicLedger(testAddresses.kafkaBrokers, `${shared.topicPrefix}${TOPICS.acdChanged}`);
});
afterAll(async () => {
  await ledger?.close();
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query('DELETE FROM data_server');
  await database.pool.query('UPDATE acd SET deleted = true');
});

interface Sent {
  method?: string;
  body?: unknown;
  ifMatch?: string;
  key?: string;
  at?: RunningOAuth;
}
async function send(path: string, o: Sent = {}) {
  const answer = await fetch(`${(o.at ?? oauth).url}${path}`, {
    method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${o.key ?? shared.keys.own}`,
      ...(o.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(o.ifMatch === undefined ? {} : { 'if-match': o.ifMatch }),
    },
    ...(o.body === undefined ? {} : { body: JSON.stringify(o.body) }),
  });
  const text = await answer.text();
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  const body: any = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, etag: answer.headers.get('etag'), body };
}
const newAcd = async (name = uniqueName('acd')) =>
  (await createAcd(oauth, simulator, { name, webexOrgId: randomUUID() })).acdId;
const create = async (name: string, roles?: object) =>
  (await send('/v1/data-servers', { body: { name, ...(roles ? { roles } : {}) } })).body.dataServerId as string;
async function choose(acdId: string, choice: object, o: Sent = {}) {
  const path = `/v1/acds/${acdId}/data-servers`;
  const { etag: ifMatch } = await send(path, o);
  return await send(path, { method: 'PUT', body: { ...NOBODY, ...choice }, ...(ifMatch ? { ifMatch } : {}), ...o });
}
const list = async (o: Sent = {}) => (await send('/v1/data-servers', o)).body.items;
async function change(dataServerId: string, body: object, o: Sent = {}) {
  const { etag } = await send(`/v1/data-servers/${dataServerId}`, o);
  return await send(`/v1/data-servers/${dataServerId}`, { method: 'PATCH', body, ifMatch: etag!, ...o });
}
const switchCapture = (dataServerId: string, enabled: boolean, o: Sent = {}) =>
  change(dataServerId, { roles: { capture: { enabled } } }, o);
/** The last event of an ACD, once it has this revision. */
async function told(acdId: string, revision: number): Promise<AcdChanged> {
  const isIt = (one: AcdChanged) => one.acdId === acdId && one.revision === revision;
  const records = await ledger.waitFor((record) => isIt(record.json<AcdChanged>()));
  return records.at(-1)!.json<AcdChanged>();
}
const revisionOf = async (acdId: string) =>
  (await database.pool.query('SELECT revision FROM acd WHERE acd_id = $1', [acdId])).rows[0].revision as number;
const auditOf = async (where: string, value: string) =>
  (
    await database.pool.query(
      `SELECT action, subject, changes FROM audit_entry WHERE action LIKE 'data-server%' AND ${where} ORDER BY audit_id`,
      [value],
    )
  ).rows;

describe('ACD-04 the default data server', () => {
  it('is there without anybody having made it, and serves every ACD in every role', async () => {
    const acdId = await newAcd('Served');
    const [fallback, ...others] = await list();
    expect(others).toEqual([]);
    expect(fallback).toMatchObject({ name: 'default', isDefault: true, revision: 1, createdAt: null });
    for (const role of DATA_SERVER_ROLES) {
      const acdsByDefault = [{ acdId, name: 'Served' }];
      expect(fallback.roles[role]).toMatchObject({ enabled: true, assignedAcds: [], acdsByDefault });
    }
    expect(await told(acdId, 1)).toMatchObject({ dataServers: ALL_DEFAULT });
  });

  it('can’t be deleted, renamed or made a second time', async () => {
    const [{ dataServerId }] = await list();
    const path = `/v1/data-servers/${dataServerId}`;
    const deleted = await send(path, { method: 'DELETE', ifMatch: '"1"' });
    expect(deleted).toMatchObject({ status: 409, body: { remedy: expect.stringContaining('Switch its roles off') } });
    expect(await change(dataServerId, { name: 'other' })).toMatchObject({ status: 422, body: { field: 'name' } });
    const again = await send('/v1/data-servers', { body: { name: 'DEFAULT' } });
    expect(again).toMatchObject({ status: 409, body: { field: 'name' } });
  });

  it('gives a new ACD what follows from its switches', async () => {
    const [{ dataServerId }] = await list();
    const changed = await switchCapture(dataServerId, false);
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: { revision: 2 } });
    expect(await told(await newAcd(), 1)).toMatchObject({ dataServers: { ...ALL_DEFAULT, capture: null } });
  });
});

describe('ACD-04 data servers', () => {
  it.each([
    ['no name', { name: '' }, 400, 'body/name'],
    ['a name that is too long', { name: 'x'.repeat(101) }, 400, 'body/name'],
    ['a name that no database takes', { name: 'a\u0000b' }, 400, 'body/name'],
    ['white space around the name', { name: ' Frankfurt' }, 422, 'name'],
    ['a role that is none', { name: 'Frankfurt', roles: { recording: { enabled: true } } }, 400, 'body/roles'],
    ['a name in use in another case', { name: 'Paris' }, 409, 'name'],
  ])('are refused for %s', async (_, body, status, field) => {
    await create('PARIS');
    const answer = await send('/v1/data-servers', { body });
    expect(answer).toMatchObject({ status, body: { remedy: expect.any(String) } });
    expect(answer.body.field).toContain(field);
  });

  it('tell every ACD that they come to serve, and no other one, with a new revision', async () => {
    const [moved, stays] = [await newAcd(), await newAcd()];
    await create('Frankfurt');
    const answer = await choose(moved, { capture: 'Frankfurt', mediaImport: 'Frankfurt' });
    const serving = { ...ALL_DEFAULT, capture: 'Frankfurt', mediaImport: 'Frankfurt' };
    const assigned = { ...NOBODY, capture: 'Frankfurt', mediaImport: 'Frankfurt' };
    expect(answer).toMatchObject({ status: 200, body: { acdId: moved, assigned, serving } });
    expect((await send(`/v1/acds/${moved}/data-servers`)).body).toEqual(answer.body);
    expect(await told(moved, 2)).toMatchObject({ dataServers: serving });
    expect([await revisionOf(moved), await revisionOf(stays)]).toEqual([2, 1]);
    const [fallback, frankfurt] = await list();
    expect(frankfurt.roles.capture).toMatchObject({ assignedAcds: [{ acdId: moved }], acdsByDefault: [] });
    expect(fallback.roles.capture).toMatchObject({ assignedAcds: [], acdsByDefault: [{ acdId: stays }] });
    expect(fallback.roles.sync.acdsByDefault).toHaveLength(2);
  });

  it('tell nobody of a choice that changes nothing', async () => {
    const acdId = await newAcd();
    expect((await choose(acdId, { capture: 'default' })).status).toBe(200);
    const [{ dataServerId }] = await list();
    expect(await switchCapture(dataServerId, true)).toMatchObject({ status: 200, etag: '"1"' });
    expect(await revisionOf(acdId)).toBe(1);
    expect(await auditOf('acd_id = $1', acdId)).toEqual([]);
  });

  it('tell of a switch to the ACDs that it concerns: nobody works, and later they work again', async () => {
    const [assigned, other] = [await newAcd(), await newAcd()];
    const frankfurt = await create('Frankfurt');
    await choose(assigned, { capture: 'Frankfurt' });
    const off = await switchCapture(frankfurt, false);
    expect(off.body.roles.capture).toMatchObject({ enabled: false, flags: [{ code: 'nobody-serves' }] });
    expect(await told(assigned, 3)).toMatchObject({ dataServers: { ...ALL_DEFAULT, capture: null } });
    await switchCapture(frankfurt, true);
    expect(await told(assigned, 4)).toMatchObject({ dataServers: { ...ALL_DEFAULT, capture: 'Frankfurt' } });
    expect(await revisionOf(other)).toBe(1);
  });

  it('tell of a new name', async () => {
    const acdId = await newAcd();
    const frankfurt = await create('Frankfurt');
    await choose(acdId, { sync: 'Frankfurt' });
    expect(await change(frankfurt, { name: 'Frankfurt 2', description: 'New' })).toMatchObject({ status: 200 });
    expect(await told(acdId, 3)).toMatchObject({ dataServers: { ...ALL_DEFAULT, sync: 'Frankfurt 2' } });
  });

  it('are changed only in the version that is meant', async () => {
    const frankfurt = await create('Frankfurt');
    const path = `/v1/data-servers/${frankfurt}`;
    const body = { description: 'x' };
    expect((await send(path)).etag).toBe('"1"');
    expect((await send(path, { method: 'PATCH', body })).status).toBe(428);
    expect((await send(path, { method: 'PATCH', body, ifMatch: '"1"' })).etag).toBe('"2"');
    expect(await send(path, { method: 'PATCH', body, ifMatch: '"1"' })).toMatchObject({ status: 412, etag: '"2"' });
    expect((await send(path, { method: 'DELETE' })).status).toBe(428);
    expect((await send(path, { method: 'DELETE', ifMatch: '"1"' })).status).toBe(412);
    expect((await send(path, { method: 'DELETE', ifMatch: '"2"' })).status).toBe(204);
    expect((await send(path)).status).toBe(404);
  });

  it('are not deleted while ACDs are assigned, which are named; a deleted ACD holds nobody up', async () => {
    const [acdId, gone] = [await newAcd('Berlin'), await newAcd('Gone')];
    const frankfurt = await create('Frankfurt');
    await choose(acdId, { capture: 'Frankfurt', sync: 'Frankfurt' });
    await choose(gone, { capture: 'Frankfurt' });
    await database.pool.query('UPDATE acd SET deleted = true WHERE acd_id = $1', [gone]);
    const remove = () => send(`/v1/data-servers/${frankfurt}`, { method: 'DELETE', ifMatch: '"1"' });
    expect(await remove()).toMatchObject({
      status: 409,
      body: { errors: [{ reason: 'The ACD Berlin is assigned to it: sync, capture.' }] },
    });
    await choose(acdId, {});
    expect((await remove()).status).toBe(204);
    expect(await told(acdId, 3)).toMatchObject({ dataServers: ALL_DEFAULT });
  });

  it('are chosen only by who knows what was chosen before', async () => {
    const acdId = await newAcd('Berlin');
    await create('Frankfurt');
    const path = `/v1/acds/${acdId}/data-servers`;
    const put = (ifMatch?: string) =>
      send(path, { method: 'PUT', body: { ...NOBODY, sync: 'Frankfurt' }, ...(ifMatch ? { ifMatch } : {}) });
    const { etag } = await send(path);
    expect(await put()).toMatchObject({ status: 428, body: { remedy: expect.stringContaining(`GET ${path}`) } });
    const chosen = await put(etag!);
    expect(chosen).toMatchObject({ status: 200, body: { assigned: { sync: 'Frankfurt' } } });
    expect(chosen.etag).not.toBe(etag);
    // Who read it before the choice of somebody else would undo that.
    expect(await put(etag!)).toMatchObject({ status: 412, etag: chosen.etag });
    expect((await put(chosen.etag!)).status).toBe(200);
  });

  it.each([
    ['an unknown name', { capture: 'Atlantis' }, 422, 'capture'],
    ['a name in another case', { sync: 'frankfurt' }, 422, 'sync'],
    ['a role that is left out', { sync: undefined }, 400, 'body'],
  ])('are not chosen by %s', async (_, choice, status, field) => {
    await create('Frankfurt');
    const answer = await choose(await newAcd(), choice);
    expect(answer).toMatchObject({ status, body: { remedy: expect.any(String) } });
    expect(answer.body.field).toContain(field);
  });
});

describe('ACD-04 a role that nobody serves', () => {
  it('is flagged until a worker of that data server lives, and not while that is unknown', async () => {
    const name = uniqueName('Frankfurt');
    const frankfurt = await create(name);
    await choose(await newAcd(), { capture: name });
    const capture = async (o: Sent = {}) => (await send(`/v1/data-servers/${frankfurt}`, o)).body.roles.capture;
    expect(await capture()).toMatchObject({ liveWorkers: 0, flags: [{ code: 'nobody-serves' }] });
    const { redis } = oauth.wiring;
    const worker = createRoleReports({ redis, role: 'capture', dataServer: name, instance: uniqueName('w') });
    worker.start();
    await waitFor('the worker', async () => (await capture()).liveWorkers === 1);
    expect((await capture()).flags).toEqual([]);
    await worker.stop();
    expect(await capture()).toMatchObject({ liveWorkers: 0, flags: [{ code: 'nobody-serves' }] });
    const { hostname, port } = new URL(shared.environment.REDIS_URL!);
    const proxy = await faultProxy({ target: { host: hostname, port: Number(port) } });
    proxy.refuse();
    const away = { jobs: false, relay: false, environment: { REDIS_URL: `redis://${proxy.address}` } };
    const at = await runOAuth(shared, away);
    try {
      expect(await capture({ at })).toMatchObject({ liveWorkers: null, flags: [] });
    } finally {
      await at.stop();
      await proxy.close();
    }
  });
});

describe('ACD-06 changes of data servers', () => {
  it('are audited, of the data server and of each ACD', async () => {
    const acdId = await newAcd();
    const name = uniqueName('Frankfurt');
    const frankfurt = await create(name);
    await choose(acdId, { capture: name });
    await switchCapture(frankfurt, false);
    const entries = await auditOf('acd_id = $1', acdId);
    expect(entries.map((one) => one.action)).toEqual([
      'data-servers-assigned',
      'data-servers-changed',
      'data-servers-changed',
    ]);
    expect(entries.map((one) => one.changes)).toEqual([
      [{ field: 'assigned.capture', before: null, after: name }],
      [{ field: 'dataServers.capture', before: 'default', after: name }],
      [{ field: 'dataServers.capture', before: name, after: null }],
    ]);
    const ofServer = await auditOf('acd_id IS NULL AND changes::text LIKE $1', `%${name}%`);
    expect(ofServer).toMatchObject([
      { action: 'data-server-created', subject: expect.stringContaining('own') },
      { action: 'data-server-changed', changes: [{ field: `dataServer ${name}: enabled` }] },
    ]);
  });
});

describe('access to data servers (rule 13)', () => {
  it('is apart for every tenant, and needs its scope', async () => {
    const acdId = await newAcd();
    const frankfurt = await create('Frankfurt');
    const { foreign: key, reader, platform } = shared.keys;
    expect(await list({ key })).toMatchObject([{ name: 'default', roles: { sync: { acdsByDefault: [] } } }]);
    expect((await send(`/v1/data-servers/${frankfurt}`, { key })).status).toBe(404);
    expect((await change(frankfurt, { description: 'x' }, { key })).status).toBe(404);
    expect((await choose(acdId, {}, { key })).status).toBe(404);
    expect((await send(`/v1/acds/${acdId}/data-servers`, { key })).status).toBe(404);
    expect((await send('/v1/data-servers', { body: { name: 'Frankfurt' }, key })).status).toBe(201);
    expect((await send('/v1/data-servers', { key: platform })).status).toBe(403);
    expect((await send('/v1/data-servers', { key: reader })).status).toBe(403);
    expect((await choose(acdId, {}, { key: reader })).status).toBe(403);
    expect((await send(`/v1/acds/${acdId}/data-servers`, { key: reader })).status).toBe(200);
  });
});

describe('two replicas', () => {
  it('ACD-04 that change switches, assignments and ACDs at once leave every ACD with what follows from them', async () => {
    const other = await runOAuth(shared, { jobs: false });
    try {
      const frankfurt = await create('Frankfurt');
      const [{ dataServerId }] = await list();
      const acds = [await newAcd(), await newAcd()];
      const retried = async (make: () => Promise<{ status: number }>) => {
        await waitFor('the change', async () => (await make()).status === 200);
      };
      await Promise.all([
        ...[oauth, other].flatMap((at, index) => [
          retried(() => switchCapture(dataServerId, index === 0, { at })),
          retried(() => switchCapture(frankfurt, index === 1, { at })),
          ...acds.map((acdId) => retried(() => choose(acdId, index === 0 ? { capture: 'Frankfurt' } : {}, { at }))),
        ]),
        newAcd(),
        newAcd(),
      ]);
      const servers = await listDataServers(database.pool, shared.tenantId);
      const served = await listServedAcds(database.pool, shared.tenantId);
      expect(served).toHaveLength(4);
      for (const { acdId, assigned, serving } of served) {
        expect(serving).toEqual(resolveDataServers(servers, assigned));
        expect(await told(acdId, await revisionOf(acdId))).toMatchObject({ dataServers: serving });
      }
    } finally {
      await other.stop();
    }
  });
});
