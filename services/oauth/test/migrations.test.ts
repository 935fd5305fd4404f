import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ReleasedDatabase, releasedDatabase } from '@wxcc-wfo/bus/testing/released-database';
import { readAsTenant } from '@wxcc-wfo/service-kit';
import { toAcdChanged } from '../src/acds/acd.ts';
import { findAcd, listAcds } from '../src/acds/acd-repository.ts';

let database: ReleasedDatabase;
beforeAll(async () => {
  const folders = [fileURLToPath(new URL('../migrations', import.meta.url))];
  database = await releasedDatabase({ service: 'oauth-migrations', folders, files: { oauth: 2 } });
});
afterAll(() => database?.drop());

it('ACD-02 the ACDs and tokens of a database of release 0.1 are of variant 2.0 once it is migrated', async () => {
  const [tenantId, clientRef, acdId] = [randomUUID(), randomUUID(), randomUUID()];
  const configuration = {
    qualityManagement: { enabled: true, voice: true, digital: false },
    metadataMappings: [],
    synchronizationIntervalMinutes: 30,
    captureDelayMinutes: 15,
    dataRecapture: null,
    rteMessaging: false,
  };
  const before = database.pool;
  await before.query(`INSERT INTO oauth_client VALUES ($1, $2, 'c', 'c', 'sealed', '0123456789abcdef', 1)`, [
    clientRef,
    tenantId,
  ]);
  await before.query(
    `INSERT INTO acd VALUES ($1, $2, $3, 7, 'Europe', 'org', 'admin@contactcentre.example', 'https://api.wxcc-eu2.cisco.com',
       $4, 'authorized', false, 1, 2)`,
    [acdId, tenantId, clientRef, configuration],
  );
  await before.query(`INSERT INTO token VALUES ($1, $2, 4, 'a', 'r', NULL, 1, 2, 3, 2)`, [acdId, tenantId]);
  // AUTH-04: how the others' refreshes stood: acd state, next refresh, failures, first refusal.
  const others = [
    ['authorized', 2, 3, null, 'retrying'],
    ['authorized', 2, 1, 77, 'doubted'],
    ['reauthorization-required', 2, 5, 77, 'lost'],
    ['reauthorization-required', null, 1, null, 'ended'],
  ] as const;
  for (const [state, nextAtMs, failures, firstRefusedAtMs, standing] of others) {
    const id = randomUUID();
    await before.query(
      `INSERT INTO acd SELECT $1, tenant_id, client_ref, 1, $2, $2, username, api_url, configuration, $3, true, 1, 2
       FROM acd WHERE acd_id = $4`,
      [id, standing, state, acdId],
    );
    await before.query(`INSERT INTO token VALUES ($1, $2, 1, 'a', 'r', NULL, 55, 2, 3, $3, NULL, NULL, $4, $5)`, [
      id,
      tenantId,
      nextAtMs,
      failures,
      firstRefusedAtMs,
    ]);
  }
  await database.migrate();
  const { pool } = database;
  const acd = await findAcd(pool, acdId);
  expect(acd).toMatchObject({
    variant: '2.0',
    clientRef,
    mediaApiUrl: null,
    apiKey: null,
    quotaKey: '0123456789abcdef',
  });
  expect(toAcdChanged(acd!)).toMatchObject({ revision: 7, mediaApiUrl: null, dataServers: { capture: 'default' } });
  expect(await readAsTenant(pool, { tenantId }, (sql) => listAcds(sql, { afterName: '', limit: 9 }))).toEqual([acd]);
  const { rows } = await pool.query('SELECT version, sealed_refresh FROM token WHERE acd_id = $1', [acdId]);
  expect(rows).toEqual([{ version: 4, sealed_refresh: 'r' }]);
  const standings = await pool.query(
    'SELECT a.name, t.standing, t.standing_since_ms AS since FROM token t JOIN acd a USING (acd_id) ORDER BY t.standing',
  );
  expect(standings.rows.map(({ name, standing, since }) => [name, standing, since])).toEqual([
    ['doubted', 'doubted', 77],
    ['ended', 'ended', 55],
    ['Europe', 'fresh', 1],
    ['lost', 'lost', 77],
    ['retrying', 'retrying', 55],
  ]);
});
