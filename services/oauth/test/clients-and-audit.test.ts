import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { uniqueName } from '@wxcc-wfo/testkit';
import { appendAudit } from '../src/audit/audit-repository.ts';
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
  oauth = await runOAuth(shared, { jobs: false, relay: false, topics: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query('UPDATE acd SET deleted = true');
  acd = await createAcd(oauth, simulator);
});

const client = () => oauth.call(`/v1/clients/${acd.clientRef}`);
const changeClient = async (method: string, body?: unknown, ifMatch?: string) =>
  oauth.call(`/v1/clients/${acd.clientRef}`, { method, body, ifMatch: ifMatch ?? (await client()).etag });
const audit = async (query = `acdId=${acd.acdId}`) => (await oauth.call(`/v1/audit-entries?${query}`)).body;

describe('clients (CAP-08)', () => {
  it('change their name and their secret, under If-Match, and show no secret', async () => {
    const name = uniqueName('renamed');
    expect(await changeClient('PATCH', { name }, '"7"')).toMatchObject({ status: 412 });
    expect(await changeClient('PATCH', { name })).toMatchObject({ status: 200, etag: '"2"', body: { name } });
    const saved = await changeClient('PATCH', { clientSecret: 'a-new-secret' });
    expect(saved).toMatchObject({ status: 200, body: { revision: 3, name } });
    const entries = await audit(`clientRef=${acd.clientRef}`);
    expect(JSON.stringify([saved, entries])).not.toContain('a-new-secret');
    expect(entries.items.map((entry: { action: string }) => entry.action)).toEqual([
      'client-changed',
      'client-changed',
      'client-created',
    ]);
    expect(entries.items[0].changes).toEqual([{ field: 'clientSecret', before: null, after: 'changed' }]);
  });

  it('keep their client id: another one is another client', async () => {
    expect(await changeClient('PATCH', { clientId: 'other' })).toMatchObject({
      status: 400,
      body: { field: 'body/clientId' },
    });
  });

  it('AUTH-04: with a new secret, a refresh that was refused is tried at once; one that has ended stays ended', async () => {
    expect((await browse(await signIn(acd.authorizationUrl))).status).toBe(200);
    const inAnHour = Date.now() + 3_600_000;
    const next = async () => {
      const { rows } = await database.pool.query('SELECT next_refresh_at_ms FROM token WHERE acd_id = $1', [acd.acdId]);
      return rows[0].next_refresh_at_ms === null ? null : Number(rows[0].next_refresh_at_ms);
    };
    const set = (standing: string, failures: number, nextAtMs: number | null) =>
      database.pool.query('UPDATE token SET standing = $2, failures = $3, next_refresh_at_ms = $4 WHERE acd_id = $1', [
        acd.acdId,
        standing,
        failures,
        nextAtMs,
      ]);
    await set('fresh', 0, inAnHour);
    await changeClient('PATCH', { clientSecret: 'first' });
    expect(await next()).toBe(inAnHour);
    await set('lost', 3, inAnHour);
    await changeClient('PATCH', { name: uniqueName('renamed') });
    expect(await next()).toBe(inAnHour);
    await changeClient('PATCH', { clientSecret: 'second' });
    expect(await next()).toBeLessThan(inAnHour - 3_000_000);
    await set('ended', 3, null);
    await changeClient('PATCH', { clientSecret: 'third' });
    expect(await next()).toBeNull();
  });

  it('are not deleted while ACDs use them, which are named', async () => {
    const refused = await changeClient('DELETE');
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringContaining(acd.acdId) },
    });
    await oauth.call(`/v1/acds/${acd.acdId}`, { method: 'DELETE', ifMatch: '"1"' });
    expect(await changeClient('DELETE')).toMatchObject({ status: 204 });
    expect((await client()).status).toBe(404);
    expect((await audit(`clientRef=${acd.clientRef}`)).items[0]).toMatchObject({ action: 'client-deleted' });
  });

  it('are never deleted under an ACD that is created at the same moment', async () => {
    const { acdId, clientRef } = acd;
    const body = {
      name: uniqueName('acd'),
      clientRef,
      username: simulator.tenant.options.adminEmail,
      apiUrl: simulator.baseUrl,
      webexOrgId: '66666666-6666-4666-8666-666666666666',
    };
    await oauth.call(`/v1/acds/${acdId}`, { method: 'DELETE', ifMatch: '"1"' });
    const { etag } = await client();
    const [made, removed] = await Promise.all([
      oauth.call('/v1/acds', { body }),
      oauth.call(`/v1/clients/${clientRef}`, { method: 'DELETE', ifMatch: etag }),
    ]);
    expect([
      [201, 409],
      [422, 204],
    ]).toContainEqual([made.status, removed.status]);
  });

  it('are another tenant’s neither to change nor to delete', async () => {
    const { foreign: key } = shared.keys;
    const path = `/v1/clients/${acd.clientRef}`;
    expect((await oauth.call(path, { key, method: 'PATCH', body: { name: 'x' }, ifMatch: '"1"' })).status).toBe(404);
    expect((await oauth.call(path, { key, method: 'DELETE', ifMatch: '"1"' })).status).toBe(404);
  });
});

describe('ACD-06 the audit trail', () => {
  it('says who did what to an ACD from its creation to its end, also when it is deleted', async () => {
    const path = `/v1/acds/${acd.acdId}`;
    expect((await browse(await signIn(acd.authorizationUrl))).status).toBe(200);
    const { etag } = await oauth.call(path);
    const changed = await oauth.call(path, { method: 'PATCH', body: { captureDelayMinutes: 20 }, ifMatch: etag });
    await oauth.call(path, { method: 'DELETE', ifMatch: changed.etag });
    const { items } = await audit();
    const actions = items.map((entry: { action: string }) => entry.action);
    expect([actions[0], actions[1], actions.at(-1)]).toEqual(['acd-deleted', 'acd-changed', 'acd-created']);
    expect(actions).toContain('authorization-changed');
    expect(items[1]).toMatchObject({
      subject: 'key:own',
      acdId: acd.acdId,
      occurredAt: expect.any(String),
      changes: [{ field: 'captureDelayMinutes', before: 15, after: 20 }],
    });
    expect(items.at(-1).changes).toContainEqual({
      field: 'username',
      before: null,
      after: simulator.tenant.options.adminEmail,
    });
    expect(items[0].changes).toContainEqual({
      field: 'username',
      before: simulator.tenant.options.adminEmail,
      after: null,
    });
    expect(JSON.stringify(items)).not.toContain('simulated-secret');
  });

  it('is written with the change or not at all', async () => {
    await database.pool.query('ALTER TABLE audit_entry ADD CONSTRAINT full_trail CHECK (false) NOT VALID');
    try {
      const { etag } = await oauth.call(`/v1/acds/${acd.acdId}`);
      const body = { captureDelayMinutes: 20 };
      expect((await oauth.call(`/v1/acds/${acd.acdId}`, { method: 'PATCH', body, ifMatch: etag })).status).toBe(500);
      expect((await oauth.call(`/v1/acds/${acd.acdId}`)).etag).toBe(etag);
    } finally {
      await database.pool.query('ALTER TABLE audit_entry DROP CONSTRAINT full_trail');
    }
  });

  it('pages and filters by who and when', async () => {
    const { etag } = await oauth.call(`/v1/acds/${acd.acdId}`);
    await oauth.call(`/v1/acds/${acd.acdId}`, { method: 'PATCH', body: { rteMessaging: true }, ifMatch: etag });
    const all = (await audit()).items;
    const paged: unknown[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = await audit(`acdId=${acd.acdId}&limit=1${next ? `&before=${next}` : ''}`);
      paged.push(...page.items);
      next = page.next;
    }
    expect(paged).toEqual(all);
    const [{ occurredAt: newest }] = all;
    const since = encodeURIComponent(newest);
    expect((await audit(`acdId=${acd.acdId}&from=${since}`)).items).toEqual(
      all.filter((entry: { occurredAt: string }) => entry.occurredAt >= newest),
    );
    expect((await audit(`acdId=${acd.acdId}&to=${since}`)).items).toEqual(
      all.filter((entry: { occurredAt: string }) => entry.occurredAt < newest),
    );
    expect((await audit(`acdId=${acd.acdId}&subject=key:own`)).items).toEqual(all);
    expect((await audit(`acdId=${acd.acdId}&subject=key:nobody`)).items).toEqual([]);
  });

  it('is the tenant’s own, and needs a scope of its own', async () => {
    const path = `/v1/audit-entries?acdId=${acd.acdId}`;
    expect((await oauth.call(path, { key: shared.keys.foreign })).body).toEqual({ items: [], next: null });
    expect((await oauth.call(path, { key: shared.keys.reader })).status).toBe(403);
    expect((await oauth.call(path, { key: null })).status).toBe(401);
  });

  it.each(["UPDATE audit_entry SET subject = 'x'", 'DELETE FROM audit_entry', 'TRUNCATE audit_entry'])(
    'is append-only in the database: %s is refused, to its owner as well',
    async (statement) => {
      await expect(database.pool.query(statement)).rejects.toThrow(/append-only|permission denied/);
      await expect(
        database.pool.query(`DO $$ BEGIN EXECUTE 'GRANT ALL ON audit_entry TO ' || current_user; ${statement}; END $$`),
      ).rejects.toThrow(/append-only/);
    },
  );

  it('takes no entry with a secret', async () => {
    const entry = { tenantId: shared.tenantId, acdId: acd.acdId, subject: 'key:own', action: 'x', occurredAtMs: 0 };
    const changes = [{ field: 'apiKey', before: null, after: 'a value' }];
    await expect(appendAudit(database.pool, { ...entry, changes })).rejects.toThrow(/apiKey/);
  });
});
