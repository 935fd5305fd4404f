import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReceivedEvent } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { inTransaction, readAsTenant } from '@wxcc-wfo/service-kit';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { createAcdChangedHandler, findAcd, listActiveAcds, worksFor } from '../src/index.ts';
import type { WorkerOf } from '../src/roles/worker-of.ts';
import { anAcd } from '../src/testing/index.ts';
import { acdDatabase } from './acd-database.ts';

describe('ACD-05 copies of ACDs over real Postgres', () => {
  let pool: Pool;
  let drop: () => Promise<void>;
  const changes: AcdChanged[] = [];
  const handle = createAcdChangedHandler(async (acds) => void changes.push(...acds));
  beforeAll(async () => {
    ({ pool, drop } = await acdDatabase());
  });
  afterAll(() => drop());

  const receive = (...acds: AcdChanged[]) =>
    inTransaction(pool, (tx) =>
      handle(
        acds.map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>),
        tx,
      ),
    );
  const isActive = async (acd: AcdChanged) =>
    (await listActiveAcds(pool, { role: 'capture', dataServer: 'default', afterAcdId: null, limit: 1_000 })).some(
      (one) => one.acdId === acd.acdId,
    );

  it('keeps the highest revision, whatever comes first, and tells only of changes', async () => {
    const acd = anAcd({ revision: 2, name: 'second' });
    await receive(acd);
    changes.length = 0;
    await receive({ ...acd, revision: 1, name: 'first' });
    expect(changes).toEqual([]);
    expect(await findAcd(pool, acd.acdId)).toEqual(acd);
    await receive({ ...acd, revision: 3, name: 'third' }, { ...acd, revision: 2, name: 'again' });
    expect(changes).toMatchObject([{ revision: 3, name: 'third' }]);
  });

  it.each(['not-authorized', 'reauthorization-required'] as const)(
    'does no work while it is %s',
    async (authorization) => {
      const acd = anAcd();
      await receive(acd);
      expect(await isActive(acd)).toBe(true);
      await receive({ ...acd, revision: 2, authorization });
      expect(await isActive(acd)).toBe(false);
      await receive({ ...acd, revision: 3 });
      expect(await isActive(acd)).toBe(true);
    },
  );

  it('ACD-02 is not worked for by a service that does not speak its variant’s APIs', async () => {
    const programmatic = createAcdChangedHandler(undefined, { variants: ['2.0'] });
    const [old, modern] = [anAcd({ variant: '1.0-cmsv1' }), anAcd()];
    const received = [old, modern].map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>);
    await inTransaction(pool, (tx) => programmatic(received, tx));
    expect([await isActive(old), await isActive(modern)]).toEqual([false, true]);
    expect(await findAcd(pool, old.acdId)).toEqual(old);
  });

  it('ACD-04 is worked for by the data server of its role only, and by nobody where the role is switched off', async () => {
    const dataServers = { sync: 'default', capture: 'Frankfurt', realTimeEvents: 'default', mediaImport: null };
    const acd = anAcd({ dataServers });
    const unnamed = anAcd();
    delete unnamed.dataServers; // an event of 0.1
    await receive(acd, unnamed);
    const served = async (worker: WorkerOf) => {
      const page = await listActiveAcds(pool, { ...worker, afterAcdId: null, limit: 1_000 });
      const ids = page.map(({ acdId }) => acdId);
      const found = await Promise.all([acd, unnamed].map(({ acdId }) => findAcd(pool, acdId)));
      expect(found.map((one) => worksFor(worker, one!))).toEqual(found.map((one) => ids.includes(one!.acdId)));
      return found.map((one) => ids.includes(one!.acdId));
    };
    expect(await served({ role: 'sync', dataServer: 'default' })).toEqual([true, true]);
    expect(await served({ role: 'capture', dataServer: 'default' })).toEqual([false, true]);
    expect(await served({ role: 'capture', dataServer: 'Frankfurt' })).toEqual([true, false]);
    expect(await served({ role: 'capture', dataServer: 'frankfurt' })).toEqual([false, false]);
    expect(await served({ role: 'mediaImport', dataServer: 'default' })).toEqual([false, true]);
    await receive({
      ...acd,
      revision: 2,
      dataServers: { ...dataServers, capture: 'default', mediaImport: 'Frankfurt' },
    });
    expect(await served({ role: 'capture', dataServer: 'default' })).toEqual([true, true]);
    expect(await served({ role: 'capture', dataServer: 'Frankfurt' })).toEqual([false, false]);
    expect(await served({ role: 'mediaImport', dataServer: 'Frankfurt' })).toEqual([true, false]);
  });

  it('forgets the token of a deleted ACD', async () => {
    const acd = anAcd();
    await receive(acd);
    await pool.query(`INSERT INTO access_token VALUES ($1, 1, 'sealed', 0)`, [acd.acdId]);
    await receive({ ...acd, revision: 2, deleted: true });
    expect((await pool.query('SELECT FROM access_token WHERE acd_id = $1', [acd.acdId])).rowCount).toBe(0);
  });

  it('keeps the token of a deleted ACD while there is a subscription to take back with it', async () => {
    const acd = anAcd();
    await receive(acd);
    await pool.query(`INSERT INTO access_token VALUES ($1, 1, 'sealed', 0)`, [acd.acdId]);
    await pool.query(
      `INSERT INTO webhook_subscription (acd_id, tenant_id, destination_url, secret_sealed, state)
       VALUES ($1, $2, 'https://bridge.example.com/', 'sealed', 'active')`,
      [acd.acdId, acd.tenantId],
    );
    await receive({ ...acd, revision: 2, deleted: true });
    expect((await pool.query('SELECT FROM access_token WHERE acd_id = $1', [acd.acdId])).rowCount).toBe(1);
  });

  it('converges in any order and batches, and deletion lasts', async () => {
    const input = fc.record({
      revisions: fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 }),
      deletedFrom: fc.integer({ min: 1, max: 7 }),
      cut: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ revisions, deletedFrom, cut }) => {
        const acd = anAcd();
        const events = revisions.map((revision) => ({ ...acd, revision, deleted: revision === deletedFrom }));
        for (const batch of [events.slice(0, cut), events.slice(cut)]) if (batch.length > 0) await receive(...batch);
        const found = await findAcd(pool, acd.acdId);
        expect(found?.revision).toBe(Math.max(...revisions));
        // A revision after the deletion is against the contract; one that was skipped can't be known.
        if (revisions.includes(deletedFrom) && deletedFrom === Math.max(...revisions)) {
          expect(found?.deleted).toBe(true);
          expect(await isActive(acd)).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
    const gone = anAcd();
    await receive({ ...gone, revision: 2, deleted: true });
    await receive({ ...gone, revision: 3 });
    expect(await findAcd(pool, gone.acdId)).toMatchObject({ revision: 3, deleted: true });
    expect(await isActive(gone)).toBe(false);
  });

  it('shows a reader its own tenant only, and no secrets', async () => {
    const acd = anAcd();
    await receive(acd, anAcd());
    const read = (sql: string) => readAsTenant(pool, { tenantId: acd.tenantId }, (tx) => tx.query(sql));
    expect((await read('SELECT acd_id FROM acd')).rows).toEqual([{ acd_id: acd.acdId }]);
    await expect(read('SELECT * FROM access_token')).rejects.toThrow(/permission denied/);
    await expect(read('SELECT secret_sealed FROM webhook_subscription')).rejects.toThrow(/permission denied/);
  });
});
