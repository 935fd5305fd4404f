import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signedIn, type TestClient } from '../testing/test-client.ts';

describe('faults on request', () => {
  let client: TestClient;
  let nowMs = Date.now();
  beforeAll(async () => {
    client = await signedIn({ tasks: 600, seed: 'faults', now: () => nowMs, quotaPerMinute: 10_000 });
  });
  afterAll(() => client.simulator.close());
  beforeEach(() => client.control('DELETE', '/control/faults'));

  const fault = (body: object) => client.control('POST', '/control/faults', body);
  const list = async (cursor = 'NA', filter = '') => {
    const { status, body } = await client.search(
      `{ taskDetails(from: ${nowMs - 86_400_000}, to: ${nowMs}, timeComparator: endedTime, pagination: { cursor: "${cursor}" } ${filter})
        { tasks { id origin lastWrapupCodeName topicName lastActivityTime activities { totalCount nodes { id } pageInfo { hasNextPage } } } pageInfo { hasNextPage endCursor } } }`,
    );
    return { status, errors: body?.errors, ...body?.data?.taskDetails };
  };
  const one = async (id: string) => (await list('NA', `filter: { id: { equals: "${id}" } }`)).tasks[0];

  it('strike so many times and no more, only where they are told to', async () => {
    await fault({ kind: 'server-error', count: 2, routes: ['search'], status: 502 });
    expect((await client.send('GET', '/v2/event-types')).status).toBe(200);
    expect([(await list()).status, (await list()).status, (await list()).status]).toEqual([502, 502, 200]);
  });

  it('end with their time', async () => {
    await fault({ kind: 'rate-limit', forMs: 5_000, retryAfterSeconds: 7 });
    const refused = await client.send('GET', '/v2/event-types');
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([429, '7', '']);
    nowMs += 5_000;
    expect((await client.send('GET', '/v2/event-types')).status).toBe(200);
  });

  it('errors beside HTTP 200', async () => {
    await fault({ kind: 'errors-with-200', count: 1 });
    const answer = await list();
    expect([answer.status, answer.errors.length]).toEqual([200, 1]);
  });

  it('an empty page gives way to the same tasks; a lost page swallows them', async () => {
    const { endCursor } = (await list()).pageInfo;
    const wanted = (await list(endCursor)).tasks.map((task: { id: string }) => task.id);
    await fault({ kind: 'empty-page', count: 1 });
    const empty = await list(endCursor);
    expect([empty.tasks.length, empty.pageInfo.hasNextPage]).toEqual([0, true]);
    expect((await list(empty.pageInfo.endCursor)).tasks.map((task: { id: string }) => task.id)).toEqual(wanted);
    await fault({ kind: 'lost-page', count: 1 });
    const lost = await list(endCursor);
    expect((await list(lost.pageInfo.endCursor)).tasks[0].id).not.toBe(wanted[0]);
  });

  it('a short inner page says that nothing follows although rows are missing', async () => {
    const task = client.simulator.story.tasks().find((one) => one.rows.length > 6 && one.rows.length < 25)!;
    await fault({ kind: 'short-inner-page', count: 1 });
    const { activities } = await one(task.id);
    expect(activities.pageInfo.hasNextPage).toBe(false);
    expect(activities.nodes.length).toBeLessThan(activities.totalCount);
    expect((await one(task.id)).activities.nodes.length).toBe(task.rows.length);
  });

  it('a task is visible late', async () => {
    await fault({ kind: 'late-tasks', count: 1, delayMs: 20_000 });
    const { taskIds } = await client.control('POST', '/control/end-tasks', { count: 2 });
    expect(await one(taskIds[0])).toBeUndefined();
    expect(await one(taskIds[1])).toBeDefined();
    nowMs += 20_000;
    expect(await one(taskIds[0])).toBeDefined();
  });

  it('facts change after the end and move the latest activity', async () => {
    const task = client.simulator.story.tasks()[10]!;
    const before = await one(task.id);
    nowMs += 1_000;
    await client.control('POST', `/control/tasks/${task.id}/changes`, {
      wrapUpCodeName: 'Corrected',
      topicName: 'Refund',
      origin: '+14085550199',
      addActivity: 'WrapUp',
    });
    const after = await one(task.id);
    expect(after).toMatchObject({
      lastWrapupCodeName: 'Corrected',
      topicName: 'Refund',
      origin: '+14085550199',
      lastActivityTime: nowMs,
    });
    expect(after.activities.totalCount).toBe(before.activities.totalCount + 1);
  });

  it('a connection closed without an answer, and one that is slow', async () => {
    await fault({ kind: 'hang-up', count: 1, routes: ['subscriptions'] });
    await expect(client.send('GET', '/v2/event-types')).rejects.toThrow();
    await fault({ kind: 'slow', count: 1, delayMs: 150 });
    const started = performance.now();
    await client.send('GET', '/v2/event-types');
    expect(performance.now() - started).toBeGreaterThan(140);
  });

  it('a fault that does not exist is refused with the list of those that do', async () => {
    expect(await fault({ kind: 'earthquake' })).toMatchObject({
      error: expect.stringContaining('Use one of: rate-limit'),
    });
  });
});
