import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFaultBoard } from '../faults/fault-board.ts';
import { signedIn, type TestClient } from '../testing/test-client.ts';
import { pageOf } from './outer-paging.ts';

describe('the reach of paging', () => {
  it('ends at 100,000 records although there are more', () => {
    const records = Array.from({ length: 100_300 }, (_, n) => n);
    const page = (cursor: string) =>
      pageOf(records, { pageSize: 250, reach: 100_000, cursor, faults: createFaultBoard(Date.now) });
    expect(page('398').pageInfo).toEqual({ hasNextPage: true, endCursor: '399' });
    expect(page('399')).toMatchObject({ pageInfo: { hasNextPage: false, endCursor: null } });
    expect(page('399').items.at(-1)).toBe(99_999);
    expect(page('400').items).toEqual([]);
  });
});

describe('Search over 2,600 tasks', () => {
  let client: TestClient;
  const now = Date.now();
  const range = `from: ${now - 86_400_000}, to: ${now + 1_000}, timeComparator: endedTime`;
  beforeAll(async () => {
    client = await signedIn({ tasks: 2_600, seed: 'reach' });
  });
  afterAll(() => client.simulator.close());

  it('refuses an extFilter that matches too few of the first 2,500 with 413', async () => {
    const query = (event: string): string =>
      `{ taskDetails(${range}, extFilter: { activities: { nodes: { eventName: { equals: "${event}" } } } }) { tasks { id } } }`;
    expect((await client.search(query('connected'))).body.data.taskDetails.tasks).toHaveLength(250);
    const { status, body } = await client.search(query('ConsultTransfer-that-never-was'));
    expect([status, body.error.key]).toEqual([413, '413']);
  });

  it('compresses answers above 1 MB for those who accept gzip', async () => {
    const query = `{ taskDetails(${range}) { tasks { id globalVariables activities(first: 100) { nodes { id eventName agentId agentName agentSessionId
      queueId queueName teamId teamName siteId siteName entrypointId entrypointName duration createdTime endedTime } } } } }`;
    const encoding = async (accepted: string): Promise<string | null> => {
      const answer = await client.send('POST', '/search', { query }, { 'accept-encoding': accepted });
      expect(
        ((await answer.json()) as { data: { taskDetails: { tasks: unknown[] } } }).data.taskDetails.tasks,
      ).toHaveLength(250);
      return answer.headers.get('content-encoding');
    };
    expect(await encoding('gzip')).toBe('gzip');
    expect(await encoding('identity')).toBeNull();
    const small = await client.send('POST', '/search', {
      query: `{ taskDetails(from: ${now}, to: ${now}) { tasks { id } } }`,
    });
    expect(small.headers.get('content-encoding')).toBeNull();
  });
});
