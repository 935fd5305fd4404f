import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ReleasedDatabase, releasedDatabase } from '@wxcc-wfo/bus/testing/released-database';
import { acdMigrationsFolder, listActiveAcds } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';

let database: ReleasedDatabase;
beforeAll(async () => {
  database = await releasedDatabase({ service: 'acd-migrations', folders: [acdMigrationsFolder], files: { acd: 1 } });
});
afterAll(() => database?.drop());

it('ACD-04 the ACDs of a database of release 0.1 are served by the default data server once it is migrated', async () => {
  const { dataServers: _, mediaApiUrl: __, ...acd } = anAcd();
  await database.pool.query('INSERT INTO acd VALUES ($1, $2, 1, false, true, $3)', [acd.acdId, acd.tenantId, acd]);
  await database.migrate();
  const page = { afterAcdId: null, limit: 10 };
  for (const role of ['sync', 'capture', 'realTimeEvents', 'mediaImport'] as const) {
    expect(await listActiveAcds(database.pool, { ...page, role, dataServer: 'default' })).toEqual([acd]);
    expect(await listActiveAcds(database.pool, { ...page, role, dataServer: 'other' })).toEqual([]);
  }
});
