import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { busMigrationsFolder } from '@wxcc-wfo/bus';
import { accessMigrationsFolder, createPool, migrateService } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import pg, { type Pool } from 'pg';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

export interface OAuthDatabase {
  url: string;
  pool: Pool;
  drop(): Promise<void>;
}

/** An empty schema of `oauth` in a database of its own, under a role of its own. */
export async function oauthDatabase(): Promise<OAuthDatabase> {
  const database = await testDatabase('oauth');
  const service = uniqueName('oauth').replaceAll('-', '_');
  const { databaseUrl } = await migrateService({
    adminUrl: database.url,
    service,
    password: randomUUID(),
    folders: [accessMigrationsFolder, busMigrationsFolder, migrations],
  });
  const pool = createPool({ url: databaseUrl, applicationName: 'oauth-test', max: 6 });
  return {
    url: databaseUrl,
    pool,
    async drop() {
      await pool.end();
      await database.drop();
      const admin = new pg.Client({ connectionString: database.adminUrl });
      await admin.connect();
      await admin.query(`DROP ROLE IF EXISTS ${service}, ${service}_reader`);
      await admin.end();
    },
  };
}
