import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createPool, migrateService, readAsTenant, schemaOf } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { toAcdChanged } from '../src/acds/acd.ts';
import { findAcd, listAcds } from '../src/acds/acd-repository.ts';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));
const service = uniqueName('t-oauth-migrations').slice(0, 40);
let database: Awaited<ReturnType<typeof testDatabase>>;
let folder: string;
let pool: Pool | undefined;
beforeAll(async () => {
  database = await testDatabase('oauth-migrations');
  folder = await mkdtemp(join(tmpdir(), 'oauth-migrations-'));
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
  const admin = createPool({ url: database.adminUrl, applicationName: 'test' });
  await admin.query(`DROP ROLE IF EXISTS ${schemaOf(service)}, ${schemaOf(service)}_reader`);
  await admin.end();
  await rm(folder, { recursive: true, force: true });
});

it('ACD-02 the ACDs and tokens of a database of release 0.1 are of variant 2.0 once it is migrated', async () => {
  // Named as the service's own, so that its files are known as applied.
  const released = join(folder, 'oauth', 'migrations');
  await mkdir(released, { recursive: true });
  for (const file of ['0001_oauth.sql', '0002_tenant_keys.sql']) await cp(join(migrations, file), join(released, file));
  const migrate = async (own: string) => {
    const o = { adminUrl: database.url, service, password: randomUUID(), folders: [own] };
    return createPool({ url: (await migrateService(o)).databaseUrl, applicationName: 'test' });
  };
  const [tenantId, clientRef, acdId] = [randomUUID(), randomUUID(), randomUUID()];
  const configuration = {
    qualityManagement: { enabled: true, voice: true, digital: false },
    metadataMappings: [],
    synchronizationIntervalMinutes: 30,
    captureDelayMinutes: 15,
    dataRecapture: null,
    rteMessaging: false,
  };
  const before = await migrate(released);
  await before.query(`INSERT INTO oauth_client VALUES ($1, $2, 'c', 'c', 'sealed', '0123456789abcdef', 1)`, [
    clientRef,
    tenantId,
  ]);
  await before.query(
    `INSERT INTO acd VALUES ($1, $2, $3, 7, 'Europe', 'org', 'admin@contactcentre.example', 'https://api.wxcc-eu2.cisco.com',
       $4, 'authorized', false, 1, 2)`,
    [acdId, tenantId, clientRef, configuration],
  );
  await before.query(`INSERT INTO token VALUES ($1, $2, 4, 'a', 'r', NULL, 1, 2, 3, 2)`, [acdId, tenantId]);
  await before.end();

  pool = await migrate(migrations);
  const acd = await findAcd(pool, acdId);
  expect(acd).toMatchObject({
    variant: '2.0',
    clientRef,
    mediaApiUrl: null,
    apiKey: null,
    quotaKey: '0123456789abcdef',
  });
  expect(toAcdChanged(acd!)).toMatchObject({ revision: 7, mediaApiUrl: null, dataServers: { capture: 'default' } });
  expect(await readAsTenant(pool, { tenantId }, (sql) => listAcds(sql, { afterName: '', limit: 9 }))).toEqual([acd]);
  const { rows } = await pool.query('SELECT version, sealed_refresh FROM token');
  expect(rows).toEqual([{ version: 4, sealed_refresh: 'r' }]);
});
