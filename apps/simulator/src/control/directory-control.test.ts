import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSimulatorControl, type SimulatorControl } from '../testing/simulator-control.ts';
import { signedIn, type TestClient } from '../testing/test-client.ts';

describe('OPS-06: the directory is changed while it is read', () => {
  let nowMs = Date.UTC(2026, 10, 22, 12);
  let client: TestClient;
  let control: SimulatorControl;
  let org = '';
  beforeEach(async () => {
    client = await signedIn({ agents: 6, now: () => nowMs, quotaPerMinute: 10_000 });
    control = createSimulatorControl(client.simulator.controlUrl);
    org = `/organization/${client.simulator.tenant.options.orgId}`;
  });
  afterEach(() => client.simulator.close());
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
  const get = async (path: string): Promise<any> => (await client.send('GET', `${org}${path}`)).json();
  const statusOf = async (path: string): Promise<number> => (await client.send('GET', `${org}${path}`)).status;
  const idsOf = async (resource: string): Promise<string[]> =>
    (await get(`/v2/${resource}`)).data.map((one: { id: string }) => one.id);

  it('renames a user, with version and lastUpdatedTime as the API keeps them; later calls carry the name', async () => {
    const [user] = await control.users();
    nowMs += 5_000;
    await control.renameUser(user!.id, { firstName: 'Zoe', lastName: 'Quist' });
    expect(await get(`/user/${user!.id}`)).toMatchObject({
      firstName: 'Zoe',
      lastName: 'Quist',
      version: 2,
      createdTime: Date.UTC(2024, 0, 15),
      lastUpdatedTime: nowMs,
    });
    expect((await get('/v2/user')).data[0]).toMatchObject({ firstName: 'Zoe', lastName: 'Quist' });
    expect(client.simulator.story.directory.agents[0]).toMatchObject({ id: user!.id, name: 'Zoe Quist' });
  });

  it('sets users not active and active again, deletes and restores them under the same id and in the same place', async () => {
    const before = await idsOf('user');
    const id = before[2]!;
    await control.setUserActive(id, false);
    expect((await get('/v2/user')).data[2]).toMatchObject({ id, active: false });
    await control.setUserActive(id, true);
    expect(await get(`/user/${id}`)).toMatchObject({ active: true, version: 3 });
    await control.deleteUser(id);
    expect(await statusOf(`/user/${id}`)).toBe(404);
    expect(await idsOf('user')).toEqual(before.filter((one) => one !== id));
    expect((await get('/v2/user')).meta.totalRecords).toBe(6);
    await control.restoreUser(id);
    expect(await idsOf('user')).toEqual(before);
    await expect(control.restoreUser(id)).rejects.toThrow(/There is no user with id/);
  });

  it('adds users, teams and queues at the end of their lists', async () => {
    const user = await control.addUser({ firstName: 'New', lastName: 'Person', email: 'new@x.example', dbId: 'tid-1' });
    expect((await get('/v2/user')).data.at(-1)).toMatchObject({
      id: user.id,
      dbId: 'tid-1',
      contactCenterEnabled: true,
    });
    expect(await get(`/user/by-ci-user-id/${user.ciUserId}`)).toMatchObject({ id: user.id });
    const team = await control.addTeam({ name: 'Night', teamType: 'CAPACITY', capacity: 3 });
    expect((await get('/v2/team')).data.at(-1)).toMatchObject({ id: team.id, name: 'Night', teamStatus: 'IN_SERVICE' });
    const queue = await control.addQueue({ name: 'Night', channelType: 'EMAIL' });
    expect((await get('/v2/contact-service-queue')).data.at(-1)).toMatchObject({ id: queue.id, channelType: 'EMAIL' });
    await control.add('auxiliary-codes', { name: 'Training' });
    expect(await control.sizes()).toMatchObject({ users: 8, teams: 4, queues: 7, 'auxiliary-codes': 6 });
  });

  it('renames, deactivates and deletes teams and queues', async () => {
    const [team] = await control.teams();
    await control.renameTeam(team!.id, 'Invoices');
    await control.setTeamActive(team!.id, false);
    expect((await get('/v2/team')).data[0]).toMatchObject({ name: 'Invoices', active: false });
    await control.deleteTeam(team!.id);
    expect(await statusOf(`/team/${team!.id}`)).toBe(404);
    const [queue] = await control.queues();
    await control.renameQueue(queue!.id, 'Invoices');
    await control.setQueueActive(queue!.id, false);
    expect((await get('/v2/contact-service-queue')).data[0]).toMatchObject({ name: 'Invoices', active: false });
    await control.deleteQueue(queue!.id);
    expect((await get('/v2/contact-service-queue')).meta.totalRecords).toBe(5);
  });

  it('names a field that cannot be set, a kind that does not exist, a record that is not there', async () => {
    const [user] = await control.users();
    await expect(control.changeUser(user!.id, { lastname: 'Typo' })).rejects.toThrow(
      /lastname cannot be set on a user/,
    );
    await expect(control.call('POST', '/control/directory/persons', {})).rejects.toThrow(/Use one of: users, teams/);
    await expect(control.deleteTeam('nobody')).rejects.toThrow(/There is no team with id nobody/);
  });

  describe('a directory sync is switched on', () => {
    it('gives everybody but the administrator a new id, the address kept', async () => {
      const before = await get('/v2/user');
      const { replaced, pairs } = await control.switchDirectory();
      expect(replaced).toBe(6);
      const after = await get('/v2/user');
      expect(after.meta.totalRecords).toBe(7);
      const known = before.data.map((one: { id: string }) => one.id);
      expect(after.data.filter((one: { id: string }) => known.includes(one.id))).toEqual([
        expect.objectContaining({ firstName: 'Tenant', lastName: 'Administrator' }),
      ]);
      for (const { before: old, after: now } of pairs) {
        expect(now).toMatchObject({ email: old.email, firstName: old.firstName, lastName: old.lastName });
        expect([now.id, now.ciUserId]).not.toEqual([old.id, old.ciUserId]);
        expect(await statusOf(`/user/${old.id}`)).toBe(404);
      }
      expect(client.simulator.story.directory.agents[0]).toMatchObject({
        id: pairs[0]!.after.id,
        ciUserId: pairs[0]!.after.ciUserId,
      });
    });

    it('changes the domain, and leaves the old ones behind as not active', async () => {
      const [user] = await control.users();
      const { pairs } = await control.switchDirectory({
        userIds: [user!.id],
        emailDomain: 'ad.example',
        old: 'inactive',
      });
      expect(pairs[0]!.after).toMatchObject({ email: 'ada.abel@ad.example', active: true });
      expect(await get(`/user/${user!.id}`)).toMatchObject({ email: user!.email, active: false });
    });

    it('gives generated users new ids as well, changes and deletions kept', async () => {
      await control.generate({ users: 300 });
      const { records } = await control.list('users', 7, 10);
      await control.renameUser(records[1]!.id, { firstName: 'Renamed' });
      await control.deleteUser(records[2]!.id);
      const { replaced } = await control.switchDirectory({ emailDomain: 'ad.example' });
      expect(replaced).toBe(6 + 299);
      const { total, records: now } = await control.list('users', 1, 3);
      expect(total).toBe(1 + 299 + 6);
      expect(now[1]).toMatchObject({ firstName: 'Renamed', email: 'ben.brandt.1@ad.example' });
      expect(now[1]!.id).not.toBe(records[1]!.id);
      expect(await statusOf(`/user/${records[0]!.id}`)).toBe(404);
    });
  });

  describe('a big directory', () => {
    it('is paged, found by id and filtered without being made as a whole', async () => {
      await control.generate({ users: 50_000, teams: 2_000, queues: 5_000, seed: 'big' });
      expect(await control.sizes()).toMatchObject({ users: 50_007, teams: 2_003, queues: 5_006 });
      const last = await get('/v2/user?page=500&pageSize=100');
      expect([last.meta.totalPages, last.data.length]).toEqual([501, 7]);
      const { id, ciUserId } = (await get('/v2/user?page=250')).data[0];
      const whole = await get(`/user/${id}`);
      expect(whole).toMatchObject({ ciUserId, teamIds: [expect.any(String)] });
      expect(await get(`/team/${whole.teamIds[0]}`)).toMatchObject({ userIds: expect.arrayContaining([id]) });
      const filter = encodeURIComponent(`id=in=("${id}","nobody")`);
      expect((await get(`/v2/user?filter=${filter}`)).data).toMatchObject([{ id }]);
    });

    it('has the same ids for the same seed, and distinct ones', async () => {
      await control.generate({ users: 250, seed: 'a' });
      const ids = (await control.users()).map((one) => one.id);
      await control.generate({ users: 250, seed: 'b' });
      expect((await control.users()).slice(7).some((one) => ids.includes(one.id))).toBe(false);
      await control.generate({ users: 250, seed: 'a' });
      expect((await control.users()).map((one) => one.id)).toEqual(ids);
      expect(new Set(ids).size).toBe(257);
    });
  });

  describe('listings that are not what they seem', () => {
    // Seven users on four pages of two.
    const page = async (n: number, resource = 'user') => get(`/v2/${resource}?page=${n}&pageSize=2`);

    it('an empty page in the middle', async () => {
      await control.fault({ kind: 'directory-empty-page', resource: 'user', page: 1, count: 1 });
      expect((await page(0)).data).toHaveLength(2);
      const empty = await page(1);
      expect([empty.data, empty.meta.totalRecords, empty.meta.totalPages]).toEqual([[], 7, 4]);
      expect((await page(1)).data).toHaveLength(2);
    });

    it('the last pages are missing', async () => {
      await control.fault({ kind: 'directory-missing-pages', resource: 'user', fromPage: 2 });
      const meta = (await page(1)).meta;
      expect([meta.totalPages, meta.totalRecords, meta.links.next]).toEqual([2, 7, undefined]);
      expect((await page(2)).data).toEqual([]);
      expect((await page(1, 'team')).meta.totalPages).toBe(2);
    });

    it('totals lie', async () => {
      await control.fault({ kind: 'directory-wrong-total', delta: -3 });
      expect((await page(0)).meta.totalRecords).toBe(4);
      expect((await page(0)).data).toHaveLength(2);
    });

    it('half of the records, totals agreeing', async () => {
      await control.fault({ kind: 'directory-half', resource: 'user', share: 0.5 });
      expect((await page(0)).meta).toMatchObject({ totalRecords: 3, totalPages: 2 });
      expect([(await page(1)).data.length, (await page(2)).data.length]).toEqual([1, 0]);
      await control.clearFaults();
      expect((await page(0)).meta.totalRecords).toBe(7);
    });

    it('HTTP 503 on one page of one list only', async () => {
      await control.fault({ kind: 'server-error', resource: 'user', page: 2 });
      expect([await statusOf('/v2/user?page=1'), await statusOf('/v2/user?page=2')]).toEqual([200, 503]);
      expect(await statusOf('/v2/team?page=2')).toBe(200);
    });

    it('the directory changes while it is paged', async () => {
      const first = await page(0);
      await control.fault({ kind: 'directory-shift', resource: 'user', page: 1, count: 1, remove: 1, add: 1 });
      const second = await page(1);
      expect(second.meta.totalRecords).toBe(7);
      const { records } = await control.list('users');
      // What stood third has moved to the first page and is on neither of the two.
      expect(records[1]!.id).not.toBe(first.data[1].id);
      expect([...first.data, ...second.data].map((one: { id: string }) => one.id)).not.toContain(records[1]!.id);
      expect((await page(3)).data.at(-1)).toMatchObject({ firstName: 'Added' });
    });
  });

  it('ACD-07: the account that authorizes is in the directory, not contact-center enabled, and people/me names it', async () => {
    const me = (await (await client.send('GET', '/v1/people/me')).json()) as { id: string; displayName: string };
    const identityId = Buffer.from(me.id, 'base64url').toString().split('/').at(-1);
    expect(me.displayName).toBe('Tenant Administrator');
    const account = await get(`/user/by-ci-user-id/${identityId}?includeUserProfile=true`);
    expect(account).toMatchObject({
      email: 'admin@contactcentre.example',
      contactCenterEnabled: false,
      active: true,
      userProfileData: { profileType: 'ADMINISTRATOR' },
    });
    expect(account).not.toHaveProperty('userProfileType');
    expect(await get(`/user/${account.id}?includeUserProfileType=true`)).toMatchObject({
      userProfileType: 'ADMINISTRATOR',
    });
  });

  it('ACD-07: the clock of the answers can be wrong', async () => {
    const dateOf = async () => Date.parse((await client.send('GET', '/v1/people/me')).headers.get('date')!);
    await control.fault({ kind: 'clock-skew', skewMs: 600_000 });
    expect(await dateOf()).toBe(nowMs - (nowMs % 1_000) + 600_000);
  });
});
