import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { accessMigrationsFolder, createPool, migrateService, schemaOf } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { acdMigrationsFolder, listActiveAcds } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
const service = uniqueName('t-acd-migrations').slice(0, 40);
let folder: string;
let pool: Pool | undefined;
beforeAll(async () => {
  database = await testDatabase('acd-migrations');
  folder = await mkdtemp(join(tmpdir(), 'acd-migrations-'));
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
  const admin = createPool({ url: database.adminUrl, applicationName: 'test' });
  await admin.query(`DROP ROLE IF EXISTS ${schemaOf(service)}, ${schemaOf(service)}_reader`);
  await admin.end();
  await rm(folder, { recursive: true, force: true });
});

it('ACD-04 the ACDs of a database of release 0.1 are served by the default data server once it is migrated', async () => {
  // Named as the lib's own, so that its files are known as applied.
  const released = join(folder, 'acd', 'migrations');
  await mkdir(released, { recursive: true });
  await cp(join(acdMigrationsFolder, '0001_acd.sql'), join(released, '0001_acd.sql'));
  const migrate = (own: string) =>
    migrateService({
      adminUrl: database.url,
      service,
      password: randomUUID(),
      folders: [accessMigrationsFolder, own],
    });
  const { dataServers: _, mediaApiUrl: __, ...acd } = anAcd();
  const before = createPool({ url: (await migrate(released)).databaseUrl, applicationName: 'test' });
  await before.query('INSERT INTO acd VALUES ($1, $2, 1, false, true, $3)', [acd.acdId, acd.tenantId, acd]);
  await before.end();
  pool = createPool({ url: (await migrate(acdMigrationsFolder)).databaseUrl, applicationName: 'test' });
  const page = { afterAcdId: null, limit: 10 };
  for (const role of ['sync', 'capture', 'realTimeEvents', 'mediaImport'] as const) {
    expect(await listActiveAcds(pool, { ...page, role, dataServer: 'default' })).toEqual([acd]);
    expect(await listActiveAcds(pool, { ...page, role, dataServer: 'other' })).toEqual([]);
  }
});
