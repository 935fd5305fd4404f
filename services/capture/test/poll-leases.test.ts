import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { WebexClient } from '@wxcc-wfo/webex';
import { addHint } from '../src/webhooks/hint-repository.ts';
import { anAcd, applyAcdChanges, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { FakeSource } from './fake-source.ts';
import { createReplica, LEASE_MS } from './replica.ts';

const EVERYWHERE = { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' };
const WINDOWS = {
  overlapMs: 60_000,
  initialLookbackMs: 600_000,
  maxWindowMs: 3_600_000,
  maxTasksPerWindow: 1_000,
  rowMs: 60_000,
};

describe('replicas share ACDs by leases with fencing', () => {
  let database: CaptureDatabase;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database.drop());

  async function newAcd(changes: Partial<AcdChanged> = {}): Promise<AcdChanged> {
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
    const acd = anAcd(changes);
    await applyAcdChanges(database.pool, [acd]);
    return acd;
  }
  const ledgerOf = async (acd: AcdChanged) =>
    (await database.pool.query('SELECT epoch, state FROM window_ledger WHERE acd_id = $1', [acd.acdId])).rows;
  const stateOf = async (acd: AcdChanged) =>
    (await database.pool.query('SELECT * FROM poll_state WHERE acd_id = $1', [acd.acdId])).rows[0];

  /** A source whose listing waits in mid-page until it is let go. */
  function pausable(source: FakeSource) {
    let letGo = () => {};
    let reached = () => {};
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const client = source.client();
    const paused: WebexClient = {
      ...client,
      async *listEndedTasks(window, options) {
        reached();
        await released;
        yield* client.listEndedTasks(window, options);
      },
    };
    return { paused, isReached, letGo };
  }

  it('refuses the commit of a replica that was paused longer than its lease', async () => {
    const acd = await newAcd();
    const source = new FakeSource(1_780_000_000_000);
    source.end(0);
    source.nowMs += 1_000;
    const { paused, isReached, letGo } = pausable(source);
    const shared = { pool: database.pool, nowMs: () => source.nowMs, windows: WINDOWS };
    const zombie = createReplica({ ...shared, owner: 'zombie', sourceOf: () => paused });
    const other = createReplica({ ...shared, owner: 'other', sourceOf: () => source.client() });

    const paused1 = zombie.pollJob.pollOnce();
    await isReached;
    expect(await other.pollJob.pollOnce()).toBe(false); // a poll never overlaps itself
    source.nowMs += LEASE_MS + 1;
    expect(await other.pollJob.pollOnce()).toBe(true);
    const afterOther = await stateOf(acd);
    source.nowMs += 5_000;
    letGo();
    await paused1;

    expect(await ledgerOf(acd)).toMatchObject([{ epoch: 2, state: 'accepted' }]);
    expect(await stateOf(acd)).toEqual(afterOther);
    expect(afterOther).toMatchObject({ owner: null, epoch: 2, failures: 0, last_error: null });
  });

  it.each<[string, Partial<AcdChanged>, boolean]>([
    ['went to another data server', { dataServers: { ...EVERYWHERE, capture: 'south' } }, true],
    ['was switched off', { dataServers: { ...EVERYWHERE, capture: null } }, false],
    ['was deleted', { deleted: true }, false],
  ])('ACD-04 hands a poll back in mid-read when its ACD %s, and stores nothing of it', async (_, changes, isTaken) => {
    const acd = await newAcd();
    const source = new FakeSource(1_780_000_000_000);
    source.end(0);
    source.nowMs += 1_000;
    const { paused, isReached, letGo } = pausable(source);
    const shared = { pool: database.pool, nowMs: () => source.nowMs, windows: WINDOWS };
    const north = createReplica({ ...shared, owner: 'north', sourceOf: () => paused });
    const south = createReplica({ ...shared, owner: 'south', dataServer: 'south', sourceOf: () => source.client() });
    expect(await south.pollJob.pollOnce()).toBe(false);
    const underWay = north.pollJob.pollOnce();
    await isReached;
    await applyAcdChanges(database.pool, [{ ...acd, ...changes, revision: 2 }]);
    expect(await south.pollJob.pollOnce()).toBe(false); // the lease is still north's: never two
    letGo();
    await underWay;
    expect(await ledgerOf(acd)).toEqual([]);
    expect(await stateOf(acd)).toMatchObject({ owner: null, failures: 0, last_error: null, next_poll_at_ms: 0 });
    expect(await north.pollJob.pollOnce()).toBe(false);
    expect(await south.pollJob.pollOnce()).toBe(isTaken);
    expect(await ledgerOf(acd)).toMatchObject(isTaken ? [{ epoch: 2, state: 'accepted' }] : []);
  });

  it('ACD-04 leaves the hints of an ACD to the workers of its data server', async () => {
    const acd = await newAcd({ dataServers: { ...EVERYWHERE, capture: 'south' } });
    const source = new FakeSource(1_780_000_000_000);
    source.end(0);
    await addHint(database.pool, acd, { taskId: 'task-1', nowMs: source.nowMs });
    source.nowMs += 1_000;
    const shared = { pool: database.pool, nowMs: () => source.nowMs, windows: WINDOWS };
    const [north, south] = ['default', 'south'].map((dataServer) =>
      createReplica({ ...shared, owner: dataServer, dataServer, sourceOf: () => source.client() }),
    );
    expect(await north!.hintJob.runOnce()).toBe(0);
    expect(await south!.hintJob.runOnce()).toBe(1);
  });

  it('shares the ACDs: each is polled by one replica, all are polled', async () => {
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
    const acds = Array.from({ length: 6 }, () => anAcd());
    await applyAcdChanges(database.pool, acds);
    const source = new FakeSource(1_780_000_000_000);
    const polled: string[] = [];
    const replicas = ['a', 'b'].map((owner) =>
      createReplica({
        owner,
        pool: database.pool,
        nowMs: () => source.nowMs,
        windows: WINDOWS,
        sourceOf(acd) {
          polled.push(acd.acdId);
          return source.client();
        },
      }),
    );
    await Promise.all(
      replicas.map(async ({ pollJob }) => {
        while (await pollJob.pollOnce());
      }),
    );
    expect([...polled].sort()).toEqual(acds.map((acd) => acd.acdId).sort());
  });

  it.each([
    { deleted: true },
    { authorization: 'not-authorized' as const },
    { authorization: 'reauthorization-required' as const },
  ])('does not poll an ACD that is %j', async (changes) => {
    await newAcd(changes);
    const source = new FakeSource(1_780_000_000_000);
    const nowMs = () => source.nowMs;
    const only = createReplica({
      owner: 'a',
      pool: database.pool,
      nowMs,
      windows: WINDOWS,
      sourceOf: () => source.client(),
    });
    expect(await only.pollJob.pollOnce()).toBe(false);
    expect(source.questions).toEqual({ count: 0, page: 0, tasks: 0 });
  });

  it('keeps the highest revision of an ACD whatever the order, and deletion lasts', async () => {
    const acd = await newAcd({ revision: 5, name: 'five' });
    await applyAcdChanges(database.pool, [{ ...acd, revision: 4, name: 'four' }]);
    await applyAcdChanges(database.pool, [
      { ...acd, revision: 6, deleted: true },
      { ...acd, revision: 5, name: 'five' },
    ]);
    await applyAcdChanges(database.pool, [{ ...acd, revision: 7, name: 'seven' }]);
    const { rows } = await database.pool.query('SELECT revision, deleted FROM acd WHERE acd_id = $1', [acd.acdId]);
    expect(rows).toEqual([{ revision: 7, deleted: true }]);
  });

  it('writes down what went wrong with its remedy, and forgets it with the next success', async () => {
    const acd = await newAcd();
    const source = new FakeSource(1_780_000_000_000);
    const nowMs = () => source.nowMs;
    const only = createReplica({
      owner: 'a',
      pool: database.pool,
      nowMs,
      windows: WINDOWS,
      sourceOf: () => source.client(),
    });
    source.failAfter = 1;
    await only.pollJob.pollOnce();
    expect(await stateOf(acd)).toMatchObject({
      failures: 1,
      last_error: {
        code: 'webex-unavailable',
        sinceMs: 1_780_000_000_000,
        remedy: expect.stringContaining('tries again'),
      },
      next_poll_at_ms: 1_780_000_001_000,
    });
    source.nowMs += 1_000;
    await only.pollJob.pollOnce();
    expect(await stateOf(acd)).toMatchObject({ failures: 0, last_error: null });
  });
});
