import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aWebexTeam, aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

let sync: RunningDirectory;
beforeAll(async () => {
  sync = await runDirectory();
});
afterAll(() => sync?.stop());

const read = async (userId: string) => (await sync.call(`/v1/users/${userId}`)).body;
const open = async (query = '') => (await sync.call(`/v1/duplicates?${query}`)).body.items;
const usersCount = async () => (await sync.call('/v1/users?limit=200')).body.items.length;

/** The guide's case: a directory sync is switched on later and makes the users anew, under a new id and address. */
let nth = 0;
async function directorySync(o: { edit?: object; keptEmail?: boolean } = {}) {
  nth += 1;
  const [oldKey, newKey, name] = [`old-${nth}`, `new-${nth}`, `Person${nth}`];
  const old = aWebexUser(oldKey, { firstName: 'Ada', lastName: name, email: `${name}@old.example` });
  const { directory } = sync.world;
  directory.users.push(old);
  await sync.run();
  const oldId = await sync.userOf(oldKey);
  if (o.edit) expect((await sync.change(`/v1/users/${oldId}`, o.edit)).status).toBe(200);
  const email = o.keptEmail ? old.email : `${name}@new.example`;
  directory.users = directory.users.filter((user) => user !== old);
  directory.users.push(aWebexUser(newKey, { firstName: 'Ada', lastName: name, email }));
  await sync.run();
  const newId = await sync.userOf(newKey);
  const [candidate] = (await open()).filter((one: { newer: { id: string } }) => one.newer.id === newId);
  return { oldKey, newKey, name, oldId, newId, candidate };
}
const gone = (key: string) => {
  const { directory } = sync.world;
  directory.users = directory.users.filter((user) => user.userId !== key);
};

beforeAll(async () => {
  // Enough who stay, so that the brake of SYNC-06 never holds a run.
  const { directory } = sync.world;
  directory.users = Array.from({ length: 30 }, (_, n) => aWebexUser(`stays-${n}`, { firstName: `F${n}` }));
  await sync.run();
});
beforeEach(() => {
  sync.world.nowMs += 3_600_000;
});

describe('SYNC-07 duplicates are found by runs', () => {
  it('a user who comes back under a new id with a changed domain is reported with evidence, once', async () => {
    const { oldId, newId, candidate, name } = await directorySync();
    expect(candidate).toMatchObject({
      kind: 'user',
      state: 'open',
      score: 75,
      older: { id: oldId, name: `Ada ${name}`, email: `${name}@old.example`, acdState: 'deleted' },
      newer: { id: newId, acdState: 'active' },
      runId: expect.any(String),
    });
    expect(candidate.evidence.map(({ rule }: { rule: string }) => rule)).toEqual([
      'same-email-other-domain',
      'same-name',
      'one-gone-one-new',
    ]);
    await sync.run();
    await sync.run();
    const again = (await open()).filter((one: { newer: { id: string } }) => one.newer.id === newId);
    expect(again).toEqual([candidate]);
    expect((await sync.call(`/v1/duplicates/${candidate.duplicateId}`)).body).toEqual(candidate);
  });

  it('the same e-mail under a new id is the surest', async () => {
    const { candidate } = await directorySync({ keptEmail: true });
    expect(candidate.score).toBe(95);
    expect((await open())[0].score).toBe(95);
    expect(await open('minScore=96')).toEqual([]);
    expect(await open('kind=team')).toEqual([]);
  });

  it('users who only share a name are not reported', async () => {
    sync.world.directory.users.push(aWebexUser('same-1', { firstName: 'John', lastName: 'Smith' }));
    sync.world.directory.users.push(aWebexUser('same-2', { firstName: 'John', lastName: 'Smith' }));
    const before = (await open()).length;
    await sync.run();
    expect(await open()).toHaveLength(before);
  });

  it('a dismissed pair is not reported again', async () => {
    const { candidate, newKey } = await directorySync();
    const path = `/v1/duplicates/${candidate.duplicateId}`;
    const { body } = await sync.call(`${path}/dismiss`, { body: { reason: 'Two persons.' } });
    expect(body).toMatchObject({ state: 'dismissed', decidedBy: expect.any(String), decisionReason: 'Two persons.' });
    expect((await sync.call(`${path}/dismiss`, { body: {} })).status).toBe(200);
    const { directory } = sync.world;
    const back = directory.users.find((user) => user.userId === newKey)!;
    gone(newKey);
    await sync.run();
    directory.users.push(back);
    await sync.run();
    expect((await sync.call(path)).body.state).toBe('dismissed');
    expect(await open('state=dismissed')).toHaveLength(1);
  });

  it('lists by pages, the surest first', async () => {
    const all = await open();
    const scores: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await sync.call(`/v1/duplicates?limit=1${cursor && `&cursor=${cursor}`}`);
      scores.push(...body.items.map(({ score }: { score: number }) => score));
      cursor = body.nextCursor;
    }
    expect(scores).toEqual(all.map(({ score }: { score: number }) => score));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });
});

describe('SYNC-07 merging by hand', () => {
  it('the user known longer survives with its id and WFO side, follows the new id, and has both ids', async () => {
    const { oldId, newId, oldKey, newKey, candidate, name } = await directorySync({ edit: { windowsLogin: 'C\\m1' } });
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
    const { oldId, newId, oldKey, newKey, candidate, name } = await directorySync();
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
    await sync.run();
    expect(await read(oldId)).toMatchObject({ webexUserId: oldKey, lastName: `${name} II`, active: true });
    gone(oldKey);
    await sync.run();
    expect(await read(oldId)).toMatchObject({ acdState: 'deleted', active: false });
    expect(await read(newId)).toMatchObject({ active: false, mergedIntoUserId: oldId });
  });

  it('is taken back: both are as before, plus what was changed since', async () => {
    const made = await directorySync({ edit: { windowsLogin: 'C\\undo' } });
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
    const made = [await directorySync(), await directorySync(), await directorySync()];
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
    const { oldId, newId, candidate } = await directorySync();
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
    const { oldId, newId, candidate } = await directorySync();
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
    const { oldId, newId } = await directorySync();
    const merge = (survivorId: string, mergedId: string) =>
      sync.call('/v1/merges', { body: { kind: 'user', survivorId, mergedId } });
    const answers = await Promise.all([merge(oldId, newId), merge(newId, oldId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe('SYNC-07 teams', () => {
  it('a team under a new id is reported, merged with its users, and taken back with them', async () => {
    const { directory } = sync.world;
    directory.teams = [aWebexTeam('t-old', { name: 'Sales EMEA' })];
    await sync.run();
    const oldTeam = (await sync.call('/v1/teams?acdTeamId=t-old')).body.items[0].teamId;
    const [one, two] = [await sync.userOf('stays-3'), await sync.userOf('stays-4')];
    await sync.change(`/v1/users/${one}`, { teamId: oldTeam });
    directory.teams = [aWebexTeam('t-new', { name: 'SALES  emea' })];
    await sync.run();
    const newTeam = (await sync.call('/v1/teams?acdTeamId=t-new')).body.items[0].teamId;
    await sync.change(`/v1/users/${two}`, { teamId: newTeam });
    const [candidate] = await open('kind=team');
    expect(candidate).toMatchObject({ score: 72, older: { id: oldTeam }, newer: { id: newTeam } });

    const path = `/v1/duplicates/${candidate.duplicateId}/merge`;
    const { body: merge } = await sync.call(path, { body: {} });
    await sync.work();
    expect((await sync.call(`/v1/teams/${oldTeam}`)).body).toMatchObject({
      name: 'SALES  emea',
      acdTeamId: 't-new',
      acdState: 'active',
      users: 2,
    });
    expect((await sync.call(`/v1/teams/${newTeam}`)).body).toMatchObject({ mergedIntoTeamId: oldTeam, users: 0 });
    expect(await sync.change(`/v1/users/${one}`, { teamId: newTeam })).toMatchObject({
      status: 422,
      body: { field: 'teamId', errors: [{ reason: expect.stringContaining(oldTeam) }] },
    });
    directory.teams = [aWebexTeam('t-new', { name: 'Sales EMEA North' })];
    expect((await sync.run()).counts.team).toMatchObject({ added: 0, changed: 1 });
    expect((await sync.call(`/v1/teams/${oldTeam}`)).body.name).toBe('Sales EMEA North');

    await sync.call(`/v1/merges/${merge.mergeId}/undo`, { method: 'POST' });
    await sync.work();
    expect((await sync.call(`/v1/teams/${oldTeam}`)).body).toMatchObject({
      name: 'Sales EMEA',
      acdTeamId: 't-old',
      acdState: 'deleted',
      users: 1,
    });
    expect((await sync.call(`/v1/teams/${newTeam}`)).body).toMatchObject({
      name: 'Sales EMEA North',
      mergedIntoTeamId: null,
      users: 1,
    });
    expect((await read(two)).team.teamId).toBe(newTeam);
  });

  it('the default team is never merged into another', async () => {
    const { items } = (await sync.call('/v1/teams?limit=200')).body;
    const [main, other] = [true, false].map((is) =>
      items.find((team: { isDefault: boolean }) => team.isDefault === is),
    );
    const body = { kind: 'team', survivorId: other.teamId, mergedId: main.teamId };
    expect(await sync.call('/v1/merges', { body })).toMatchObject({
      status: 409,
      body: { remedy: expect.stringContaining('sync-settings') },
    });
  });
});
