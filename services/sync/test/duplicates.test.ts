import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aWebexTeam, aWebexUser } from './fake-directory.ts';
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
const open: SwitchedDirectory['open'] = (query) => switched.open(query);
const makeAnew: SwitchedDirectory['makeAnew'] = (o) => switched.makeAnew(o);
const gone = (key: string) => switched.gone(key);

describe('SYNC-07 duplicates are found by runs', () => {
  it('a user who comes back under a new id with a changed domain is reported with evidence, once', async () => {
    const { oldId, newId, candidate, name } = await makeAnew();
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
    const { candidate } = await makeAnew({ keptEmail: true });
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

  it('the old one that goes only after the new one came is compared then, whatever became of the address', async () => {
    const { directory } = sync.world;
    const name = { firstName: 'Zora', lastName: 'Later' };
    directory.users.push(aWebexUser('later-old', { ...name, email: 'zl@old.example' }));
    await sync.run();
    directory.users.push(aWebexUser('later-new', { ...name, email: 'zora.later@new.example' }));
    await sync.run();
    const mine = async () =>
      (await open()).filter((one: { older: { webexId: string } }) => one.older.webexId === 'later-old');
    expect(await mine()).toEqual([]);
    gone('later-old');
    await sync.run();
    expect(await mine()).toMatchObject([{ score: 55, newer: { webexId: 'later-new' } }]);
  });

  it('a dismissed pair is not reported again', async () => {
    const { candidate, newKey } = await makeAnew();
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
