import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { sqlState } from './sql-error.ts';

export interface MigrateOptions {
  /** postgres:// address of the target database, as a role that may create roles and schemas */
  adminUrl: string;
  /** Name of the service; schema and role are called the same, with `_` for `-` */
  service: string;
  /** Password of the service's role; the role is shared by all databases of the server, so the last one given counts */
  password: string;
  /** Folders with `NNNN_name.sql`, in the order in which they are applied */
  folders: string[];
  log?: (line: string) => void;
}

/** `NNNN_*.sql` of the kit: table api_key (access control) and table lease. */
export const accessMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));

// Roles belong to the cluster, advisory locks to one database: this one is the same for everybody.
const MAINTENANCE_DATABASE = 'postgres';
const ROLE_LOCK = 7_241_865_001;

/**
 * Makes role, reader role (`<schema>_reader`, no login), schema and grants of one service and applies its migrations as
 * that role. May be repeated and run at the same time by several processes. It is a job of its own, before the services.
 * @returns the address with which the service connects
 * @throws Error when a reader could read a table with `tenant_id` that has no row-level security
 */
export async function migrateService(o: MigrateOptions): Promise<{ databaseUrl: string }> {
  const schema = schemaOf(o.service);
  await withClient(maintenanceUrl(o.adminUrl), async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLE_LOCK]);
    await createRoles(client, schema, o.password);
    // Settings of a role and schema grants touch shared catalogues too, hence still under the lock.
    await withClient(o.adminUrl, (target) => createSchema(target, schema));
  });
  const databaseUrl = urlAs(o.adminUrl, schema, o.password);
  // Loaded only here: services import this front door, too, and would carry it for their whole life.
  const { runner } = await import('node-pg-migrate');
  await withClient(databaseUrl, async (client) => {
    for (const folder of o.folders) {
      await runner({
        dbClient: client,
        dir: folder,
        direction: 'up',
        schema,
        migrationsSchema: schema,
        migrationsTable: migrationsTable(folder),
        advisoryLockMode: 'wait',
        log: o.log ?? (() => undefined),
      });
    }
    await refuseUnguardedTables(client, schema);
  });
  return { databaseUrl };
}

/** `media-import` → `media_import`. @throws TypeError when it makes no name for a schema */
export function schemaOf(service: string): string {
  const schema = service.replaceAll('-', '_');
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(schema)) throw new TypeError(`'${service}' makes no name for a schema.`);
  return schema;
}

async function createRoles(client: pg.Client, schema: string, password: string): Promise<void> {
  const quoted = client.escapeLiteral(password);
  for (const [role, options] of [
    [`${schema}_reader`, 'NOLOGIN NOINHERIT NOBYPASSRLS'],
    [schema, 'LOGIN NOBYPASSRLS'],
  ] as const) {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    if (!rowCount) await client.query(`CREATE ROLE ${role} ${options}`);
  }
  await client.query(`ALTER ROLE ${schema} PASSWORD ${quoted}`);
  await client.query(`GRANT ${schema}_reader TO ${schema} WITH INHERIT FALSE, SET TRUE`);
}

async function createSchema(client: pg.Client, schema: string): Promise<void> {
  const database = client.escapeIdentifier(client.database as string);
  await client.query(`GRANT ${schema} TO CURRENT_USER`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${schema}`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${schema}`);
  await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}_reader`);
  await client.query(`ALTER ROLE ${schema} IN DATABASE ${database} SET search_path = ${schema}`);
}

/**
 * A table that a tenant's reader may see but that shows every tenant's rows is a leak, not a matter of taste; a view reads
 * with its owner's rights and would be one, too.
 */
async function refuseUnguardedTables(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND NOT c.relrowsecurity AND has_any_column_privilege($1 || '_reader', c.oid, 'SELECT')
     ORDER BY c.relname`,
    [schema],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => row.name).join(', ');
  throw new Error(
    `${schema}_reader may read ${names} without row-level security. Add ENABLE ROW LEVEL SECURITY and a policy on tenant_id.`,
  );
}

/** `…/libs/bus/migrations` → `migrations_bus`: folders are numbered each by itself. */
function migrationsTable(folder: string): string {
  const trimmed = folder.replace(/[/\\]+$/, '');
  const name = basename(trimmed) === 'migrations' ? basename(dirname(trimmed)) : basename(trimmed);
  return `migrations_${name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;
}

async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'migrate' });
  client.on('error', () => undefined); // the statement that runs reports it
  try {
    await client.connect();
    return await fn(client);
  } catch (error) {
    if (sqlState(error) === '28P01')
      throw new Error('Postgres refused the password of the migrating role.', { cause: error });
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function maintenanceUrl(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${MAINTENANCE_DATABASE}`;
  return url.href;
}

function urlAs(adminUrl: string, user: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = user;
  url.password = encodeURIComponent(password);
  return url.href;
}
