import { fileURLToPath } from 'node:url';
import { busMigrationsFolder } from '@wxcc-wfo/bus';
import { accessMigrationsFolder, createPool, migrateService } from '@wxcc-wfo/service-kit';
import { testDatabase } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';

export interface SegmenterDatabase {
  url: string;
  pool: Pool;
  drop(): Promise<void>;
}

/** An empty database with the segmenter's schema, as the migration job leaves it. */
export async function segmenterDatabase(): Promise<SegmenterDatabase> {
  const database = await testDatabase('segmenter');
  const { databaseUrl } = await migrateService({
    adminUrl: database.url,
    service: 'segmenter',
    // Roles belong to the whole server: everybody who tests with this one gives it the same password.
    password: 'segmenter-test',
    folders: [accessMigrationsFolder, busMigrationsFolder, fileURLToPath(new URL('../migrations', import.meta.url))],
  });
  const pool = createPool({ url: databaseUrl, applicationName: 'segmenter-test', max: 6 });
  return {
    url: databaseUrl,
    pool,
    async drop() {
      await pool.end();
      await database.drop();
    },
  };
}
