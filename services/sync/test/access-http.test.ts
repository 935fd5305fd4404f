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
      for (const table of ['duplicate_candidate', 'merge_record', 'team_move', 'directory_work', 'audit_entry']) {
        const { rows } = await client.query(`SELECT count(*)::int AS seen FROM ${table}`);
        expect({ table, seen: rows[0].seen }).toEqual({ table, seen: 0 });
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

describe('the OpenAPI document', () => {
  it('has a summary, an example of every body and answer, and a description of every parameter', async () => {
    interface Operation {
      summary?: string;
      parameters?: { name: string; description?: string }[];
      requestBody?: { content: unknown };
      responses: Record<string, { content?: unknown } | undefined>;
    }
    const answer = await fetch(`${sync.url}/openapi.json`);
    const document = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
    const missing: string[] = [];
    const paths = Object.entries(document.paths).filter(([path]) =>
      /^\/v1\/(users|teams|queues|sites|entry|auxiliary|roles|permissions|duplicates|merges|audit)/.test(path),
    );
    for (const [path, methods] of paths) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        if (!operation.summary) missing.push(`${where}: summary`);
        for (const parameter of operation.parameters ?? []) {
          if (!parameter.description) missing.push(`${where}: description of ${parameter.name}`);
        }
        const bodies = [operation.requestBody, ...['200', '201'].map((status) => operation.responses[status])];
        for (const one of bodies) {
          if (one && !JSON.stringify(one.content).includes('"example')) missing.push(`${where}: example`);
        }
        for (const status of ['4XX', '5XX']) if (!operation.responses[status]) missing.push(`${where}: ${status}`);
      }
    }
    expect(missing).toEqual([]);
    expect(paths).toHaveLength(24);
  });
});
