import { randomUUID } from 'node:crypto';
import { accessMigrationsFolder, createPool, migrateService, schemaOf } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import pg, { type Pool } from 'pg';
import { busMigrationsFolder } from '../migrations.ts';

export interface ServiceDatabase {
  /** For the service's own role. */
  url: string;
  pool: Pool;
  /** The role that HTTP reads run under. */
  readerRole: string;
  /** Ends the pool and removes the database and its roles. */
  drop(): Promise<void>;
}

/**
 * A service's empty schema (access, bus and `folders`, in this order) in a database of its own, under roles of its own:
 * roles belong to the whole server, and tests run beside each other.
 */
export async function serviceDatabase(o: { service: string; folders: string[] }): Promise<ServiceDatabase> {
  const database = await testDatabase(o.service);
  const service = uniqueName(`t-${o.service}`).slice(0, 40);
  const folders = [accessMigrationsFolder, busMigrationsFolder, ...o.folders];
  const { databaseUrl } = await migrateService({ adminUrl: database.url, service, password: randomUUID(), folders });
  const pool = createPool({ url: databaseUrl, applicationName: `${o.service}-test`, max: 8 });
  const schema = schemaOf(service);
  return {
    url: databaseUrl,
    pool,
    readerRole: `${schema}_reader`,
    async drop() {
      await pool.end();
      await database.drop();
      const admin = new pg.Client({ connectionString: database.adminUrl });
      await admin.connect();
      await admin.query(`DROP ROLE IF EXISTS ${schema}, ${schema}_reader`);
      await admin.end();
    },
  };
}
