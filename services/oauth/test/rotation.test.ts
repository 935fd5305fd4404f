import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { freePort, type SpawnedService, spawnService, waitFor } from '@wxcc-wfo/testkit';
import { secretBinding } from '../src/clients/client-repository.ts';
import { oauthSealedTargets } from '../src/rotation/sealed-targets.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import {
  browse,
  createAcd,
  type Deployment,
  deployment,
  type RunningOAuth,
  runOAuth,
  signIn,
} from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
const running: RunningOAuth[] = [];
const spawned: SpawnedService[] = [];
const [k1, k2] = [`k1:${newSealingKey()}`, `k2:${newSealingKey()}`];

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
});
afterEach(async () => {
  await Promise.all(spawned.splice(0).map((service) => service.kill('SIGKILL')));
  await Promise.all(running.splice(0).map((service) => service.stop()));
});
afterAll(async () => {
  await simulator?.close();
  await database?.drop();
});

/** A replica with these SEALING_KEYS; the first one seals. */
async function replica(keys: string[], o: { jobs?: boolean } = {}): Promise<RunningOAuth> {
  const environment = { SEALING_KEYS: keys.join(',') };
  const one = await runOAuth(shared, { environment, jobs: o.jobs ?? false, relay: false });
  running.push(one);
  return one;
}

const versionOf = async (acdId: string): Promise<number> =>
  (await database.pool.query('SELECT version FROM token WHERE acd_id = $1', [acdId])).rows[0]?.version ?? 0;
const makeDue = () => database.pool.query('UPDATE token SET next_refresh_at_ms = 0 WHERE intent_id IS NULL');
const rotation = async (oauth: RunningOAuth) =>
  (await oauth.call('/v1/key-rotation', { key: shared.keys.platform })).body;

describe('AUTH-06 rotation of the keys at rest', () => {
  it('knows every column of the schema that holds sealed texts', async () => {
    const { rows } = await database.pool.query(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND column_name LIKE '%sealed%' ORDER BY 1`,
    );
    const covered = oauthSealedTargets.map(({ table, column }) => `${table}.${column}`).sort();
    expect(rows.map((row) => row.name)).toEqual(covered);
  });

  it('readers, writers, re-wrap, retire: while tokens are refreshed, without a moment in which one is not usable', async () => {
    const before = await replica([k1]);
    const acd = await createAcd(before, simulator);
    await browse(await signIn(acd.authorizationUrl));
    const again = await before.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST' });

    // Readers: the new key opens, the old one seals.
    const reader = await replica([k1, k2], { jobs: true });
    expect(await rotation(reader)).toMatchObject({ currentKeyId: 'k1', retirableKeyIds: ['k2'] });
    await before.stop();
    running.splice(running.indexOf(before), 1);

    // Writers, one after the other: both kinds refresh while the new one seals anew.
    const writer = await replica([k2, k1], { jobs: true });
    expect(await rotation(writer)).toMatchObject({ currentKeyId: 'k2', retirableKeyIds: [] });
    for (let round = 0; round < 5; round++) {
      const version = await versionOf(acd.acdId);
      await makeDue();
      await Promise.all([
        writer.wiring.rewrapJob.runOnce(),
        waitFor('a refresh', async () => (await versionOf(acd.acdId)) > version),
      ]);
    }
    await reader.stop();
    running.splice(running.indexOf(reader), 1);

    await writer.wiring.rewrapJob.runOnce();
    expect(await rotation(writer)).toMatchObject({
      currentKeyId: 'k2',
      retirableKeyIds: ['k1'],
      missingKeyIds: [],
      targets: oauthSealedTargets.map(({ table, column }) => ({ table, column, remaining: 0, unopenable: 0 })),
    });

    // Retired: the old key is gone. Refresh, hand-over and a sign-in begun before the rotation work.
    const after = await replica([k2], { jobs: true });
    await writer.stop();
    running.splice(running.indexOf(writer), 1);
    const version = await versionOf(acd.acdId);
    await makeDue();
    await waitFor('a refresh by the new key alone', async () => (await versionOf(acd.acdId)) > version);
    await after.wiring.redis.del(`wfo:token:${acd.acdId}`);
    await waitFor('the hand-over', () => after.wiring.redis.exists(`wfo:token:${acd.acdId}`));
    const { pathname, search } = new URL(again.body.authorizationUrl);
    expect((await browse(await signIn(`${after.url}${pathname}${search}`))).status).toBe(200);
  });

  it('is only told to credentials of the platform', async () => {
    const oauth = await replica([k2]);
    expect((await oauth.call('/v1/key-rotation')).status).toBe(403);
    expect((await oauth.call('/v1/key-rotation', { key: null })).status).toBe(401);
  });

  it('killed with kill −9 in the middle, the next process goes on; what it sealed stays', async () => {
    const sealer = createSealer(parseKeyring(k1));
    const count = 2_000;
    await database.pool.query(
      `INSERT INTO oauth_client (client_ref, tenant_id, name, webex_client_id, sealed_secret, quota_key, created_at_ms, changed_at_ms)
       SELECT ref, $1, ref::text, 'id', sealed, 'q', 0, 0 FROM unnest($2::uuid[], $3::text[]) AS one (ref, sealed)`,
      (() => {
        const refs = Array.from({ length: count }, () => crypto.randomUUID());
        return [shared.tenantId, refs, refs.map((ref) => sealer.seal(`secret of ${ref}`, secretBinding(ref)))];
      })(),
    );
    const remaining = async (): Promise<number> =>
      (
        await database.pool.query(
          `SELECT count(*)::int AS n FROM oauth_client WHERE split_part(sealed_secret, '.', 2) = 'k1'`,
        )
      ).rows[0].n;
    const spawn = async () => {
      const port = await freePort();
      const service = spawnService({
        name: 'oauth',
        entry: fileURLToPath(new URL('../src/server.ts', import.meta.url)),
        env: { ...shared.environment, SEALING_KEYS: `${k2},${k1}`, HTTP_PORT: String(port) },
        nodeOptions: ['--disable-warning=ExperimentalWarning'],
        url: `http://127.0.0.1:${port}`,
      });
      spawned.push(service);
      return service;
    };
    const first = await spawn();
    await waitFor('the first texts', async () => (await remaining()) < count);
    await first.kill('SIGKILL');
    const left = await remaining();
    expect(left).toBeGreaterThan(0);
    await spawn();
    await waitFor('the last text', async () => (await remaining()) === 0);

    const { rows } = await database.pool.query(
      `SELECT client_ref, sealed_secret FROM oauth_client WHERE name = client_ref::text`,
    );
    const retired = createSealer(parseKeyring(k2));
    expect(rows).toHaveLength(count);
    for (const row of rows) {
      expect(retired.open(row.sealed_secret, secretBinding(row.client_ref)).toString()).toBe(
        `secret of ${row.client_ref}`,
      );
    }
  });
});
