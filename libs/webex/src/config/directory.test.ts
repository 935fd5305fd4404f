import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WebexClient } from '../port.ts';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import { clientOptions, ORG_ID, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { createWebexClient } from '../webex-client.ts';
import {
  decodeAuxiliaryCode,
  decodeEntryPoint,
  decodeQueue,
  decodeSite,
  decodeTeam,
  decodeUser,
} from './directory-decoder.ts';
import { readListPage } from './directory-listing.ts';

const fail = (field: string, value: string) => {
  throw new Error(`unknown ${field}: ${value}`);
};

describeWithSamples("Cisco's configuration samples", () => {
  it.each(['users-list-v1.json', 'users-list-v2.json'])('%s', (file) => {
    const { records, totalPages } = readListPage(readSample(file));
    expect(totalPages).toBeNull();
    expect(records.map((record, index) => decodeUser(record, `data[${index}]`))).toEqual([
      {
        userId: '93912f11-6017-404b-bf14-5331890b1797',
        identityId: '1dq21e23-1234-5578-9a83-2afdae0d4ba1',
        legacyId: null,
        firstName: 'John',
        lastName: 'Wick',
        email: 'johnwick@company.com',
        isActive: true,
        isContactCenterEnabled: true,
        siteId: '8e6bb6da-2a78-4768-bef9-7e229f92af22',
        siteName: null,
        teamIds: null,
        userProfileId: '1dq21e23-1234-5578-9a83-2afdae0d4ba1',
        profileType: null,
        agentProfileId: '8e6bb6da-2a78-4768-bef9-7e229f92af22',
        skillProfileId: 'f53c8b54-46ca-43f6-ba05-08426a46e23d',
        timezone: 'America/New_York',
        externalId: '121212',
        updatedAtMs: 1_679_393_400_000,
      },
    ]);
  });

  it.each([
    ['teams-list-v1.json', 1_617_536_244_000],
    ['teams-list-v2.json', null],
  ])('%s', (file, updatedAtMs) => {
    const [record] = readListPage(readSample(file)).records;
    expect(decodeTeam(record, 'data[0]')).toMatchObject({
      teamId: '93912f11-6017-404b-bf14-5331890b1797',
      name: 'inline-pcs-team',
      type: 'AGENT',
      status: 'IN_SERVICE',
      userIds: null,
      updatedAtMs,
    });
  });

  it.each(['queues-list-v1.json', 'queues-list-v2.json', 'queues-list-v3.json'])('%s', (file) => {
    const [record] = readListPage(readSample(file)).records;
    expect(decodeQueue(record, 'data[0]', fail)).toMatchObject({
      queueId: '93912f11-6017-404b-bf14-5331890b1797',
      name: 'Queue-1',
      direction: 'inbound',
      channel: 'voice',
      channelType: 'TELEPHONY',
      socialChannelType: 'MESSENGER',
      serviceLevelThresholdSeconds: 0,
      updatedAtMs: null,
    });
  });

  it('sites-item-spec-example.json', () => {
    expect(decodeSite(readSample('sites-item-spec-example.json'), 'data[0]')).toEqual({
      siteId: '93912f11-6017-404b-bf14-5331890b1797',
      name: 'California',
      isActive: true,
      updatedAtMs: 1_617_536_244_000,
    });
  });

  it('entry-points-item-spec-example.json', () => {
    expect(decodeEntryPoint(readSample('entry-points-item-spec-example.json'), 'data[0]', fail)).toEqual({
      entryPointId: '93912f11-6017-404b-bf14-5331890b1797',
      name: 'Telephony-Ep',
      direction: 'inbound',
      channel: 'voice',
      channelType: 'TELEPHONY',
      socialChannelType: 'MESSENGER',
      serviceLevelThresholdSeconds: 12,
      isActive: true,
      updatedAtMs: 1_617_536_244_000,
    });
  });

  it('auxiliary-codes-item-spec-example.json', () => {
    expect(decodeAuxiliaryCode(readSample('auxiliary-codes-item-spec-example.json'), 'data[0]', fail)).toEqual({
      auxiliaryCodeId: '93912f11-6017-404b-bf14-5331890b1797',
      name: 'Sales-Query',
      kind: 'wrap-up',
      isDefault: true,
      isSystemCode: true,
      isActive: true,
      updatedAtMs: 1_617_536_244_000,
    });
  });

  it('the meta of paged lists', () => {
    const meta = readSample('meta-paged-v2-spec-example.json');
    expect(readListPage({ meta, data: [] })).toEqual({ records: [], totalPages: 5, totalRecords: 100 });
  });
});

describe('listing the directory', () => {
  let stub: WebexStub;
  let client: WebexClient;
  beforeEach(async () => {
    stub = await startWebexStub();
    client = createWebexClient(clientOptions(stub, { kind: 'sync' }));
  });
  afterEach(() => stub.close());

  const idsOf = async <T>(pages: AsyncIterable<T[]>, idOf: (item: T) => string) => {
    const ids: string[] = [];
    for await (const page of pages) ids.push(...page.map(idOf));
    return ids;
  };

  const LONG_AGO_MS = Date.UTC(2024, 0, 15);
  /** Page `page` of what is there, cut by position as the API does. */
  const pageOf = (ids: string[], page: number, size: number, more: object = { lastUpdatedTime: LONG_AGO_MS }) => ({
    json: {
      meta: {
        orgid: ORG_ID,
        page,
        pageSize: size,
        totalPages: Math.ceil(ids.length / size),
        totalRecords: ids.length,
      },
      data: ids.slice(page * size, (page + 1) * size).map((id) => ({ id, ...more })),
    },
  });
  const pageAsked = (path: string) => Number(new URL(path, 'http://stub').searchParams.get('page'));
  const users = () => idsOf(client.listUsers(), (user) => user.userId);

  it('SYNC-01: reads as many pages as the answer says, from page 0', async () => {
    stub.answer(({ path }) => pageOf(['u1', 'u2'], pageAsked(path), 1));
    expect(await users()).toEqual(['u1', 'u2']);
    const base = `/organization/${ORG_ID}/v2/user`;
    expect(stub.requests.map(({ path }) => path)).toEqual([
      `${base}?page=0&pageSize=100`,
      `${base}?page=1&pageSize=100`,
    ]);
  });

  it('SYNC-01: an empty directory is complete', async () => {
    stub.answer(() => pageOf([], 0, 100));
    expect(await users()).toEqual([]);
    expect(stub.requests).toHaveLength(1);
  });

  it.each([
    ['team', () => idsOf(client.listTeams(), (team) => team.teamId)],
    ['contact-service-queue', () => idsOf(client.listQueues(), (queue) => queue.queueId)],
    ['site', () => idsOf(client.listSites(), (site) => site.siteId)],
    ['entry-point', () => idsOf(client.listEntryPoints(), (entryPoint) => entryPoint.entryPointId)],
    ['auxiliary-code', () => idsOf(client.listAuxiliaryCodes(), (code) => code.auxiliaryCodeId)],
  ])('SYNC-01: reads every page of %s', async (resource, read) => {
    stub.answer(({ path }) => pageOf(['a', 'b', 'c'], pageAsked(path), 2));
    expect(await read()).toEqual(['a', 'b', 'c']);
    expect(stub.requests[1]?.path).toBe(`/organization/${ORG_ID}/v2/${resource}?page=1&pageSize=100`);
  });

  it('SYNC-06: reads bare lists, which tell no number, until two readings agree', async () => {
    stub.answer(({ path }) => ({ json: [[{ id: 't1' }], [{ id: 't2' }]][pageAsked(path)] ?? [] }));
    expect(await idsOf(client.listTeams(), (team) => team.teamId)).toEqual(['t1', 't2']);
    expect(stub.requests.map(({ path }) => pageAsked(path))).toEqual([0, 1, 2, 0, 1, 2]);
    stub.answer(() => ({ json: [{ id: 'q1', channelType: 'SOCIAL_CHANNEL', queueType: 'OUTBOUND' }] }));
    expect(await idsOf(client.listQueues(), (queue) => `${queue.queueId} ${queue.channel} ${queue.direction}`)).toEqual(
      ['q1 social outbound'],
    );
  });

  it('SYNC-06: believes no reading of a bare list in which a record moved to the next page', async () => {
    const first = [['t1'], ['t1'], ['t2']];
    stub.answer(({ path }, index) => {
      const pages = index < 5 ? first : [['t1'], ['t2']];
      return { json: (pages[pageAsked(path)] ?? []).map((id) => ({ id })) };
    });
    expect(await idsOf(client.listTeams(), (team) => team.teamId)).toEqual(['t1', 't2']);
    const asked = stub.requests.map(({ path }) => pageAsked(path));
    expect(asked).toEqual([0, 1, 10_000, 2, 3, 0, 1, 2, 0, 1, 2]);
  });

  it('SYNC-06: an empty page in the middle is not the end, and the listing is read again', async () => {
    const ids = ['u1', 'u2', 'u3', 'u4', 'u5'];
    stub.answer(({ path }, index) => {
      const { json } = pageOf(ids, pageAsked(path), 2);
      return { json: index === 1 ? { ...json, data: [] } : json };
    });
    expect((await users()).sort()).toEqual(ids);
    expect(stub.requests).toHaveLength(6);
  });

  const incomplete = { kind: 'incomplete', retriable: true };

  it('SYNC-06: fewer records than told fail as incomplete after four readings, never silently short', async () => {
    stub.answer(({ path }) => {
      const { json } = pageOf(['u1', 'u2', 'u3'], pageAsked(path), 2);
      return { json: { ...json, meta: { ...json.meta, totalRecords: 5 } } };
    });
    await expect(users()).rejects.toMatchObject(incomplete);
    await expect(users()).rejects.toThrow(
      'Listing users was incomplete after 4 readings: 3 different records arrived of 5',
    );
    expect(stub.requests).toHaveLength(16);
  });

  it('SYNC-06: last pages that are missing fail as incomplete', async () => {
    stub.answer(({ path }) => {
      const { json } = pageOf(['u1', 'u2', 'u3', 'u4'], pageAsked(path), 2);
      return { json: { ...json, meta: { ...json.meta, totalPages: 1 } } };
    });
    await expect(users()).rejects.toMatchObject(incomplete);
  });

  it('SYNC-06: a total that changes while paging begins the reading anew, and at once', async () => {
    const ids = ['u1', 'u2', 'u3', 'u4'];
    stub.answer(({ path }, index) => {
      if (index === 1) ids.push('u5');
      return pageOf(ids, pageAsked(path), 2);
    });
    expect((await users()).sort()).toEqual(['u1', 'u2', 'u3', 'u4', 'u5']);
    expect(stub.requests).toHaveLength(2 + 3);
  });

  it('SYNC-06: a total that changes at every reading fails as incomplete', async () => {
    const ids = ['u1', 'u2', 'u3', 'u4'];
    stub.answer(({ path }, index) => {
      ids.push(`new-${index}`);
      return pageOf(ids, pageAsked(path), 2);
    });
    await expect(users()).rejects.toThrow(/the number of records changed from 1\d to 1\d while it was read/);
  });

  it('SYNC-06: one deleted and one added between two pages keep the total: the one that slipped through is found', async () => {
    let ids = ['u1', 'u2', 'u3', 'u4', 'u5'];
    const bornMs: Record<string, number> = {};
    stub.answer(({ path }, index) => {
      if (index === 1) {
        ids = [...ids.filter((id) => id !== 'u1'), 'u6'];
        bornMs.u6 = Date.now();
      }
      const { json } = pageOf(ids, pageAsked(path), 2);
      const data = json.data.map(({ id }) => ({ id, createdTime: bornMs[id] ?? LONG_AGO_MS }));
      return { json: { ...json, data } };
    });
    // The first reading misses u3, which has moved to page 0, and yet counts five.
    expect((await users()).sort()).toEqual(['u1', 'u2', 'u3', 'u4', 'u5', 'u6']);
    expect(stub.requests).toHaveLength(9);
  });

  it('SYNC-06: a page that stays away ends the listing with its own error', async () => {
    client = createWebexClient(clientOptions(stub, { kind: 'sync', timeouts: { deadlineMs: 300 } }));
    stub.answer(({ path }) => (pageAsked(path) === 1 ? { status: 503 } : pageOf(['u1', 'u2'], pageAsked(path), 1)));
    // The deadline falls between two attempts or, on a machine that stalls, into one.
    const kind = expect.stringMatching(/^(unavailable|timeout)$/);
    await expect(users()).rejects.toMatchObject({ kind, retriable: true });
  });

  it('names the record without an id', async () => {
    stub.answer(() => ({ json: { data: [{ id: 'u1' }, {}] } }));
    await expect(users()).rejects.toThrow(/data\[1\]\.id/);
  });

  it('takes dbId, which 1.0 calls TID, as the legacy id (SYNC-02)', async () => {
    stub.answer(() => pageOf(['u1'], 0, 100, { dbId: 'tid-7' }));
    for await (const [user] of client.listUsers()) expect(user).toMatchObject({ userId: 'u1', legacyId: 'tid-7' });
  });

  it('SYNC-06: asks for users by their ids, fifty at a time, before their absence is believed', async () => {
    const asked = Array.from({ length: 51 }, (_, n) => `u${n}`);
    stub.answer((_, index) => pageOf(index === 0 ? ['u3'] : [], 0, 100));
    expect((await client.findUsers(asked)).map((user) => user.userId)).toEqual(['u3']);
    const filters = stub.requests.map(({ path }) => new URL(path, 'http://stub').searchParams.get('filter'));
    expect(filters[0]?.startsWith('id=in=("u0","u1",')).toBe(true);
    expect(filters[1]).toBe('id=in=("u50")');
    expect(await client.findUsers([])).toEqual([]);
    stub.answer(() => {
      const { json } = pageOf(['u1'], 0, 100);
      return { json: { ...json, meta: { totalRecords: 2 } } };
    });
    await expect(client.findUsers(['u1', 'u2'])).rejects.toMatchObject(incomplete);
  });

  it('ACD-07: finds one user by the Common Identity id, or tells that there is none', async () => {
    stub.answer(() => ({
      json: {
        id: 'u1',
        ciUserId: 'ci 1',
        teamIds: [],
        contactCenterEnabled: false,
        userProfileData: { profileType: 'ADMINISTRATOR' },
      },
    }));
    expect(await client.findUserByIdentity('ci 1')).toMatchObject({
      userId: 'u1',
      teamIds: [],
      isContactCenterEnabled: false,
      profileType: 'ADMINISTRATOR',
    });
    expect(stub.requests[0]?.path).toBe(`/organization/${ORG_ID}/user/by-ci-user-id/ci%201?includeUserProfile=true`);
    stub.answer(() => ({ status: 404 }));
    expect(await client.findUserByIdentity('ci 2')).toBeUndefined();
  });
});
