import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { busMigrationsFolder, type ReceivedEvent } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { accessMigrationsFolder, createPool, migrateService, type SqlClient } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import pg, { type Pool } from 'pg';
import { captureHandlers } from '../src/polling/consumed-events.ts';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

export interface CaptureDatabase {
  databaseUrl: string;
  pool: Pool;
  close(): Promise<void>;
}

/** An empty schema of capture in a database of its own, under a role of its own. */
export async function captureDatabase(): Promise<CaptureDatabase> {
  const database = await testDatabase('capture');
  const service = uniqueName('capture').replaceAll('-', '_');
  const { databaseUrl } = await migrateService({
    adminUrl: database.url,
    service,
    password: randomUUID(),
    folders: [accessMigrationsFolder, busMigrationsFolder, acdMigrationsFolder, migrations],
  });
  const pool = createPool({ url: databaseUrl, applicationName: 'capture-test', max: 8 });
  return {
    databaseUrl,
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

/** What `acd-changed` does to capture. */
export async function applyAcdChanges(sql: SqlClient, acds: AcdChanged[]): Promise<void> {
  const events = acds.map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>);
  await captureHandlers['acd-changed'](events, sql);
}

/** An authorized ACD with quality management on for voice. */
export function anAcd(changes: Partial<AcdChanged> = {}): AcdChanged {
  return {
    tenantId: randomUUID(),
    acdId: randomUUID(),
    revision: 1,
    occurredAtMs: Date.now(),
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
