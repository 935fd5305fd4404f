import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import { dropRoles } from '../fixtures/migrated-database.ts';
import { accessMigrationsFolder, migrateService, schemaOf } from './migrate.ts';
import { createPool } from './pool.ts';

describe('migrating a service', () => {
  let folder: string;
  let database: TestDatabase;
  const roles: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kit-migrate-'));
    database = await testDatabase('migrate');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
    await dropRoles(database.adminUrl, roles);
  });

  function newService(): string {
    const service = uniqueName('kit-migrate');
    roles.push(schemaOf(service), `${schemaOf(service)}_reader`);
    return service;
  }

  function folderWith(name: string, files: Record<string, string>): string {
    const path = join(folder, name, 'migrations');
    mkdirSync(path, { recursive: true });
    for (const [file, sql] of Object.entries(files)) writeFileSync(join(path, file), `-- Up Migration\n${sql}\n`);
    return path;
  }

  async function query(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
    const pool = createPool({ url: databaseUrl, applicationName: 'test' });
    try {
      return (await pool.query(sql)).rows;
    } finally {
      await pool.end();
    }
  }

  it('may run at the same time in several processes and again later; each folder is numbered by itself', async () => {
    const service = newService();
    const own = folderWith('own', {
      '0001_a.sql': 'CREATE TABLE a (id int);',
      '0002_b.sql': 'CREATE TABLE b (id int);',
    });
    const o = { adminUrl: database.url, service, password: 'x/y@z', folders: [accessMigrationsFolder, own] };
    const results = await Promise.all(Array.from({ length: 4 }, () => migrateService(o)));
    writeFileSync(join(own, '0003_c.sql'), '-- Up Migration\nCREATE TABLE c (id int);\n');
    const { databaseUrl } = await migrateService(o);
    expect(new Set(results.map((result) => result.databaseUrl))).toEqual(new Set([databaseUrl]));
    const tables = await query(
      databaseUrl,
      'SELECT tablename AS name, tableowner = current_user AS own FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1',
    );
    expect(tables).toEqual(
      ['a', 'api_key', 'b', 'c', 'lease', 'migrations_own', 'migrations_service_kit'].map((name) => ({
        name,
        own: true,
      })),
    );
  });

  it('may run for one service in several databases at once, though its roles are shared by all of them', async () => {
    const service = newService();
    const others = await Promise.all([testDatabase('migrate'), testDatabase('migrate')]);
    const urls = await Promise.all(
      [database, ...others].map(({ url: adminUrl }) =>
        migrateService({ adminUrl, service, password: 'p', folders: [accessMigrationsFolder] }),
      ),
    );
    for (const { databaseUrl } of urls) {
      expect(await query(databaseUrl, 'SELECT count(*) AS n FROM api_key')).toEqual([{ n: 0 }]);
    }
    await Promise.all(others.map((other) => other.drop()));
  });

  it('keeps services out of each other’s schemas', async () => {
    const [one, other] = [newService(), newService()];
    const own = folderWith('secret', { '0001_a.sql': 'CREATE TABLE a (id int);' });
    const o = { adminUrl: database.url, password: 'p', folders: [own] };
    await migrateService({ ...o, service: one });
    const { databaseUrl } = await migrateService({ ...o, service: other });
    await expect(query(databaseUrl, `SELECT * FROM ${schemaOf(one)}.a`)).rejects.toMatchObject({ code: '42501' });
  });

  it('applies nothing of a migration that fails, and says which', async () => {
    const service = newService();
    const broken = folderWith('broken', {
      '0001_ok.sql': 'CREATE TABLE ok (id int);',
      '0002_bad.sql': 'CREATE TABLE bad (id nonsense);',
    });
    const o = { adminUrl: database.url, service, password: 'p', folders: [broken] };
    await expect(migrateService(o)).rejects.toThrow(/nonsense/);
    writeFileSync(join(broken, '0002_bad.sql'), '-- Up Migration\nCREATE TABLE bad (id int);\n');
    const { databaseUrl } = await migrateService(o);
    expect(await query(databaseUrl, 'SELECT name FROM migrations_broken ORDER BY id')).toEqual([
      { name: '0001_ok' },
      { name: '0002_bad' },
    ]);
  });

  it('refuses a table that a tenant’s reader may see without row-level security', async () => {
    const service = newService();
    const reader = `${schemaOf(service)}_reader`;
    const leaky = folderWith('leaky', {
      '0001_a.sql': `CREATE TABLE guarded (id int, tenant_id uuid); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
        CREATE TABLE leaky (id int, tenant_id uuid); CREATE TABLE nobodys (id int); CREATE TABLE own (id int);
        CREATE VIEW through AS SELECT * FROM guarded; GRANT SELECT (id) ON leaky TO ${reader};
        GRANT SELECT ON guarded, nobodys, through TO ${reader};`,
    });
    await expect(migrateService({ adminUrl: database.url, service, password: 'p', folders: [leaky] })).rejects.toThrow(
      `${reader} may read leaky, nobodys, through without row-level security.`,
    );
  });

  it.each(['', 'Ö', '1st', 'a;b'])('refuses %j as the name of a service', (service) => {
    expect(() => schemaOf(service)).toThrow('makes no name for a schema');
  });
});
