import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeItems } from '../src/duplicates/merge-items.ts';
import { undoMerge } from '../src/duplicates/undo-merge.ts';
import { aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

/** What may happen between two looks; keys and merges are named by their place. */
type Step =
  | { do: 'appear' | 'vanish' | 'rename'; key: number }
  | { do: 'run' }
  | { do: 'merge' | 'merge-while-running'; survivor: number; merged: number }
  | { do: 'undo' };

interface Row extends Record<string, unknown> {
  user_id: string;
  webex_user_id: string;
  last_name: string;
  active: boolean;
  acd_state: string;
  merged_into_user_id: string | null;
}

const KEYS = 4;
const place = fc.nat(KEYS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('appear' as const, 'vanish' as const, 'rename' as const), key: place }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('run' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('merge' as const, 'merge-while-running' as const),
      survivor: place,
      merged: place,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
);

let sync: RunningDirectory;
beforeAll(async () => {
  sync = await runDirectory();
  // A brake that never holds: everybody may vanish at once here.
  const path = `/v1/acds/${sync.world.acd.acdId}/sync-settings`;
  expect((await sync.change(path, { brakeShare: 1 })).status).toBe(200);
});
afterAll(() => sync?.stop());

/** One story over users of its own. */
async function story(name: string, steps: readonly Step[]) {
  const { world } = sync;
  const { pool } = world;
  const deps = { pool, clock: { nowMs: () => world.nowMs } };
  const caller = { tenantId: world.acd.tenantId, subject: 'somebody' };
  const keyOf = (key: number) => `${name}-${key}`;
  const rows = async () =>
    (await pool.query<Row>('SELECT * FROM directory_user WHERE webex_user_id LIKE $1', [`${name}-%`])).rows;
  const isThere = (key: string) => world.directory.users.some(({ userId }) => userId === key);
  /** The key that each row was made with; a row must have it again when nothing is merged any more. */
  const born = new Map<string, string>();
  const merges: string[] = [];
  let names = 0;

  async function run(): Promise<void> {
    await sync.run();
    for (const row of await rows()) if (!born.has(row.user_id)) born.set(row.user_id, row.webex_user_id);
  }
  async function merge(one: number, other: number): Promise<void> {
    const ids = [...born.keys()];
    const [survivorId, mergedId] = [ids[one % ids.length], ids[other % ids.length]];
    if (!survivorId || !mergedId) return;
    try {
      merges.push((await mergeItems(deps, { ...caller, kind: 'user', survivorId, mergedId })).mergeId);
    } catch (error) {
      // Of themselves, or merged already: that is refused, and nothing else.
      expect([409, 422]).toContain((error as { statusCode?: number }).statusCode);
    }
  }
  async function undo(): Promise<void> {
    const mergeId = merges.pop();
    if (mergeId) await undoMerge(deps, { ...caller, mergeId });
  }

  world.directory.users = [aWebexUser('stays')];
  for (const one of steps) {
    world.nowMs += 1_000;
    const key = 'key' in one ? keyOf(one.key) : '';
    if (one.do === 'vanish') world.directory.users = world.directory.users.filter(({ userId }) => userId !== key);
    if (one.do === 'appear' && !isThere(key)) world.directory.users.push(aWebexUser(key));
    if (one.do === 'rename') {
      names += 1;
      const lastName = `Name ${names}`;
      world.directory.users = world.directory.users.map((user) => (user.userId === key ? { ...user, lastName } : user));
    }
    if (one.do === 'run') await run();
    if (one.do === 'merge') await merge(one.survivor, one.merged);
    if (one.do === 'merge-while-running') await Promise.all([run(), merge(one.survivor, one.merged)]);
    if (one.do === 'undo') await undo();
  }
  // Twice: what a merge in mid-run left over the next run does.
  await run();
  await run();
  return { rows, isThere, born, merges, undo, run };
}

const nameOf = (key: string) => sync.world.directory.users.find(({ userId }) => userId === key)?.lastName;

describe('SYNC-07 merges and runs in any order (property)', () => {
  let nth = 0;

  it('no run doubles anybody; the survivor follows what is alive; undone, all is as if nothing was merged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        nth += 1;
        const { rows, isThere, born, merges, undo, run } = await story(`story${nth}`, steps);
        const merged = await rows();
        // One row for each id that was ever there, and one id for each row.
        expect(new Set(merged.map((row) => row.webex_user_id)).size).toBe(merged.length);
        expect(merged.map((row) => row.webex_user_id).sort()).toEqual([...born.values()].sort());
        for (const row of merged) {
          const behind = merged.filter((other) => other.merged_into_user_id === row.user_id);
          if (row.merged_into_user_id !== null) {
            expect({ ...row, active: row.active, behind: behind.length }).toMatchObject({ active: false, behind: 0 });
            continue;
          }
          const isAlive = [row, ...behind].some((one) => isThere(one.webex_user_id));
          expect({ id: row.webex_user_id, active: row.active }).toEqual({ id: row.webex_user_id, active: isAlive });
          if (isAlive) expect(row.last_name).toBe(nameOf(row.webex_user_id));
        }
        while (merges.length > 0) await undo();
        await run();
        for (const row of await rows()) {
          expect(row.webex_user_id).toBe(born.get(row.user_id));
          expect(row).toMatchObject({ merged_into_user_id: null, active: isThere(row.webex_user_id) });
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('SYNC-07 a merge between a plan and its approval', () => {
  it('does not apply to the survivor what was planned for its old id', async () => {
    const { world } = sync;
    world.directory.users = [aWebexUser('p-old'), aWebexUser('p-other')];
    await sync.run();
    const settings = `/v1/acds/${world.acd.acdId}/sync-settings`;
    await sync.change(settings, { brakeShare: 0 });
    world.directory.users = [aWebexUser('p-new'), aWebexUser('p-other')];
    const waiting = await sync.run();
    expect(waiting.state).toBe('awaiting-approval');
    const [oldId, otherId] = [await sync.userOf('p-old'), await sync.userOf('p-other')];
    const body = { kind: 'user', survivorId: otherId, mergedId: oldId };
    expect((await sync.call('/v1/merges', { body })).status).toBe(201);
    const approve = await sync.call(`/v1/sync-runs/${waiting.runId}/approve`, { body: {} });
    expect(approve.status).toBeLessThan(300);
    await sync.run();
    const { rows } = await world.pool.query("SELECT * FROM directory_user WHERE webex_user_id LIKE 'p-%'");
    expect(rows).toHaveLength(3);
    expect(rows.find((row) => row.user_id === oldId)).toMatchObject({ active: false, merged_into_user_id: otherId });
    expect(rows.find((row) => row.user_id === otherId)).toMatchObject({ active: true, webex_user_id: 'p-other' });
    expect(await sync.userOf('p-old')).toBe(otherId);
    await sync.change(settings, { brakeShare: 1 });
  });
});
