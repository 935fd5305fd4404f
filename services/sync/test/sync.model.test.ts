import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserChanged } from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import { aWebexUser } from './fake-directory.ts';
import { anAcd } from './sync-database.ts';
import { applyAcdChanges, LEASE_MS, Mortality, mortal, type SyncWorld, syncWorld } from './sync-world.ts';

const PEOPLE = ['a', 'b', 'c', 'd', 'e'];

type Step =
  | { do: 'directory'; who: string; state: 'active' | 'not-active' | 'absent'; lastName: string; enabled: boolean }
  | { do: 'edit'; who: string; what: 'login' | 'team' | 'activate' | 'deactivate' | 'drop-roles' | 'give-role' }
  | { do: 'run' }
  /** The listing breaks off after so many users. */
  | { do: 'half-run'; after: number }
  /** The replica dies before its nth statement; another one takes over. */
  | { do: 'killed-run'; statements: number };

const who = fc.constantFrom(...PEOPLE);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('directory' as const),
      who,
      state: fc.constantFrom('active' as const, 'active' as const, 'not-active' as const, 'absent' as const),
      lastName: fc.constantFrom('One', 'Two'),
      enabled: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      who,
      what: fc.constantFrom(
        'login' as const,
        'team' as const,
        'activate' as const,
        'deactivate' as const,
        'drop-roles' as const,
        'give-role' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'run' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('half-run' as const), after: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('killed-run' as const), statements: fc.nat(60) }) },
);

/** What must be, told the simple way: one person after the other, the guide's tables as they read. */
interface Expected {
  lastName: string;
  acdState: 'active' | 'not-active' | 'deleted';
  active: boolean;
  bySync: boolean;
  hasAgentRole: boolean;
  hasOtherRole: boolean;
  login: string | null;
  isMoved: boolean;
}
interface InDirectory {
  state: 'active' | 'not-active';
  lastName: string;
  enabled: boolean;
}

class Model {
  readonly users = new Map<string, Expected>();
  readonly directory = new Map<string, InDirectory>();

  sync(listed: readonly string[], isComplete: boolean): void {
    for (const id of PEOPLE) {
      const seen = listed.includes(id) ? this.directory.get(id) : undefined;
      const user = this.users.get(id);
      if (seen && !user && seen.state === 'active') {
        this.users.set(id, {
          lastName: seen.lastName,
          acdState: 'active',
          active: true,
          bySync: true,
          hasAgentRole: seen.enabled,
          hasOtherRole: false,
          login: null,
          isMoved: false,
        });
      } else if (user && (seen || isComplete)) this.follow(user, seen);
    }
  }

  private follow(user: Expected, seen: InDirectory | undefined): void {
    const state = seen?.state ?? 'deleted';
    if (seen) user.lastName = seen.lastName;
    if (state !== 'active' && state !== user.acdState && user.active)
      Object.assign(user, { active: false, bySync: true });
    if (state === 'active' && user.acdState !== 'active' && !user.active && user.bySync) user.active = true;
    user.acdState = state;
    if (seen?.enabled && state === 'active') user.hasAgentRole = true;
  }
}

describe('SYNC-01..04, SYNC-06, SYNC-08: any sequence of listings, half listings, kills and edits', () => {
  let world: SyncWorld;
  beforeAll(async () => {
    world = await syncWorld();
  });
  afterAll(() => world?.close());

  const OTHER_ROLE = '00000000-0000-4000-8000-0000000000aa';
  const OTHER_TEAM = '00000000-0000-4000-8000-0000000000bb';

  /** An ACD of its own for every story. */
  async function beginStory(): Promise<void> {
    const { pool } = world;
    await pool.query(
      'TRUNCATE sync_change, sync_run, sync_setting, directory_user, directory_team, outbox, role, sync_lease CASCADE',
    );
    world.acd = anAcd({ tenantId: world.acd.tenantId });
    await applyAcdChanges(pool, [world.acd]);
    await pool.query('UPDATE sync_lease SET next_run_at_ms = 9e15 WHERE acd_id <> $1', [world.acd.acdId]);
    const owner = [world.acd.tenantId, world.acd.acdId];
    await pool.query(`INSERT INTO sync_setting VALUES ($2, $1, 1, 1, true, null, 0, 'test')`, owner);
    await pool.query(
      `INSERT INTO role (role_id, tenant_id, name, permissions, created_at_ms, changed_at_ms) VALUES ($1, $2, 'Other', '{}', 0, 0)`,
      [OTHER_ROLE, owner[0]],
    );
    await pool.query(
      `INSERT INTO directory_team (team_id, tenant_id, acd_id, source, name, created_at_ms, changed_at_ms)
       VALUES ($3, $1, $2, 'wfo', 'Other', 0, 0)`,
      [...owner, OTHER_TEAM],
    );
    world.directory.users = [];
    world.directory.breaksAfter = {};
  }

  async function edit(model: Model, { who: id, what }: Extract<Step, { do: 'edit' }>): Promise<void> {
    const user = model.users.get(id);
    if (!user) return;
    const change = (sql: string) =>
      world.pool.query(
        `UPDATE directory_user SET ${sql}, revision = revision + 1 WHERE acd_id = $1 AND webex_user_id = $2`,
        [world.acd.acdId, id],
      );
    if (what === 'login') await change(`windows_login = 'CONTOSO\\${id}'`).then(() => (user.login = `CONTOSO\\${id}`));
    if (what === 'team') await change(`team_id = '${OTHER_TEAM}'`).then(() => (user.isMoved = true));
    if (what === 'activate') await change(`active = true, activation_by = 'wfo'`);
    if (what === 'deactivate') await change(`active = false, activation_by = 'wfo'`);
    if (what === 'activate' || what === 'deactivate')
      Object.assign(user, { active: what === 'activate', bySync: false });
    if (what === 'drop-roles')
      await change(`role_ids = '{}'`).then(() => Object.assign(user, { hasAgentRole: false, hasOtherRole: false }));
    if (what === 'give-role' && !user.hasOtherRole) {
      await change(`role_ids = role_ids || '${OTHER_ROLE}'::uuid`);
      user.hasOtherRole = true;
    }
  }

  const listed = () => world.directory.users.map(({ userId }) => userId);

  async function take(model: Model, taken: Step, published: Map<string, number>): Promise<void> {
    if (taken.do === 'directory') {
      if (taken.state === 'absent') model.directory.delete(taken.who);
      else model.directory.set(taken.who, { state: taken.state, lastName: taken.lastName, enabled: taken.enabled });
      world.directory.users = [...model.directory].map(([id, { state, lastName, enabled }]) =>
        aWebexUser(id, { lastName, isActive: state === 'active', isContactCenterEnabled: enabled }),
      );
    }
    if (taken.do === 'edit') await edit(model, taken);
    if (taken.do === 'half-run') {
      world.directory.breaksAfter = { users: taken.after };
      await world.run();
      model.sync(listed().slice(0, taken.after), false);
      world.directory.breaksAfter = {};
    }
    if (taken.do === 'killed-run') await killedRun(taken.statements);
    if (taken.do === 'run' || taken.do === 'killed-run') {
      await world.run();
      model.sync(listed(), true);
      await check(model, published);
    }
  }

  async function killedRun(statements: number): Promise<void> {
    world.nowMs += 60_000;
    await world.pool.query('UPDATE sync_lease SET next_run_at_ms = 0 WHERE acd_id = $1', [world.acd.acdId]);
    const mortality = new Mortality();
    mortality.statementsLeft = statements;
    await world
      .replica('mortal', mortal(world.pool, mortality))
      .syncOnce()
      .catch(() => {});
    world.nowMs += LEASE_MS + 1;
    while (await world.replica('heir').syncOnce());
    world.nowMs += 1;
  }

  async function check(model: Model, published: Map<string, number>): Promise<void> {
    const { rows } = await world.pool.query('SELECT * FROM directory_user WHERE acd_id = $1', [world.acd.acdId]);
    const agent = (await world.pool.query('SELECT role_id FROM role WHERE is_agent_role')).rows[0]?.role_id;
    const found = rows.map((row) => [
      row.webex_user_id,
      {
        lastName: row.last_name,
        acdState: row.acd_state,
        active: row.active,
        bySync: row.activation_by === 'sync',
        hasAgentRole: row.role_ids.includes(agent),
        hasOtherRole: row.role_ids.includes(OTHER_ROLE),
        login: row.windows_login,
        isMoved: row.team_id === OTHER_TEAM,
      },
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(model.users));
    expect(rows).toHaveLength(model.users.size);

    for (const { topic, payload } of await world.published()) {
      if (topic !== 'user-changed') continue;
      const { userId, revision } = payload as UserChanged;
      expect(revision).toBeGreaterThan(published.get(userId) ?? 0);
      published.set(userId, revision);
    }
    for (const row of rows) expect(published.has(row.user_id)).toBe(true);

    const again = await world.run();
    expect(again).toMatchObject({ state: 'done', plannedChanges: 0, appliedChanges: 0 });
    expect(await world.published()).toEqual([]);
  }

  it('ends as the tables say, keeps the WFO side, and a run repeated changes and publishes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        await beginStory();
        const model = new Model();
        const published = new Map<string, number>();
        for (const one of steps) await take(model, one, published);
        await take(model, { do: 'run' }, published);
      }),
      { numRuns: Number(process.env.SYNC_MODEL_RUNS ?? 25) },
    );
  });
});
