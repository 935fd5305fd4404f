import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { busMigrationsFolder } from '@wxcc-wfo/bus';
import type { AcdChanged, TaskEnded } from '@wxcc-wfo/contracts';
import { accessMigrationsFolder, createPool, migrateService } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import pg, { type Pool } from 'pg';

export const migrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));

export interface MediaImportDatabase {
  databaseUrl: string;
  pool: Pool;
  close(): Promise<void>;
}

/** An empty schema of media-import in a database of its own, under a role of its own. */
export async function mediaImportDatabase(): Promise<MediaImportDatabase> {
  const database = await testDatabase('media');
  const service = uniqueName('media').replaceAll('-', '_');
  const { databaseUrl } = await migrateService({
    adminUrl: database.url,
    service,
    password: randomUUID(),
    folders: [accessMigrationsFolder, busMigrationsFolder, acdMigrationsFolder, migrationsFolder],
  });
  const pool = createPool({ url: databaseUrl, applicationName: 'media-import-test', max: 6 });
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

/** An authorized ACD. */
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

/** An ended call that was recorded, as capture publishes it. */
export function aTaskEnded(acd: AcdChanged, changes: Partial<TaskEnded> & { taskId: string }): TaskEnded {
  const endedAtMs = changes.endedAtMs ?? Date.now();
  return {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    webexOrgId: acd.webexOrgId,
    revision: 1,
    observedAtMs: endedAtMs,
    channel: 'voice',
    channelType: 'telephony',
    channelSubType: null,
    direction: 'inbound',
    contactsWanted: true,
    createdAtMs: endedAtMs - 10_000,
    endedAtMs,
    lastActivityAtMs: endedAtMs,
    callingNumber: null,
    calledNumber: null,
    queue: null,
    team: null,
    entryPoint: null,
    terminationType: null,
    terminationReason: null,
    terminatingEnd: null,
    recordingRequested: true,
    wrapUpCode: null,
    totalMs: 10_000,
    metadata: [],
    activities: [],
    ...changes,
  };
}
