import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testAddresses, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { workOnce } from '../src/roles/directory-work-job.ts';
import { type FurnishedDirectory, furnishedDirectory } from './furnished-directory.ts';
import type { RunningDirectory } from './running-directory.ts';

const NONE = '22222222-2222-4222-8222-222222222222';
let sync: RunningDirectory;
let ids: FurnishedDirectory['ids'];
let pathOf: FurnishedDirectory['pathOf'];

beforeAll(async () => {
  ({ sync, ids, pathOf } = await furnishedDirectory());
});
afterAll(() => sync?.stop());

describe('SYNC-05 teams', () => {
  const create = (name: string, acdId = ids.ACD) => sync.call('/v1/teams', { body: { acdId, name } });

  it('lists the ACD’s and WFO’s own, and shows whose name it is', async () => {
    const { items } = (await sync.call('/v1/teams')).body;
    const shown = items.map(({ name, source, type, acdState, isDefault }: Record<string, unknown>) => [
      name,
      source,
      type,
      acdState,
      isDefault,
    ]);
    expect(shown).toEqual([
      ['Default team', 'wfo', null, null, true],
      ['Night shift', 'wfo', null, null, false],
      ['Sales', 'acd', 'agent', 'active', false],
      ['Support', 'acd', 'capacity', 'active', false],
    ]);
    const named = async (query: string) =>
      (await sync.call(`/v1/teams?${query}`)).body.items.map((team: { name: string }) => team.name);
    expect(await named('name=S')).toEqual(['Sales', 'Support']);
    expect(await named('source=wfo')).toEqual(['Default team', 'Night shift']);
    expect(await named('acdState=active&name=sup')).toEqual(['Support']);
  });

  it('makes, renames and deletes a team of its own, published each time, and never sends it to the ACD', async () => {
    await sync.world.published();
    const made = await create('Early shift');
    expect(made).toMatchObject({
      status: 201,
      etag: '"1"',
      body: { source: 'wfo', acdTeamId: null, isDefault: false },
    });
    const path = made.location!;
    expect(await sync.change(path, { name: ' Earliest shift ' })).toMatchObject({
      status: 200,
      body: { name: 'Earliest shift', revision: 2 },
    });
    expect((await sync.change(path, { name: 'Earliest shift' })).body.revision).toBe(2);
    expect((await sync.run()).counts.team).toMatchObject({ added: 0, changed: 0 });
    expect((await sync.change(path)).status).toBe(204);
    expect((await sync.call(path)).status).toBe(404);
    expect((await create('Earliest shift')).status).toBe(201);
    const names = (await sync.world.published()).map(({ payload }) => {
      const { name, revision, deleted } = payload as unknown as Record<string, unknown>;
      return [name, revision, deleted];
    });
    expect(names).toEqual([
      ['Early shift', 1, false],
      ['Earliest shift', 2, false],
      ['Earliest shift', 3, true],
      ['Earliest shift', 1, false],
    ]);
  });

  it.each<[string, string, string, object | undefined, number, string]>([
    ['renaming a team of the ACD (SYNC-05)', 'PATCH', '/v1/teams/TEAM', { name: 'x' }, 422, 'Webex'],
    ['deleting a team of the ACD', 'DELETE', '/v1/teams/TEAM', undefined, 409, 'Webex'],
    ['a name without a letter', 'PATCH', '/v1/teams/LOCAL', { name: ' - ' }, 400, 'matches'],
    ['an empty name', 'PATCH', '/v1/teams/LOCAL', { name: '' }, 400, ''],
    ['a name in use, spelt otherwise', 'PATCH', '/v1/teams/LOCAL', { name: 'défault  TEAM' }, 409, 'another name'],
    ['a field that is not known', 'PATCH', '/v1/teams/LOCAL', { name: 'x', acdTeamId: 'y' }, 400, 'Leave out'],
    ['an unknown team', 'PATCH', `/v1/teams/${NONE}`, { name: 'x' }, 404, 'GET /v1/teams'],
  ])('refuses %s', async (_, method, path, body, status, remedy) => {
    const answer = await sync.call(pathOf(path), { method, body, ifMatch: '*' });
    expect(answer).toMatchObject({ status, body: { remedy: expect.stringContaining(remedy) } });
  });

  it('refuses to delete the default team, and a team with users in it, saying how many', async () => {
    const { items } = (await sync.call('/v1/teams?name=default')).body;
    expect(await sync.change(`/v1/teams/${items[0].teamId}`)).toMatchObject({
      status: 409,
      body: { remedy: expect.stringContaining('sync-settings') },
    });
    const { body: team } = await create('With one');
    const path = `/v1/teams/${team.teamId}`;
    await sync.change(pathOf('/v1/users/USER'), { teamId: team.teamId });
    expect(await sync.change(path)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('1 user') } });
    await sync.change(pathOf('/v1/users/USER'), { teamId: ids.TEAM });
    expect((await sync.change(path)).status).toBe(204);
  });

  it('needs the version: 428 without, 412 for an old one; of two with one name one is made', async () => {
    const path = pathOf('/v1/teams/LOCAL');
    expect((await sync.call(path, { method: 'DELETE' })).status).toBe(428);
    expect((await sync.call(path, { method: 'DELETE', ifMatch: '"99"' })).status).toBe(412);
    const answers = await Promise.all([create('Twice'), create('twice')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe('SYNC-08 roles', () => {
  const create = (name: string, permissions: string[] = []) => sync.call('/v1/roles', { body: { name, permissions } });

  it('has the default agent role from the first look on, for every tenant', async () => {
    for (const key of [sync.keys.own, sync.keys.foreign]) {
      const { body } = await sync.call('/v1/roles?name=agent', { key });
      expect(body.items).toEqual([
        expect.objectContaining({
          name: 'Agent',
          isAgentRole: true,
          permissions: ['capture-contacts', 'record-screen', 'view-own-contacts'],
        }),
      ]);
    }
  });

  it('lists the permissions with what they permit', async () => {
    const { items } = (await sync.call('/v1/permissions')).body;
    const names = items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['capture-contacts', 'record-screen']));
    expect(items.every(({ description }: { description: string }) => description.length > 20)).toBe(true);
  });

  it('a change of a role publishes its users anew, in batches, and nobody else', async () => {
    const { body: role } = await create('Coach', ['view-statistics']);
    const userIds = [await sync.userOf('u-5'), await sync.userOf('u-6')];
    for (const id of userIds) {
      await sync.change(`/v1/users/${id}`, { roleIds: [role.roleId, ids.ROLE] });
    }
    await sync.world.published();
    const path = `/v1/roles/${role.roleId}`;
    expect((await sync.change(path, { permissions: ['view-all-contacts'] })).body.revision).toBe(2);
    expect((await sync.change(path, { permissions: ['view-all-contacts'] })).body.revision).toBe(2);
    await sync.work();
    const events = (await sync.world.published()).map(({ payload }) => payload as unknown as Record<string, unknown>);
    expect(events.map(({ userId }) => userId).sort()).toEqual([...userIds].sort());
    expect(events.every(({ permissions }) => (permissions as string[]).includes('view-all-contacts'))).toBe(true);
    await sync.work();
    expect(await sync.world.published()).toEqual([]);
    expect(await sync.change(path)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('2 user') } });
    for (const id of userIds) await sync.change(`/v1/users/${id}`, { roleIds: [ids.ROLE] });
    expect((await sync.change(path)).status).toBe(204);
    expect((await sync.call(path)).status).toBe(404);
  });

  it('a change of a role that a thousand users have takes several transactions, and another change begins anew', async () => {
    const { pool, acd } = sync.world;
    const { body: role } = await create('Everybody');
    await pool.query(
      `INSERT INTO directory_user (user_id, tenant_id, acd_id, webex_user_id, acd_user_id, contact_center_enabled,
         acd_state, acd_state_since_ms, active, activation_by, team_id, role_ids, company_start_date,
         department_start_date, created_at_ms, changed_at_ms)
       SELECT gen_random_uuid(), $1, $2, 'many-' || n, 'many-' || n, false, 'deleted', 0, false, 'sync', $3, ARRAY[$4::uuid],
         '2026-01-01', '2026-01-01', 1772442000000, 1772442000000 FROM generate_series(1, 1200) n`,
      [acd.tenantId, acd.acdId, ids.TEAM, role.roleId],
    );
    await sync.world.published();
    await sync.change(`/v1/roles/${role.roleId}`, { name: 'All' });
    const deps = { pool, clock: { nowMs: () => sync.world.nowMs } };
    expect(await workOnce(deps)).toBe(true);
    expect((await sync.world.published()).length).toBe(500);
    await sync.change(`/v1/roles/${role.roleId}`, { name: 'All of them' });
    // Two replicas at once share or take turns; nobody is left out.
    await Promise.all([sync.work(), sync.work()]);
    await sync.work();
    const events = (await sync.world.published()).map(({ payload }) => payload as unknown as Record<string, unknown>);
    expect(new Set(events.map(({ userId }) => userId)).size).toBe(1200);
    expect(JSON.stringify(events.map(({ roles }) => roles))).not.toContain('"All"');
    await pool.query("DELETE FROM directory_user WHERE webex_user_id LIKE 'many-%'");
  });

  it.each<[string, string, string, object | undefined, number]>([
    ['deleting the default agent role', 'DELETE', '/v1/roles/ROLE', undefined, 409],
    ['a permission that is not known', 'PATCH', '/v1/roles/ROLE', { permissions: ['fly'] }, 400],
    ['a permission twice', 'POST', '/v1/roles', { name: 'x', permissions: ['record-screen', 'record-screen'] }, 400],
    ['a name in use', 'POST', '/v1/roles', { name: 'AGENT', permissions: [] }, 409],
    ['no name', 'POST', '/v1/roles', { permissions: [] }, 400],
    ['nothing to change', 'PATCH', '/v1/roles/ROLE', {}, 400],
    ['an unknown role', 'PATCH', `/v1/roles/${NONE}`, { name: 'x' }, 404],
  ])('refuses %s with a remedy', async (_, method, path, body, status) => {
    const answer = await sync.call(pathOf(path), { method, body, ifMatch: '*' });
    expect(answer).toMatchObject({ status, body: { remedy: expect.any(String) } });
  });

  it('needs the version, and of two edits at once one wins', async () => {
    const { body: role, etag } = await create('Raced');
    const path = `/v1/roles/${role.roleId}`;
    expect((await sync.call(path, { method: 'PATCH', body: { name: 'a' } })).status).toBe(428);
    const edits = ['Raced A', 'Raced B'].map((name) =>
      sync.call(path, { method: 'PATCH', body: { name }, ifMatch: etag! }),
    );
    expect((await Promise.all(edits)).map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('a role is not deleted from under a user who gets it at the same time', async () => {
    const { body: role, etag } = await create('Fleeting');
    const userId = await sync.userOf('u-7');
    const [edit, deletion] = await Promise.all([
      sync.change(`/v1/users/${userId}`, { roleIds: [role.roleId, ids.ROLE] }),
      sync.call(`/v1/roles/${role.roleId}`, { method: 'DELETE', ifMatch: etag! }),
    ]);
    expect([
      [200, 409],
      [422, 204],
    ]).toContainEqual([edit.status, deletion.status]);
  });
});

describe('SYNC-05 queues, and the names that statistics need', () => {
  it.each([
    ['/v1/queues', ['Orders', 'Réclamations']],
    ['/v1/queues?name=recl', ['Réclamations']],
    ['/v1/queues?acdQueueId=q-1', ['Orders']],
    ['/v1/queues?channel=voice&acdState=active&name=o', ['Orders']],
    ['/v1/queues?acdState=deleted', []],
    ['/v1/sites', ['Leeds']],
    ['/v1/sites?name=x', []],
    ['/v1/sites?name=%25', []],
    ['/v1/sites?acdItemId=s-1', ['Leeds']],
    ['/v1/entry-points', []],
    ['/v1/auxiliary-codes', []],
  ])('GET %s', async (path, expected) => {
    const { status, body } = await sync.call(path);
    expect(status).toBe(200);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(expected);
  });

  it('pages, and reads one', async () => {
    const { body } = await sync.call('/v1/queues?limit=1');
    expect((await sync.call(`/v1/queues?limit=1&cursor=${body.nextCursor}`)).body).toMatchObject({
      items: [{ name: 'Réclamations' }],
      nextCursor: null,
    });
    expect((await sync.call(pathOf('/v1/queues/QUEUE'))).body).toMatchObject({ acdQueueId: 'q-1', channel: 'voice' });
    expect((await sync.call(pathOf('/v1/entry-points/SITE'))).status).toBe(404);
    expect((await sync.call(`/v1/queues/${NONE}`)).status).toBe(404);
  });
});

describe('on the topics', () => {
  it('an edit is published under the user’s key, the last revision last', async () => {
    const { wiring, topicPrefix } = sync;
    await wiring.bus.ensureTopics(['user-changed', 'team-changed', 'queue-changed'], {
      partitions: 1,
      replicationFactor: 1,
    });
    await sync.world.published();
    const path = pathOf('/v1/users/USER');
    await sync.change(path, { windowsLogin: 'K\\one' });
    const { body } = await sync.change(path, { windowsLogin: 'K\\two' });
    const ledger = await topicLedger(testAddresses.kafkaBrokers, `${topicPrefix}user-changed`);
    await wiring.relay.start();
    try {
      const mine = await waitFor('both revisions', () => (ledger.records.length >= 2 ? ledger.records : undefined));
      expect(mine.map(({ key }) => key)).toEqual([`${ids.ACD}:${ids.USER}`, `${ids.ACD}:${ids.USER}`]);
      const last = JSON.parse(String(mine.at(-1)!.value));
      expect(last).toMatchObject({ revision: body.revision, windowsLogin: 'K\\two' });
    } finally {
      await wiring.relay.stop(5_000);
      await ledger.close();
    }
  });
});
