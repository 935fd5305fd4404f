import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { UserChanged } from '@wxcc-wfo/contracts';
import { WebexError } from '@wxcc-wfo/webex';
import { aWebexQueue, aWebexTeam, aWebexUser } from './fake-directory.ts';
import { applyAcdChanges, type SyncWorld, syncWorld } from './sync-world.ts';

interface UserRow extends Record<string, unknown> {
  user_id: string;
  webex_user_id: string;
  last_name: string;
  active: boolean;
  acd_state: string;
  role_ids: string[];
  revision: number;
}

describe('runs of sync over a real database', () => {
  let world: SyncWorld;
  beforeAll(async () => {
    world = await syncWorld();
  });
  afterAll(() => world?.close());
  const users = () => world.rows<UserRow>('directory_user', 'webex_user_id');
  const user = async (id: string) => (await users()).find((one) => one.webex_user_id === id)!;

  beforeEach(() => {
    world.directory.breaksAfter = {};
    world.directory.hidden.clear();
    world.nowMs += 3_600_000;
  });

  it('SYNC-01, SYNC-02, SYNC-05: the first run adds what is active, publishes it, and counts it', async () => {
    world.directory.users = [
      aWebexUser('u1', { firstName: 'Grace', lastName: 'Example' }),
      aWebexUser('u2', { isContactCenterEnabled: false }),
      aWebexUser('u3', { isActive: false }),
    ];
    world.directory.teams = [aWebexTeam('t1', { name: 'Sales' }), aWebexTeam('t2', { isActive: false })];
    world.directory.queues = [aWebexQueue('q1', { name: 'Orders' }), aWebexQueue('q2', { isActive: false })];
    world.directory.sites = [{ siteId: 's1', name: 'Leeds', isActive: true, updatedAtMs: null }];
    const run = await world.run();
    expect(run).toMatchObject({
      state: 'done',
      trigger: 'interval',
      problem: null,
      plannedChanges: 6,
      appliedChanges: 6,
    });
    expect(run.counts.user).toEqual({
      seen: 3,
      added: 2,
      changed: 0,
      deactivated: 0,
      unchanged: 0,
      marked: 0,
      notImported: 1,
      refused: 0,
    });
    expect(run.counts.team).toMatchObject({ seen: 2, added: 1, notImported: 1 });
    expect(run.counts.queue).toMatchObject({ seen: 2, added: 2 });
    expect(run.counts.site).toMatchObject({ seen: 1, added: 1 });

    const teams = await world.rows<{ name: string; is_default: boolean; team_id: string }>('directory_team', 'name');
    expect(teams.map(({ name, is_default }) => [name, is_default])).toEqual([
      ['Default team', true],
      ['Sales', false],
    ]);
    const [role] = await world.rows<{ role_id: string; name: string }>('role', 'name');
    expect(role).toMatchObject({ name: 'Agent', is_agent_role: true });
    const [first, second] = await users();
    expect(first).toMatchObject({
      acd_user_id: 'u1',
      identity_id: 'ci-u1',
      first_name: 'Grace',
      last_name: 'Example',
      active: true,
      team_id: teams[0]!.team_id,
      role_ids: [role!.role_id],
      company_start_date: '2026-03-02',
      department_start_date: '2026-03-02',
    });
    expect(second!.role_ids).toEqual([]);

    const events = await world.published();
    expect(events.map(({ topic }) => topic).sort()).toEqual([
      'queue-changed',
      'queue-changed',
      'team-changed',
      'team-changed',
      'user-changed',
      'user-changed',
    ]);
    const payload = events.map((event) => event.payload as UserChanged).find((one) => one.acdUserId === 'u1');
    expect(payload).toMatchObject({
      userId: first!.user_id,
      revision: 1,
      teamId: teams[0]!.team_id,
      roles: [{ roleId: role!.role_id, name: 'Agent' }],
      permissions: ['capture-contacts', 'record-screen', 'view-own-contacts'],
      acdState: 'active',
      companyStartDate: '2026-03-02',
    });
  });

  it('SYNC-01: a run repeated changes nothing and publishes nothing', async () => {
    const run = await world.run();
    expect(run).toMatchObject({ state: 'done', plannedChanges: 0, appliedChanges: 0 });
    expect(run.counts.user).toMatchObject({ seen: 3, unchanged: 2, notImported: 1 });
    expect(await world.published()).toEqual([]);
  });

  it('SYNC-03, SYNC-08: the agent role comes back; what WFO decides stays', async () => {
    const before = await user('u1');
    await world.pool.query(
      `UPDATE directory_user SET role_ids = '{}', windows_login = 'CONTOSO\\grace', revision = revision + 1 WHERE user_id = $1`,
      [before.user_id],
    );
    const run = await world.run();
    expect(run.counts.user).toMatchObject({ changed: 1, unchanged: 1 });
    expect(await user('u1')).toMatchObject({ role_ids: before.role_ids, windows_login: 'CONTOSO\\grace', revision: 3 });
    expect(await world.published()).toMatchObject([{ topic: 'user-changed', payload: { revision: 3 } }]);
  });

  it('SYNC-04: a rename follows, Not Active deactivates, restored is the same user', async () => {
    const before = await user('u1');
    world.directory.users[0] = aWebexUser('u1', { firstName: 'Grace', lastName: 'Renamed' });
    world.directory.users[1] = aWebexUser('u2', { isContactCenterEnabled: false, isActive: false });
    await world.pool.query(
      `INSERT INTO sync_setting VALUES ($1, $2, 1, 0.9, true, null, 0, 'test')
       ON CONFLICT (acd_id) DO UPDATE SET brake_share = 0.9`,
      [world.acd.acdId, world.acd.tenantId],
    );
    const run = await world.run();
    expect(run.counts.user).toMatchObject({ changed: 1, deactivated: 1 });
    expect(await user('u1')).toMatchObject({ user_id: before.user_id, last_name: 'Renamed', active: true });
    const gone = await user('u2');
    expect(gone).toMatchObject({ active: false, acd_state: 'not-active' });
    world.directory.users[1] = aWebexUser('u2', { isContactCenterEnabled: false });
    expect((await world.run()).counts.user).toMatchObject({ changed: 1 });
    expect(await user('u2')).toMatchObject({ user_id: gone.user_id, active: true, acd_state: 'active' });
    await world.published();
  });

  it('SYNC-04, SYNC-05: gone from a complete listing: users are deactivated, teams and queues stay, marked', async () => {
    world.directory.users = world.directory.users.filter(({ userId }) => userId !== 'u2');
    world.directory.teams = [];
    world.directory.queues = [aWebexQueue('q1', { name: 'Orders 2' })];
    const run = await world.run();
    expect(run.counts.user).toMatchObject({ deactivated: 1 });
    expect(run.counts.team).toMatchObject({ seen: 0, marked: 1 });
    expect(run.counts.queue).toMatchObject({ seen: 1, changed: 1, marked: 1 });
    expect(await user('u2')).toMatchObject({ active: false, acd_state: 'deleted' });
    const teams = await world.rows<{ name: string }>('directory_team', 'name');
    expect(teams[1]).toMatchObject({ name: 'Sales', acd_state: 'deleted', deleted: false });
    const queues = await world.rows('directory_queue', 'acd_queue_id');
    expect(queues).toMatchObject([
      { name: 'Orders 2', acd_state: 'active' },
      { acd_queue_id: 'q2', acd_state: 'deleted' },
    ]);
    await world.published();
  });

  it('SYNC-06: a half listing adds and renames, concludes no deletion, and the run says so', async () => {
    world.directory.users = Array.from({ length: 700 }, (_, n) => aWebexUser(`v${String(n).padStart(3, '0')}`));
    world.directory.breaksAfter = { users: 650 };
    const run = await world.run();
    expect(run).toMatchObject({ state: 'done' });
    expect(run.listings.user).toMatchObject({ state: 'partial', problem: { code: 'webex-unavailable' } });
    expect(run.listings.queue).toMatchObject({ state: 'complete' });
    expect(run.counts.user).toMatchObject({ seen: 650, added: 650, deactivated: 0 });
    expect(await user('u1')).toMatchObject({ active: true });
    world.directory.breaksAfter = {};
    world.directory.users.push(aWebexUser('u1', { firstName: 'Grace', lastName: 'Renamed' }));
    expect((await world.run()).counts.user).toMatchObject({ seen: 701, added: 50, unchanged: 651 });
    await world.published();
  });

  it('SYNC-06: whom the listing left out is asked for by name before a deletion is believed', async () => {
    world.directory.hidden.add('v001');
    const run = await world.run();
    expect(run.counts.user).toMatchObject({ seen: 701, unchanged: 701, deactivated: 0 });
    expect(await user('v001')).toMatchObject({ active: true });
  });

  it('SYNC-06: a run beyond the share waits, changes nothing, and applies what was approved', async () => {
    await world.pool.query('UPDATE sync_setting SET brake_share = 0.2');
    const all = world.directory.users;
    world.directory.users = [...all.slice(0, 500), aWebexUser('u9')];
    const waiting = await world.run();
    expect(waiting).toMatchObject({
      state: 'awaiting-approval',
      brake: { activeUsers: 701, deactivations: 201, limit: 0.2, isHeld: true },
      problem: { code: 'brake' },
      plannedChanges: 202,
    });
    expect(await user('u9')).toBeUndefined();
    expect(await world.published()).toEqual([]);

    const again = await world.run();
    expect(again).toMatchObject({ state: 'stopped', problem: { code: 'still-awaiting-approval' } });
    expect((await world.runs()).find(({ runId }) => runId === waiting.runId)).toMatchObject({
      state: 'awaiting-approval',
    });

    world.directory.users = all;
    expect(await world.run()).toMatchObject({ state: 'done', plannedChanges: 0 });
    expect((await world.runs()).find(({ runId }) => runId === waiting.runId)).toMatchObject({
      state: 'stopped',
      problem: { code: 'superseded' },
    });
  });

  it('SYNC-01: a run that cannot be applied is tried again at its pace, also while somebody waits for the next one', async () => {
    const { pool, acd } = world;
    await pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$`);
    await pool.query('CREATE TRIGGER refuse BEFORE INSERT ON directory_queue FOR EACH ROW EXECUTE FUNCTION refuse()');
    world.directory.queues.push(aWebexQueue('q-late'));
    expect(await world.run()).toMatchObject({ state: 'applying', problem: { code: 'internal-error' } });
    await pool.query(
      `INSERT INTO sync_run (run_id, tenant_id, acd_id, trigger, state, requested_at_ms)
       VALUES (gen_random_uuid(), $1, $2, 'demand', 'queued', $3)`,
      [acd.tenantId, acd.acdId, world.nowMs + 1],
    );
    await world.run();
    const [lease] = await world.rows('sync_lease', 'acd_id');
    expect(lease!.next_run_at_ms).toBe(world.nowMs + 120_000);
    await pool.query('DROP TRIGGER refuse ON directory_queue');
    await world.run();
    expect((await world.runs()).map(({ state }) => state).slice(0, 2)).toEqual(['queued', 'done']);
    expect(await world.run()).toMatchObject({ state: 'done', trigger: 'demand', plannedChanges: 0 });
    await world.published();
  });

  it('a refused token fails the run, says what to do, and nothing changes', async () => {
    world.directory.breaksAfter = { teams: 0 };
    world.directory.failure = () => new WebexError('unauthorized', 'The token was refused');
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', problem: { code: 'webex-unauthorized' } });
    const [lease] = await world.rows('sync_lease', 'acd_id');
    expect(lease).toMatchObject({ failures: 1, owner: null, next_run_at_ms: world.nowMs + 60_000 });
  });

  it('runs that fail for long leave no more rows than are kept', async () => {
    world.directory.breaksAfter = { teams: 0 };
    for (let n = 0; n < 12; n += 1) expect((await world.run()).state).toBe('failed');
    expect(await world.runs()).toHaveLength(10);
  });

  it('SYNC-01: a deleted ACD’s runs stop', async () => {
    await world.pool.query(
      `INSERT INTO sync_run (run_id, tenant_id, acd_id, trigger, state, requested_at_ms)
       VALUES (gen_random_uuid(), $1, $2, 'demand', 'queued', 1)`,
      [world.acd.tenantId, world.acd.acdId],
    );
    await applyAcdChanges(world.pool, [{ ...world.acd, revision: 9, deleted: true }]);
    await expect(world.run()).rejects.toThrow('No ACD was due.');
    expect((await world.runs()).filter(({ state }) => state === 'queued')).toEqual([]);
    expect((await world.runs()).filter(({ problem }) => problem?.code === 'acd-deleted')).toMatchObject([
      { trigger: 'demand' },
    ]);
  });
});
