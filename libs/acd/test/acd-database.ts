import { randomUUID } from 'node:crypto';
import { busMigrationsFolder } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { accessMigrationsFolder, createPool, migrateService } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import pg, { type Pool } from 'pg';
import { acdMigrationsFolder } from '../src/index.ts';

/** An empty schema with the tables of this lib. */
export async function acdDatabase(): Promise<{ pool: Pool; close(): Promise<void> }> {
  const database = await testDatabase('acd');
  const service = uniqueName('acd').replaceAll('-', '_');
  const folders = [accessMigrationsFolder, busMigrationsFolder, acdMigrationsFolder];
  const { databaseUrl } = await migrateService({ adminUrl: database.url, service, password: randomUUID(), folders });
  const pool = createPool({ url: databaseUrl, applicationName: 'acd-test', max: 4 });
  return {
    pool,
    async close() {
      await pool.end();
      await database.drop();
      const admin = new pg.Client({ connectionString: database.adminUrl });
      await admin.connect();
      await admin.query(`DROP ROLE IF EXISTS ${service}, ${service}_reader`);
      await admin.end();
    },
  };
}

/** An authorized ACD. */
export function anAcd(changes: Partial<AcdChanged> = {}): AcdChanged {
  return {
    tenantId: randomUUID(),
    acdId: randomUUID(),
    revision: 1,
    occurredAtMs: 1_780_000_000_000,
    deleted: false,
    name: 'Contact centre',
    variant: '2.0',
    webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
    apiUrl: 'https://api.wxcc-us1.cisco.com',
    username: 'admin@contactcentre.example',
    quotaKey: '0123456789abcdef',
    authorization: 'authorized',
    qualityManagement: { enabled: true, voice: true, digital: false },
    metadataMappings: [],
    synchronizationIntervalMinutes: 60,
    captureDelayMinutes: 0,
    dataRecapture: null,
    rteMessaging: false,
    ...changes,
  };
}
