import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WebexClient } from '../port.ts';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import { clientOptions, ORG_ID, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { createWebexClient } from '../webex-client.ts';
import { readListPage } from './directory-client.ts';
import { decodeQueue, decodeTeam, decodeUser } from './directory-decoder.ts';

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
        firstName: 'John',
        lastName: 'Wick',
        email: 'johnwick@company.com',
        isActive: true,
        isContactCenterEnabled: true,
        siteId: '8e6bb6da-2a78-4768-bef9-7e229f92af22',
        siteName: null,
        teamIds: null,
        userProfileId: '1dq21e23-1234-5578-9a83-2afdae0d4ba1',
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

  it('the meta of paged lists', () => {
    expect(readListPage({ meta: readSample('meta-paged-v2-spec-example.json'), data: [] }).totalPages).toBe(5);
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

  it('reads as many pages as the answer says, from page 0', async () => {
    const pages = [['u1'], ['u2']].map((ids, page) => ({
      meta: { orgid: ORG_ID, page, pageSize: 1, totalPages: 2, totalRecords: 2 },
      data: ids.map((id) => ({ id, teamIds: ['t1'] })),
    }));
    stub.answer((_, index) => ({ json: pages[index] }));
    expect(await idsOf(client.listUsers(), (user) => user.userId)).toEqual(['u1', 'u2']);
    const base = `/organization/${ORG_ID}/v2/user`;
    expect(stub.requests.map(({ path }) => path)).toEqual([
      `${base}?page=0&pageSize=100`,
      `${base}?page=1&pageSize=100`,
    ]);
  });

  it('reads bare lists until a page brings nothing new, whether or not the server pages them', async () => {
    stub.answer((_, index) => ({ json: [[{ id: 't1' }], [{ id: 't2' }, { id: 't1' }], []][index] }));
    expect(await idsOf(client.listTeams(), (team) => team.teamId)).toEqual(['t1', 't2']);
    stub.answer(() => ({ json: [{ id: 'q1', channelType: 'SOCIAL_CHANNEL', queueType: 'OUTBOUND' }] }));
    expect(await idsOf(client.listQueues(), (queue) => `${queue.queueId} ${queue.channel} ${queue.direction}`)).toEqual(
      ['q1 social outbound'],
    );
  });

  it('names the record without an id', async () => {
    stub.answer(() => ({ json: { data: [{ id: 'u1' }, {}] } }));
    await expect(idsOf(client.listUsers(), (user) => user.userId)).rejects.toThrow(/data\[1\]\.id/);
  });
});
