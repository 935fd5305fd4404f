import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReceivedEvent } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { inTransaction, LeaseLostError } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { createAcdChangedHandler, createAcdLeases, LeaseRevokedError } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';
import { acdDatabase } from './acd-database.ts';

const NOW_MS = 1_780_000_000_000;
const LEASE_MS = 15_000;
const EVERYWHERE = { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' };

describe('ACD-04 leases per ACD', () => {
  const leases = createAcdLeases({
    table: 'work',
    dueColumn: 'next_work_at_ms',
    role: 'sync',
    isWorkedFor: "a.data_servers->>'sync' = $4",
  });
  const storeAcds = createAcdChangedHandler();
  let pool: Pool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    ({ pool, drop } = await acdDatabase());
    await pool.query(`CREATE TABLE work (
      acd_id uuid PRIMARY KEY REFERENCES acd (acd_id), owner text, epoch bigint NOT NULL DEFAULT 0,
      lease_expires_at_ms bigint, next_work_at_ms bigint NOT NULL, failures integer NOT NULL DEFAULT 0, note text)`);
  });
  beforeEach(() => pool.query('DELETE FROM work'));
  afterAll(() => drop());

  const store = (...acds: AcdChanged[]) =>
    storeAcds(
      acds.map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>),
      pool,
    );
  async function due(o: { atMs?: number; failures?: number; note?: string; acd?: Partial<AcdChanged> } = {}) {
    const acd = anAcd({ acdId: randomUUID(), ...o.acd });
    await store(acd);
    await pool.query('INSERT INTO work (acd_id, next_work_at_ms, failures, note) VALUES ($1, $2, $3, $4)', [
      acd.acdId,
      o.atMs ?? NOW_MS,
      o.failures ?? 0,
      o.note ?? null,
    ]);
    return acd;
  }
  const claim = (owner: string, nowMs = NOW_MS, dataServer = 'default') =>
    leases.claim(pool, { owner, dataServer, nowMs, leaseMs: LEASE_MS });
  const lease = async (owner: string, nowMs = NOW_MS) => (await claim(owner, nowMs))!.lease;
  const at = (nowMs: number) => ({ nowMs, leaseMs: LEASE_MS });

  it('gives the ACD that has been due longest, with its row, and none before its time', async () => {
    const late = await due({ atMs: NOW_MS - 1, failures: 3, note: 'its own' });
    const now = await due({ atMs: NOW_MS });
    await due({ atMs: NOW_MS + 1 });
    expect(await claim('a')).toMatchObject({
      lease: { acd: late, owner: 'a', epoch: 1, failures: 3 },
      row: { note: 'its own' },
    });
    expect((await lease('a')).acd.acdId).toBe(now.acdId);
    expect(await claim('a')).toBeNull();
  });

  it('never gives one ACD to two: 20 ACDs claimed at once by 40 askers', async () => {
    const acds = await Promise.all(Array.from({ length: 20 }, () => due()));
    const claimed = await Promise.all(Array.from({ length: 40 }, (_, n) => claim(`asker-${n}`)));
    const ids = claimed.flatMap((one) => (one ? [one.lease.acd.acdId] : []));
    expect(new Set(ids).size).toBe(ids.length);
    // Whoever found the oldest locked by another asker may have got nothing; the next look gives the rest.
    for (let one = await claim('last'); one; one = await claim('last')) ids.push(one.lease.acd.acdId);
    expect(ids.sort()).toEqual(acds.map((acd) => acd.acdId).sort());
  });

  it('fences: who was silent for longer than its lease commits nothing once another has it', async () => {
    await due();
    const silent = await lease('silent');
    expect(await claim('other', NOW_MS + LEASE_MS)).toBeNull();
    const taken = await lease('other', NOW_MS + LEASE_MS + 1);
    expect(taken.epoch).toBe(2);
    await expect(leases.hold(pool, silent, at(NOW_MS + LEASE_MS + 2))).rejects.toThrow(LeaseLostError);
    await leases.handBack(pool, silent);
    await expect(leases.hold(pool, taken, at(NOW_MS + LEASE_MS + 2))).resolves.toBeUndefined();
  });

  it('fences an earlier turn of the same replica, too', async () => {
    await due();
    const before = await lease('a');
    await lease('a', NOW_MS + LEASE_MS + 1);
    await expect(leases.hold(pool, before, at(NOW_MS + LEASE_MS + 2))).rejects.toThrow(LeaseLostError);
  });

  it('prolongs what is held, and keeps others off until the transaction that held it has ended', async () => {
    await due();
    const ours = await lease('a');
    await inTransaction(pool, async (tx) => {
      await leases.hold(tx, ours, at(NOW_MS + LEASE_MS));
      expect(await claim('b', NOW_MS + 10 * LEASE_MS)).toBeNull();
    });
    expect(await claim('b', NOW_MS + 2 * LEASE_MS)).toBeNull();
    expect((await lease('b', NOW_MS + 2 * LEASE_MS + 1)).epoch).toBe(2);
  });

  it.each<[string, Partial<AcdChanged>]>([
    ['went to another data server', { dataServers: { ...EVERYWHERE, sync: 'south' } }],
    ['was switched off', { dataServers: { ...EVERYWHERE, sync: null } }],
    ['was deleted', { deleted: true }],
  ])('revokes the work when the ACD %s, and lets it be handed back', async (_, changes) => {
    const acd = await due();
    const ours = await lease('a');
    await store({ ...acd, ...changes, revision: 2 });
    await expect(leases.hold(pool, ours, at(NOW_MS + 1))).rejects.toThrow(LeaseRevokedError);
    await leases.handBack(pool, ours);
    const { rows } = await pool.query('SELECT owner, lease_expires_at_ms, next_work_at_ms FROM work');
    expect(rows).toEqual([{ owner: null, lease_expires_at_ms: null, next_work_at_ms: NOW_MS }]);
  });

  it('does not revoke the work of other changes, nor of another role’s data server', async () => {
    const acd = await due();
    const ours = await lease('a');
    await store({ ...acd, name: 'renamed', dataServers: { ...EVERYWHERE, capture: 'south' }, revision: 2 });
    await expect(leases.hold(pool, ours, at(NOW_MS + 1))).resolves.toBeUndefined();
  });

  it('makes due at once only what failed', async () => {
    const failed = await due({ atMs: NOW_MS + 60_000, failures: 1 });
    const fine = await due({ atMs: NOW_MS + 60_000 });
    await leases.makeFailedDue(pool, [failed.acdId, fine.acdId]);
    expect((await lease('a')).acd.acdId).toBe(failed.acdId);
    expect(await claim('a')).toBeNull();
  });

  it('asks only for the ACDs of the data server', async () => {
    await due({ acd: { dataServers: { ...EVERYWHERE, sync: 'south' } } });
    expect(await claim('north')).toBeNull();
    expect(await claim('south', NOW_MS, 'south')).not.toBeNull();
  });
});
