import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FurnishedDirectory, furnishedDirectory } from './furnished-directory.ts';
import type { RunningDirectory } from './running-directory.ts';

let sync: RunningDirectory;
let ids: FurnishedDirectory['ids'];
let pathOf: FurnishedDirectory['pathOf'];

beforeAll(async () => {
  ({ sync, ids, pathOf } = await furnishedDirectory());
});
afterAll(() => sync?.stop());

describe('cursors', () => {
  const cursorOf = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
  const ID = '22222222-2222-4222-8222-222222222222';
  it.each<[string, string]>([
    ['/v1/duplicates', cursorOf(2 ** 40, ID)],
    ['/v1/duplicates', cursorOf(50)],
    ['/v1/sync-runs/RUN/changes', cursorOf(2 ** 40)],
    ['/v1/sync-runs/RUN/changes', cursorOf(1, ID)],
    ['/v1/acds/ACD/sync-runs', cursorOf(1)],
    ['/v1/acds/ACD/sync-runs', cursorOf('1', ID)],
    ['/v1/audit-entries', cursorOf(1, ID)],
    ['/v1/merges', cursorOf(1.5)],
  ])('%s refuses one that it did not give: %s', async (path, cursor) => {
    ids.RUN = (await sync.world.runs())[0]!.runId;
    const answer = await sync.call(`${pathOf(path)}?cursor=${cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { field: 'query/cursor', remedy: expect.any(String) } });
  });
});

describe('access (rule 13)', () => {
  const reads = [
    '/v1/users',
    '/v1/users/USER',
    '/v1/users/by-acd-id/u-1',
    '/v1/teams',
    '/v1/teams/TEAM',
    '/v1/queues',
    '/v1/queues/QUEUE',
    '/v1/sites',
    '/v1/sites/SITE',
    '/v1/entry-points',
    '/v1/auxiliary-codes',
    '/v1/roles',
    '/v1/roles/ROLE',
    '/v1/permissions',
    '/v1/duplicates',
    '/v1/duplicates/DUPLICATE',
    '/v1/merges',
    '/v1/merges/MERGE',
    '/v1/audit-entries',
  ];
  const writes: [string, string, object | undefined][] = [
    ['PATCH', '/v1/users/USER', { active: false }],
    ['POST', '/v1/teams', { acdId: 'ACD', name: 'x' }],
    ['PATCH', '/v1/teams/LOCAL', { name: 'x' }],
    ['DELETE', '/v1/teams/LOCAL', undefined],
    ['POST', '/v1/roles', { name: 'x', permissions: [] }],
    ['PATCH', '/v1/roles/ROLE', { name: 'x' }],
    ['DELETE', '/v1/roles/ROLE', undefined],
    ['POST', '/v1/duplicates/DUPLICATE/merge', {}],
    ['POST', '/v1/duplicates/DUPLICATE/dismiss', {}],
    ['POST', '/v1/duplicates/merge', { duplicateIds: ['DUPLICATE'] }],
    ['POST', '/v1/duplicates/dismiss', { duplicateIds: ['DUPLICATE'] }],
    ['POST', '/v1/merges', { kind: 'user', survivorId: 'USER', mergedId: 'USER' }],
    ['POST', '/v1/merges/MERGE/undo', undefined],
  ];
  const bodyOf = (body: object | undefined) =>
    body && JSON.parse(JSON.stringify(body).replace(/[A-Z]{3,}/g, (word) => ids[word] ?? word));

  it.each([...reads.map((path) => ['GET', path, undefined] as const), ...writes])(
    '%s %s: 401 without a credential, 403 for the platform',
    async (method, path, body) => {
      const send = { method, body: bodyOf(body), ifMatch: '*' };
      expect(await sync.call(pathOf(path), { ...send, key: null })).toMatchObject({
        status: 401,
        body: { code: 'credential-missing' },
      });
      if (path === '/v1/permissions') return; // They are nobody's.
      expect(await sync.call(pathOf(path), { ...send, key: sync.keys.platform })).toMatchObject({
        status: 403,
        body: { code: 'scope-missing' },
      });
    },
  );

  it.each(writes)('%s %s: 403 without the scope', async (method, path, body) => {
    const answer = await sync.call(pathOf(path), { key: sync.keys.reader, method, body: bodyOf(body), ifMatch: '*' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope-missing' } });
  });

  it.each(reads.filter((path) => /[A-Z]/.test(path)).map((path) => [path]))(
    'GET %s: 404 for another tenant',
    async (path) => {
      expect(await sync.call(pathOf(path), { key: sync.keys.foreign })).toMatchObject({ status: 404 });
      expect((await sync.call(pathOf(path))).status).toBe(200);
    },
  );

  it.each(reads.filter((path) => !/[A-Z]|by-acd|permissions/.test(path)).map((path) => [path]))(
    'GET %s: nothing of another tenant',
    async (path) => {
      const { status, body } = await sync.call(path, { key: sync.keys.foreign });
      const own = JSON.stringify(Object.values(ids));
      expect(status).toBe(200);
      for (const item of body.items) for (const value of Object.values(item)) expect(own).not.toContain(`"${value}"`);
    },
  );

  it.each(writes.filter(([, path]) => /[A-Z]{3}/.test(path)))(
    '%s %s: 404 for another tenant',
    async (method, path, body) => {
      const before = (await sync.call('/v1/audit-entries')).body;
      const answer = await sync.call(pathOf(path), {
        key: sync.keys.foreign,
        method,
        body: bodyOf(body),
        ifMatch: '*',
      });
      expect(answer.status).toBe(404);
      expect((await sync.call('/v1/audit-entries')).body).toEqual(before);
    },
  );

  it.each<[string, object, string]>([
    ['/v1/teams', { acdId: 'ACD', name: 'x' }, 'acdId'],
    ['/v1/merges', { kind: 'user', survivorId: 'USER', mergedId: 'USER' }, 'mergedId'],
  ])('POST %s: what is another tenant’s does not exist', async (path, body, field) => {
    const answer = await sync.call(path, { key: sync.keys.foreign, body: bodyOf(body) });
    expect(answer).toMatchObject({ status: 422, body: { field } });
  });

  it('of another tenant no team and no role can be given', async () => {
    const { body: role } = await sync.call('/v1/roles', {
      key: sync.keys.foreign,
      body: { name: 'Foreign', permissions: [] },
    });
    const answer = await sync.change(pathOf('/v1/users/USER'), { roleIds: [role.roleId] });
    expect(answer).toMatchObject({ status: 422, body: { field: 'roleIds/0' } });
  });

  it('is kept by the database itself: rows by tenant, and an audit trail that nobody changes', async () => {
    const { pool } = sync.world;
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query("SELECT set_config('role', current_schema() || '_reader', true)");
      const { rows: tables } = await client.query(
        `SELECT table_name AS name FROM information_schema.columns
         WHERE table_schema = current_schema() AND column_name = 'tenant_id' ORDER BY table_name`,
      );
      // Every table that is a tenant's: those that HTTP never reads cannot be read at all.
      expect(tables.length).toBeGreaterThan(14);
      for (const { name } of tables) {
        await client.query('SAVEPOINT before');
        const seen = await client.query(`SELECT count(*)::int AS seen FROM ${name}`).then(
          ({ rows }) => rows[0].seen,
          (error) => error.code,
        );
        await client.query('ROLLBACK TO before');
        expect({ name, isHidden: seen === 0 || seen === '42501' }).toEqual({ name, isHidden: true });
      }
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    for (const change of ["UPDATE audit_entry SET subject = 'x'", 'DELETE FROM audit_entry', 'TRUNCATE audit_entry']) {
      await expect(pool.query(change)).rejects.toThrow(/append-only|permission denied/);
    }
  });
});
