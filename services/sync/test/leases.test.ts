import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { aWebexUser } from './fake-directory.ts';
import { applyAcdChanges, LEASE_MS, type SyncWorld, syncWorld } from './sync-world.ts';

const EVERYWHERE = { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' };

describe('SYNC-01 one run at a time per ACD', () => {
  let world: SyncWorld;
  let revision = 1;
  beforeAll(async () => {
    world = await syncWorld();
    world.directory.users = [aWebexUser('u1')];
  });
  afterAll(() => world?.close());
  afterEach(() => {
    world.directory.onPage = () => {};
  });

  /** The next listing waits in its first page until it is let go. */
  function pauseListing() {
    let letGo = () => {};
    let reached = () => {};
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let isFirst = true;
    world.directory.onPage = async () => {
      if (!isFirst) return;
      isFirst = false;
      reached();
      await released;
    };
    return { isReached, letGo };
  }
  const makeDue = () => world.pool.query('UPDATE sync_lease SET next_run_at_ms = 0');
  const change = async (changes: Partial<AcdChanged>) => {
    revision += 1;
    world.acd = { ...world.acd, ...changes, revision };
    await applyAcdChanges(world.pool, [world.acd]);
  };

  it('refuses what a replica wants to write that was paused longer than its lease', async () => {
    await makeDue();
    const { isReached, letGo } = pauseListing();
    const zombie = world.replica('zombie').syncOnce();
    await isReached;
    expect(await world.replica('other').syncOnce()).toBe(false);
    world.nowMs += LEASE_MS + 1;
    expect(await world.replica('other').syncOnce()).toBe(true);
    letGo();
    await zombie;
    expect((await world.runs()).map(({ state, problem }) => [state, problem?.code ?? null])).toEqual([
      ['done', null],
      ['failed', 'interrupted'],
    ]);
    const [lease] = await world.rows('sync_lease', 'acd_id');
    expect(lease).toMatchObject({ owner: null, epoch: 2, failures: 0 });
    expect(await world.rows('directory_user', 'user_id')).toHaveLength(1);
  });

  it.each<[string, Partial<AcdChanged>, Partial<AcdChanged>]>([
    ['went to another data server', { dataServers: { ...EVERYWHERE, sync: 'south' } }, { dataServers: EVERYWHERE }],
    ['was switched off', { dataServers: { ...EVERYWHERE, sync: null } }, { dataServers: EVERYWHERE }],
    ['was deleted', { deleted: true }, {}],
  ])('ACD-04 stops a run whose ACD %s, and stores nothing of it', async (_, changes, back) => {
    world.nowMs += 60_000;
    world.directory.users.push(aWebexUser(`new-${revision}`));
    const before = await world.rows('directory_user', 'user_id');
    await makeDue();
    const { isReached, letGo } = pauseListing();
    const running = world.replica('north').syncOnce();
    await isReached;
    await change(changes);
    letGo();
    await running;
    expect((await world.runs())[0]).toMatchObject({ state: 'stopped', appliedChanges: 0, plannedChanges: 0 });
    expect(await world.rows('directory_user', 'user_id')).toEqual(before);
    await makeDue();
    expect(await world.replica('north').syncOnce()).toBe(false);
    await change(back);
  });
});
