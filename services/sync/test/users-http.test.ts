import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aWebexTeam, aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

let sync: RunningDirectory;
let adaId: string;
let salesId: string;
let leadId: string;
let agentId: string;

beforeAll(async () => {
  sync = await runDirectory();
  sync.world.directory.users = [
    aWebexUser('u-ada', { firstName: 'Ada', lastName: 'Möller', email: 'Ada.Moeller@contoso.example' }),
    aWebexUser('u-bea', { firstName: 'Bea', lastName: "O'Brien", email: 'bea@contoso.example' }),
    aWebexUser('u-cem', { firstName: 'Cem', lastName: 'Moll', isContactCenterEnabled: false }),
    aWebexUser('u-dan', { firstName: 'Dan', lastName: 'Gone' }),
    ...['u-x1', 'u-x2', 'u-x3', 'u-x4'].map((id) => aWebexUser(id, { firstName: 'Zoe', lastName: `Zulu ${id}` })),
  ];
  sync.world.directory.teams = [aWebexTeam('t-sales', { name: 'Sales' })];
  await sync.run();
  sync.world.directory.users = sync.world.directory.users.filter((user) => user.userId !== 'u-dan');
  await sync.run();
  adaId = await sync.userOf('u-ada');
  salesId = (await sync.call('/v1/teams?acdTeamId=t-sales')).body.items[0].teamId;
  leadId = (await sync.call('/v1/roles', { body: { name: 'Lead', permissions: ['view-team-contacts'] } })).body.roleId;
  agentId = (await sync.call('/v1/roles?name=agent')).body.items[0].roleId;
});
afterAll(() => sync?.stop());

const namesOf = (body: { items: { lastName: string }[] }) => body.items.map(({ lastName }) => lastName);
const list = async (query: string) => namesOf((await sync.call(`/v1/users?${query}`)).body);

describe('SYNC-02 users are read and searched', () => {
  it('shows a user with what the run gave it', async () => {
    const { status, body, etag } = await sync.call(`/v1/users/${adaId}`);
    expect(status).toBe(200);
    expect(etag).toBe('"1"');
    expect(body).toMatchObject({
      acdUserId: 'u-ada',
      webexUserId: 'u-ada',
      identityId: 'ci-u-ada',
      acdProfile: { acdId: sync.world.acd.acdId, userId: 'u-ada', type: 'webex-contact-center' },
      otherAcdIds: [],
      active: true,
      acdState: 'active',
      contactCenterEnabled: true,
      team: { name: 'Default team' },
      roles: [{ roleId: agentId, name: 'Agent' }],
      permissions: expect.arrayContaining(['capture-contacts', 'record-screen']),
      windowsLogin: null,
      companyStartDate: '2026-03-02',
      mergedIntoUserId: null,
    });
  });

  it.each([
    ['name=mo', ['Moll', 'Möller']],
    ['name=MÖLLER%20ada', ['Möller']],
    ['name=ada%20moll', ['Möller']],
    ['name=obrien', []],
    ["name=o'brien", ["O'Brien"]],
    ['name=o%20brien', ["O'Brien"]],
    ['name=nobody', []],
    ['email=ADA.', ['Möller']],
    ['email=bea@contoso.example', ["O'Brien"]],
    ['acdUserId=u-ada', ['Möller']],
    ['acdUserId=ci-u-ada', ['Möller']],
    ['identityId=ci-u-bea', ["O'Brien"]],
    ['identityId=u-bea', []],
    ['active=false', ['Gone']],
    ['acdState=deleted', ['Gone']],
    ['contactCenterEnabled=false', ['Moll']],
    ['name=mo&contactCenterEnabled=true', ['Möller']],
    ['name=%25', []],
  ])('finds by %s', async (query, expected) => {
    expect(await list(query)).toEqual(expected);
  });

  it('finds by team and role', async () => {
    expect(await list(`teamId=${salesId}`)).toEqual([]);
    expect(await list(`roleId=${leadId}`)).toEqual([]);
    expect(await list(`roleId=${agentId}&name=m`)).toEqual(['Möller']);
  });

  it('gives every user once over pages of any size', async () => {
    for (const limit of [1, 3, 8, 9]) {
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const { body } = await sync.call(`/v1/users?limit=${limit}${cursor && `&cursor=${cursor}`}`);
        expect(body.items.length).toBeLessThanOrEqual(limit);
        seen.push(...namesOf(body));
        cursor = body.nextCursor;
      }
      expect(seen).toEqual(['Gone', 'Moll', 'Möller', "O'Brien", 'Zulu u-x1', 'Zulu u-x2', 'Zulu u-x3', 'Zulu u-x4']);
    }
  });

  it.each([['u-ada'], ['ci-u-ada']])('resolves the id %s', async (id) => {
    expect((await sync.call(`/v1/users/by-acd-id/${id}`)).body.userId).toBe(adaId);
  });

  it.each([
    ['GET', '/v1/users/by-acd-id/nobody', undefined, 404],
    ['GET', '/v1/users/22222222-2222-4222-8222-222222222222', undefined, 404],
    ['GET', '/v1/users/no-id', undefined, 400],
    ['GET', '/v1/users?cursor=x', undefined, 400],
    ['GET', '/v1/users?cursor=WzEsMl0', undefined, 400],
    ['GET', '/v1/users?limit=0', undefined, 400],
    ['GET', '/v1/users?limit=201', undefined, 400],
    ['GET', '/v1/users?name=', undefined, 400],
    ['GET', '/v1/users?name=a%00b', undefined, 400],
    ['GET', '/v1/users?acdState=inactive', undefined, 400],
    ['GET', '/v1/users?unknown=1', undefined, 400],
    ['PATCH', '/v1/users/22222222-2222-4222-8222-222222222222', { active: true }, 404],
  ])('%s %s is refused with a remedy', async (method, path, body, status) => {
    const answer = await sync.call(path, { method, body, ifMatch: '"1"' });
    expect(answer).toMatchObject({ status, body: { remedy: expect.any(String) } });
  });
});

describe('SYNC-08 users are edited', () => {
  it('changes login, team, roles and activation as one revision, audited and published; a run keeps it', async () => {
    await sync.world.published();
    const edit = {
      windowsLogin: ' CONTOSO\\ada ',
      teamId: salesId.toUpperCase(),
      roleIds: [leadId, agentId],
      active: false,
    };
    const { status, body, etag } = await sync.change(`/v1/users/${adaId}`, edit);
    expect({ status, etag }).toEqual({ status: 200, etag: '"2"' });
    expect(body).toMatchObject({
      revision: 2,
      windowsLogin: 'CONTOSO\\ada',
      team: { teamId: salesId, name: 'Sales' },
      roles: [{ name: 'Agent' }, { name: 'Lead' }],
      active: false,
      activationBy: 'wfo',
      warnings: [],
    });
    expect(await sync.world.published()).toEqual([
      {
        topic: 'user-changed',
        payload: expect.objectContaining({
          userId: adaId,
          revision: 2,
          windowsLogin: 'CONTOSO\\ada',
          teamId: salesId,
          active: false,
          permissions: expect.arrayContaining(['view-team-contacts']),
        }),
      },
    ]);
    const { body: audit } = await sync.call(`/v1/audit-entries?targetId=${adaId}`);
    expect(audit.items).toEqual([
      {
        auditId: expect.any(Number),
        acdId: sync.world.acd.acdId,
        subject: expect.any(String),
        action: 'user-edited',
        target: { kind: 'user', id: adaId },
        changes: expect.arrayContaining([
          { field: 'windowsLogin', before: null, after: 'CONTOSO\\ada' },
          { field: 'active', before: true, after: false },
        ]),
        occurredAt: expect.any(String),
      },
    ]);
    await sync.run();
    expect((await sync.call(`/v1/users/${adaId}`)).body).toMatchObject({
      revision: 2,
      windowsLogin: 'CONTOSO\\ada',
      team: { teamId: salesId },
      active: false,
    });
    expect(await list('windowsLogin=contoso\\ADA')).toEqual(['Möller']);
  });

  it('an edit that changes nothing is no revision, no event and no audit entry', async () => {
    const before = (await sync.call(`/v1/users/${adaId}`)).body;
    await sync.world.published();
    const { body } = await sync.change(`/v1/users/${adaId}`, { windowsLogin: 'CONTOSO\\ada', active: false });
    expect(body.revision).toBe(before.revision);
    expect(await sync.world.published()).toEqual([]);
  });

  it('SYNC-03 takes the agent role with a warning, and the next run gives it back', async () => {
    const beaId = await sync.userOf('u-bea');
    const { status, body } = await sync.change(`/v1/users/${beaId}`, { roleIds: [leadId] });
    expect(status).toBe(200);
    expect(body.warnings).toEqual([
      { field: 'roleIds', reason: expect.stringContaining('SYNC-03'), remedy: expect.any(String) },
    ]);
    expect(body.roles).toEqual([{ roleId: leadId, name: 'Lead' }]);
    await sync.run();
    expect((await sync.call(`/v1/users/${beaId}`)).body.roles.map((role: { name: string }) => role.name)).toEqual([
      'Agent',
      'Lead',
    ]);
  });

  it.each<[string, string, object, number, string]>([
    ['a login in use, whatever its case', 'u-bea', { windowsLogin: 'contoso\\ADA' }, 409, 'windowsLogin'],
    ['what is no login', 'u-bea', { windowsLogin: 'CONTOSO\\' }, 422, 'windowsLogin'],
    ['activating who was deleted (SYNC-04)', 'u-dan', { active: true }, 422, 'active'],
    ['an unknown team', 'u-bea', { teamId: '22222222-2222-4222-8222-222222222222' }, 422, 'teamId'],
    ['an unknown role', 'u-bea', { roleIds: ['22222222-2222-4222-8222-222222222222'] }, 422, 'roleIds/0'],
    ['the first name', 'u-bea', { firstName: 'Eve' }, 422, 'firstName'],
    ['the ACD id', 'u-bea', { acdUserId: 'u-eve' }, 422, 'acdUserId'],
    ['a field that is not known', 'u-bea', { shoeSize: 43 }, 400, 'body/shoeSize'],
    [
      'a role twice',
      'u-bea',
      { roleIds: ['22222222-2222-4222-8222-222222222222', '22222222-2222-4222-8222-222222222222'] },
      400,
      'body/roleIds',
    ],
    ['nothing', 'u-bea', {}, 400, 'body'],
    ['a truth that is none', 'u-bea', { active: 'yes' }, 400, 'body/active'],
  ])('refuses %s with field and remedy, and changes nothing', async (_, id, edit, status, field) => {
    const userId = await sync.userOf(id);
    const before = (await sync.call(`/v1/users/${userId}`)).body;
    const answer = await sync.change(`/v1/users/${userId}`, edit);
    expect(answer).toMatchObject({ status, body: { field, remedy: expect.any(String) } });
    expect((await sync.call(`/v1/users/${userId}`)).body).toEqual(before);
  });

  it('needs the version: 428 without If-Match, 412 for an old one', async () => {
    const path = `/v1/users/${adaId}`;
    expect(await sync.call(path, { method: 'PATCH', body: { active: true } })).toMatchObject({
      status: 428,
      body: { code: 'precondition-required' },
    });
    const old = await sync.call(path, { method: 'PATCH', body: { active: true }, ifMatch: '"1"' });
    expect(old).toMatchObject({
      status: 412,
      etag: (await sync.call(path)).etag,
      body: { code: 'precondition-failed' },
    });
  });

  it('of two edits at once one wins and the other gets 412', async () => {
    const path = `/v1/users/${await sync.userOf('u-x1')}`;
    const { etag } = await sync.call(path);
    const edits = ['X\\one', 'X\\two'].map((windowsLogin) =>
      sync.call(path, { method: 'PATCH', body: { windowsLogin }, ifMatch: etag! }),
    );
    expect((await Promise.all(edits)).map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await sync.call(path)).body.revision).toBe(2);
  });

  it('of two users who take one login at once one gets it and the other is told who has it', async () => {
    const ids = [await sync.userOf('u-x2'), await sync.userOf('u-x3')];
    const answers = await Promise.all(ids.map((id) => sync.change(`/v1/users/${id}`, { windowsLogin: 'X\\same' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409)!;
    const winner = answers.find(({ status }) => status === 200)!.body.userId;
    expect(refused.body).toMatchObject({ field: 'windowsLogin', detail: expect.stringContaining(winner) });
  });
});
