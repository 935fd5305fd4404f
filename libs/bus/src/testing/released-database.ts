import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { accessMigrationsFolder, createPool, migrateService, schemaOf } from '@wxcc-wfo/service-kit';
import { testDatabase, uniqueName } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { busMigrationsFolder } from '../migrations.ts';

export interface ReleasedDatabase {
  /** As the service's role. */
  pool: Pool;
  /** Applies what came since that release, as the job before the services does. */
  migrate(): Promise<void>;
  drop(): Promise<void>;
}

/**
 * A service's schema as a release left it, to be filled and then migrated: of each folder the first `files` migrations
 * alone are applied (folders that are not named: all).
 */
export async function releasedDatabase(o: {
  service: string;
  folders: string[];
  /** By the name of what owns the folder, e.g. `{ acd: 1 }`. */
  files: Record<string, number>;
}): Promise<ReleasedDatabase> {
  const service = uniqueName(`t-${o.service}`).slice(0, 40);
  const whole = [accessMigrationsFolder, busMigrationsFolder, ...o.folders];
  const copies = await mkdtemp(join(tmpdir(), 'released-'));
  const database = await testDatabase(o.service);
  const released = await Promise.all(whole.map((folder) => firstOf(folder, { copies, files: o.files })));
  const apply = (folders: string[]) =>
    migrateService({ adminUrl: database.url, service, password: randomUUID(), folders });
  let pool = createPool({ url: (await apply(released)).databaseUrl, applicationName: 'test' });
  return {
    get pool() {
      return pool;
    },
    async migrate() {
      await pool.end();
      pool = createPool({ url: (await apply(whole)).databaseUrl, applicationName: 'test' });
    },
    async drop() {
      await pool.end();
      await database.drop();
      const admin = createPool({ url: database.adminUrl, applicationName: 'test' });
      await admin.query(`DROP ROLE IF EXISTS ${schemaOf(service)}, ${schemaOf(service)}_reader`);
      await admin.end();
      await rm(copies, { recursive: true, force: true });
    },
  };
}

/** The folder, or a copy of its first files, named as its own so that they are known as applied afterwards. */
async function firstOf(folder: string, o: { copies: string; files: Record<string, number> }): Promise<string> {
  const owner = basename(dirname(folder));
  const count = o.files[owner];
  if (count === undefined) return folder;
  const copy = join(o.copies, owner, 'migrations');
  await mkdir(copy, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  for (const name of names.slice(0, count)) await cp(join(folder, name), join(copy, name));
  return copy;
}
