import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { UserChanged } from '@wxcc-wfo/contracts';
import { afterRun } from '../src/duplicates/after-run.ts';
import { aWebexUser } from './fake-directory.ts';
import type { RunningDirectory } from './running-directory.ts';
import { type SwitchedDirectory, switchedDirectory } from './switched-directory.ts';

let switched: SwitchedDirectory;
let sync: RunningDirectory;
beforeAll(async () => {
  switched = await switchedDirectory();
  sync = switched.sync;
});
afterAll(() => sync?.stop());
beforeEach(() => {
  sync.world.nowMs += 3_600_000;
});

const read: SwitchedDirectory['read'] = (userId) => switched.read(userId);
const makeAnew: SwitchedDirectory['makeAnew'] = (o) => switched.makeAnew(o);
const gone = (key: string) => switched.gone(key);
const usersCount = async () => (await sync.call('/v1/users?limit=200')).body.items.length;

describe('SYNC-07 merging by hand', () => {
  it('the user known longer survives with its id and WFO side, follows the new id, and has both ids', async () => {
    const { oldId, newId, oldKey, newKey, candidate, name } = await makeAnew({ edit: { windowsLogin: 'C\\m1' } });
    await sync.world.published();
    const count = await usersCount();
    const answer = await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'user', survivorId: oldId, mergedId: newId, state: 'merged', duplicateId: candidate.duplicateId },
    });
    expect(await read(oldId)).toMatchObject({
      acdUserId: newKey,
      webexUserId: newKey,
      otherAcdIds: [{ acdUserId: oldKey, webexUserId: oldKey, identityId: `ci-${oldKey}` }],
      email: `${name}@new.example`,
      acdState: 'active',
      active: true,
      windowsLogin: 'C\\m1',
      companyStartDate: expect.any(String),
    });
    expect(await read(newId)).toMatchObject({ mergedIntoUserId: oldId, active: false, acdState: 'deleted' });
    for (const id of [oldKey, newKey, `ci-${oldKey}`, `ci-${newKey}`]) expect(await sync.userOf(id)).toBe(oldId);
    expect(await usersCount()).toBe(count - 1);
    const events = (await sync.world.published()).map(({ payload }) => payload);
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ userId: oldId, webexUserId: newKey, active: true, mergedIntoUserId: null }),
        expect.objectContaining({ userId: newId, mergedIntoUserId: oldId, active: false }),
      ]),
    );
    expect(events).toHaveLength(2);
    expect((await sync.call(`/v1/duplicates/${candidate.duplicateId}`)).body.state).toBe('merged');
  });

  it('later runs treat both ids as the survivor: no user is added or deactivated, and the new id’s changes follow', async () => {
    const { oldId, newId, oldKey, newKey, candidate, name } = await makeAnew();
    await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
    const { directory } = sync.world;
    directory.users = directory.users.map((user) =>
      user.userId === newKey ? { ...user, lastName: `${name}-Renamed` } : user,
    );
    const run = await sync.run();
    expect(run.counts.user).toMatchObject({ added: 0, deactivated: 0, changed: 1 });
    expect(await read(oldId)).toMatchObject({ lastName: `${name}-Renamed`, active: true });
    expect(await read(newId)).toMatchObject({ lastName: name, active: false });

    // The old id comes back beside the new one: still one user. Then the new one goes: it goes on as the old one.
    directory.users.push(aWebexUser(oldKey, { firstName: 'Ada', lastName: `${name} II` }));
    expect((await sync.run()).counts.user).toMatchObject({ added: 0, deactivated: 0 });
    expect(await read(oldId)).toMatchObject({ webexUserId: newKey, active: true });
    gone(newKey);
    await sync.world.published();
    expect((await sync.run()).counts.user).toMatchObject({ added: 0, deactivated: 0, marked: 1 });
    const told = (await sync.world.published()).map(({ payload }) => payload as UserChanged);
    expect(told.filter(({ userId }) => userId === oldId).map(({ active }) => active)).not.toContain(false);
    expect(await read(oldId)).toMatchObject({ webexUserId: oldKey, lastName: `${name} II`, active: true });
    gone(oldKey);
    expect((await sync.run()).counts.user).toMatchObject({ deactivated: 1 });
    expect(await read(oldId)).toMatchObject({ acdState: 'deleted', active: false });
    expect(await read(newId)).toMatchObject({ active: false, mergedIntoUserId: oldId });
  });

  it('whose two ids go in one run is deactivated; whose other id comes with that run is not', async () => {
    const [one, two] = [await makeAnew(), await makeAnew()];
    const { directory } = sync.world;
    for (const { candidate, oldKey, name } of [one, two]) {
      await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
      directory.users.push(aWebexUser(oldKey, { firstName: 'Ada', lastName: name }));
    }
    await sync.run();
    gone(one.oldKey);
    gone(one.newKey);
    gone(two.oldKey);
    expect((await sync.run()).counts.user).toMatchObject({ deactivated: 1 });
    expect(await read(one.oldId)).toMatchObject({ active: false, acdState: 'deleted' });
    gone(two.newKey);
    directory.users.push(aWebexUser(two.oldKey, { firstName: 'Ada', lastName: two.name }));
    expect((await sync.run()).counts.user).toMatchObject({ deactivated: 0, marked: 2 });
    expect(await read(two.oldId)).toMatchObject({ active: true, webexUserId: two.oldKey, acdState: 'active' });
  });

  it('a merge that is undone between a run’s plan and its applying leaves nobody active whose id is gone', async () => {
    const { oldId, newId, oldKey, newKey, candidate, name } = await makeAnew();
    const { body: merge } = await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
    const { directory } = sync.world;
    directory.users.push(aWebexUser(oldKey, { firstName: 'Ada', lastName: name }));
    await sync.run();
    gone(newKey);
    const path = `/v1/acds/${sync.world.acd.acdId}/sync-settings`;
    expect((await sync.change(path, { brakeShare: 0 })).status).toBe(200);
    gone('stays-9');
    const waiting = await sync.run();
    expect(waiting).toMatchObject({ state: 'awaiting-approval', brake: { deactivations: 1 } });
    expect((await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' })).status).toBe(200);
    await sync.call(`/v1/sync-runs/${waiting.runId}/approve`, { body: {} });
    await sync.run();
    // What was planned for the survivor’s id is not done to whom that id belongs by now; the next run sees to it.
    expect(await read(newId)).toMatchObject({ active: true, acdState: 'active' });
    expect((await sync.change(path, { brakeShare: 0.2 })).status).toBe(200);
    expect(await sync.run()).toMatchObject({ state: 'done' });
    expect(await read(oldId)).toMatchObject({ active: true, acdState: 'active', webexUserId: oldKey });
    expect(await read(newId)).toMatchObject({ active: false, acdState: 'deleted' });
  });

  it('nobody stays active whose id is gone, even where a plan spared one for another id that went since', async () => {
    const userId = await sync.userOf('stays-5');
    const { runId, acdId, tenantId } = await sync.run();
    const { pool, nowMs } = sync.world;
    await pool.query("UPDATE directory_user SET acd_state = 'deleted' WHERE user_id = $1", [userId]);
    await pool.query(
      `INSERT INTO sync_change (run_id, seq, tenant_id, acd_id, kind, change, item_id, webex_id, name, reasons, after, outcome)
       VALUES ($1, 1000, $2, $3, 'user', 'mark', $4, 'stays-5', 'F5', '{}', '{"acdState": "deleted"}', 'applied')`,
      [runId, tenantId, acdId, userId],
    );
    await afterRun(pool, { runId, acdId, tenantId, nowMs });
    expect(await read(userId)).toMatchObject({ active: false, activationBy: 'sync', acdState: 'deleted' });
    expect((await sync.run()).counts.user).toMatchObject({ changed: 1 });
    expect(await read(userId)).toMatchObject({ active: true });
  });

  it('is taken back: both are as before, plus what was changed since', async () => {
    const made = await makeAnew({ edit: { windowsLogin: 'C\\undo' } });
    const { oldId, newId, newKey, oldKey, candidate, name } = made;
    const lead = (await sync.call('/v1/roles', { body: { name: `Lead ${name}`, permissions: [] } })).body.roleId;
    const [oldBefore, newBefore] = [await read(oldId), await read(newId)];
    const { body: merge } = await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
    const roleIds = [...oldBefore.roles.map((role: { roleId: string }) => role.roleId), lead];
    expect((await sync.change(`/v1/users/${oldId}`, { roleIds })).status).toBe(200);
    const { directory } = sync.world;
    directory.users = directory.users.map((user) =>
      user.userId === newKey ? { ...user, email: 'since@new.example' } : user,
    );
    await sync.run();
    const undone = await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' });
    expect(undone).toMatchObject({ status: 200, body: { state: 'undone', undoneBy: expect.any(String) } });
    const apart = ({ revision: _, changedAt: __, ...rest }: Record<string, unknown>) => rest;
    expect(apart(await read(oldId))).toEqual({
      ...apart(oldBefore),
      roles: expect.arrayContaining([expect.objectContaining({ roleId: lead })]),
    });
    expect(apart(await read(newId))).toEqual({ ...apart(newBefore), email: 'since@new.example' });
    expect([await sync.userOf(oldKey), await sync.userOf(newKey)]).toEqual([oldId, newId]);
    expect((await sync.call(`/v1/duplicates/${candidate.duplicateId}`)).body.state).toBe('open');
    expect((await sync.run()).counts.user).toMatchObject({ added: 0, changed: 0, deactivated: 0 });
    expect((await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' })).body.state).toBe('undone');
  });

  it('three who are one: merges are taken back in their order only, and each is itself again', async () => {
    const made = [await makeAnew(), await makeAnew(), await makeAnew()];
    const [a, b, c] = made.map(({ newId }) => newId) as [string, string, string];
    const before = await Promise.all([a, b, c].map(read));
    const merge = async (survivorId: string, mergedId: string) =>
      await sync.call('/v1/merges', { body: { kind: 'user', survivorId, mergedId } });
    const first = await merge(b, a);
    expect(first).toMatchObject({ status: 201, location: `/v1/merges/${first.body.mergeId}` });
    const second = await merge(c, b);
    expect(second.status).toBe(201);
    expect((await read(c)).otherAcdIds).toHaveLength(2);
    expect((await read(a)).mergedIntoUserId).toBe(c);
    expect(await merge(c, a)).toMatchObject({ status: 409, body: { remedy: expect.stringContaining(c) } });
    const early = await sync.call(`/v1/merges/${first.body.mergeId}/undo`, { method: 'POST' });
    expect(early).toMatchObject({ status: 409, body: { remedy: expect.stringContaining(second.body.mergeId) } });
    // All but one id go: the survivor goes on as whichever is there, and ids change places.
    const keys = made.map(({ newKey }) => newKey);
    const { directory } = sync.world;
    const kept = directory.users.filter((user) => keys.includes(user.userId));
    gone(keys[2]!);
    await sync.run();
    expect((await read(c)).active).toBe(true);
    directory.users.push(...kept.filter((user) => user.userId === keys[2]));
    await sync.run();
    for (const { mergeId } of [second.body, first.body]) {
      expect((await sync.call(`/v1/merges/${mergeId}/undo`, { method: 'POST' })).status).toBe(200);
    }
    const after = await Promise.all([a, b, c].map(read));
    const apart = ({ revision: _, changedAt: __, ...rest }: Record<string, unknown>) => rest;
    expect(after.map(apart)).toEqual(before.map(apart));
  });

  it('a Windows login that somebody else has by now keeps a merge from being undone, saying who', async () => {
    const { oldId, newId, candidate } = await makeAnew();
    await sync.change(`/v1/users/${newId}`, { windowsLogin: 'C\\taken' });
    const { body: merge } = await sync.call(`/v1/duplicates/${candidate.duplicateId}/merge`, { body: {} });
    expect((await read(oldId)).windowsLogin).toBe('C\\taken');
    await sync.change(`/v1/users/${oldId}`, { windowsLogin: null });
    const otherId = await sync.userOf('stays-1');
    await sync.change(`/v1/users/${otherId}`, { windowsLogin: 'c\\TAKEN' });
    const refused = await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' });
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining(otherId) } });
    await sync.change(`/v1/users/${otherId}`, { windowsLogin: null });
    expect((await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' })).status).toBe(200);
    expect((await read(newId)).windowsLogin).toBe('C\\taken');
  });

  it('a merged user is not edited, and not merged again', async () => {
    const { oldId, newId, candidate } = await makeAnew();
    const path = `/v1/duplicates/${candidate.duplicateId}/merge`;
    const none = '22222222-2222-4222-8222-222222222222';
    expect(await sync.call(path, { body: { survivorId: none } })).toMatchObject({
      status: 422,
      body: { field: 'survivorId' },
    });
    expect((await sync.call(path, { body: { survivorId: newId } })).body).toMatchObject({ survivorId: newId });
    expect(await sync.change(`/v1/users/${oldId}`, { windowsLogin: 'x' })).toMatchObject({
      status: 409,
      body: { remedy: expect.stringContaining(newId) },
    });
    expect((await sync.call(path, { body: {} })).status).toBe(409);
    expect((await sync.call(path.replace('/merge', '/dismiss'), { body: {} })).status).toBe(409);
    const merge = (survivorId: string, mergedId: string, kind = 'user') =>
      sync.call('/v1/merges', { body: { kind, survivorId, mergedId } });
    expect(await merge(newId, newId)).toMatchObject({ status: 422, body: { field: 'mergedId' } });
    expect(await merge(none, newId)).toMatchObject({ status: 422, body: { field: 'survivorId' } });
    expect(await merge(newId, await sync.userOf('stays-2'), 'team')).toMatchObject({ status: 422 });
    expect((await merge(newId, newId, 'queue')).status).toBe(400);
  });

  it('of two merges of one pair at once one is done', async () => {
    const { oldId, newId } = await makeAnew();
    const merge = (survivorId: string, mergedId: string) =>
      sync.call('/v1/merges', { body: { kind: 'user', survivorId, mergedId } });
    const answers = await Promise.all([merge(oldId, newId), merge(newId, oldId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});
