import pg from 'pg';
import { testAddresses } from './test-addresses.ts';
import { uniqueName } from './unique-name.ts';

export interface TestDatabase {
  /** Always contains `test`. */
  name: string;
  /** URL of this database for the administrator, who may create schemas and roles in it. */
  url: string;
  /** URL of the server's own database. */
  adminUrl: string;
  /** Ends the sessions that are still open and removes the database. Safe to call twice. */
  drop(): Promise<void>;
}

async function asAdmin(adminUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Makes an empty database that is this test's own. Roles are shared by the whole server: give them unique names too. */
export async function testDatabase(name = 'db'): Promise<TestDatabase> {
  const adminUrl = testAddresses.postgresAdminUrl;
  const unique = uniqueName(`test-${name}`).replaceAll('-', '_').toLowerCase();
  if (!/^[a-z0-9_]{1,63}$/.test(unique)) {
    throw new Error(`"${name}" is no name for a test database: use letters, digits, dashes; at most 40 characters.`);
  }
  await asAdmin(adminUrl, `create database ${unique} template template0`);
  const url = new URL(adminUrl);
  url.pathname = `/${unique}`;
  return {
    name: unique,
    url: url.href,
    adminUrl,
    drop: () => asAdmin(adminUrl, `drop database if exists ${unique} with (force)`),
  };
}
