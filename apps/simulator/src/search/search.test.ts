import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signedIn, type TestClient } from '../testing/test-client.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
const range = `from: ${now - DAY_MS}, to: ${now + DAY_MS}`;

interface Row {
  id: string;
  createdTime: number;
  duration: number;
}

describe('Search over 620 tasks', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await signedIn({ tasks: 620, seed: 'search', quotaPerMinute: 10_000 });
  });
  afterAll(() => client.simulator.close());

  const pages = async (body: string): Promise<{ ids: string[]; sizes: number[]; cursors: (string | null)[] }> => {
    const ids: string[] = [];
    const sizes: number[] = [];
    const cursors: (string | null)[] = [];
    for (let cursor: string | null = 'NA'; cursor !== null; ) {
      const answer = await client.search(
        `{ taskDetails(${body}, pagination: { cursor: "${cursor}" }) { tasks { id } pageInfo { hasNextPage endCursor } } }`,
      );
      const { tasks, pageInfo } = answer.body.data.taskDetails;
      ids.push(...tasks.map((task: { id: string }) => task.id));
      sizes.push(tasks.length);
      cursor = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      cursors.push(pageInfo.endCursor);
    }
    return { ids, sizes, cursors };
  };

  it('gives pages of 250, the last one with endCursor null', async () => {
    const { ids, sizes, cursors } = await pages(`${range}, timeComparator: endedTime`);
    expect(sizes).toEqual([250, 250, 120]);
    expect(new Set(ids).size).toBe(620);
    expect(cursors.at(-1)).toBeNull();
  });

  it('compares createdTime unless told otherwise, and counts what the pages list', async () => {
    const { ids } = await pages(range);
    const count = await client.search(
      `{ taskDetails(${range}, aggregations: [{ field: "id", type: count, name: "n" }]) { tasks { aggregation { name value } } } }`,
    );
    expect(count.body.data.taskDetails.tasks).toEqual([{ aggregation: [{ name: 'n', value: ids.length }] }]);
  });

  it('lists by ended time exactly the tasks whose end lies in the range', async () => {
    const tasks = client.simulator.story.tasks();
    const [from, to] = [tasks[100]!.endedMs, tasks[199]!.endedMs];
    const { ids } = await pages(`from: ${from}, to: ${to}, timeComparator: endedTime`);
    expect(new Set(ids)).toEqual(new Set(tasks.slice(100, 200).map((task) => task.id)));
  });

  it('filters on nested objects, numbers, enums and compounds', async () => {
    const team = client.simulator.story.directory.teams[0]!;
    const { body } = await client.search(
      `{ taskDetails(${range}, filter: { and: [{ channelType: { equals: telephony } }, { lastTeam: { id: { equals: "${team.id}" } } },
        { not: [{ holdCount: { equals: 0 } }] }] }) { tasks { channelType holdCount lastTeam { id } } } }`,
    );
    const { tasks } = body.data.taskDetails;
    expect(tasks.length).toBeGreaterThan(0);
    for (const task of tasks) {
      expect(task.channelType).toBe('telephony');
      expect(task.lastTeam.id).toBe(team.id);
      expect(task.holdCount).toBeGreaterThan(0);
    }
  });

  it('takes variables, aliases and fragments', async () => {
    const query = `query q($from: Long!, $to: Long!, $filter: TaskDetailsFilters) {
      taskDetails(from: $from, to: $to, filter: $filter) { tasks { ...t lang: stringGlobalVariables(name: "Language") { name value }
        none: stringGlobalVariables(name: "Nope") { name value } } } }
      fragment t on TaskDetails { id }`;
    const task = client.simulator.story.tasks()[3]!;
    const { body } = await client.search(query, { from: now - DAY_MS, to: now, filter: { id: { equals: task.id } } });
    expect(body.data.taskDetails.tasks).toEqual([
      {
        id: task.id,
        lang: { name: 'Language', value: task.globalVariables.Language },
        none: { name: null, value: null },
      },
    ]);
  });

  it('groups by the scalar fields selected beside the aggregation, rows included', async () => {
    const { body } = await client.search(
      `{ taskDetails(${range}, extFilter: { activities: { nodes: { eventName: { equals: "connect" } } } },
        aggregations: [{ field: "activities.nodes.id", type: count, name: "offers" }]) { tasks { activities { nodes { agentId } } aggregation { value } } } }`,
    );
    const offers = new Map<string, number>();
    for (const task of client.simulator.story.tasks()) {
      for (const row of task.rows)
        if (row.eventName === 'connect') offers.set(row.agent!.id, (offers.get(row.agent!.id) ?? 0) + 1);
    }
    const rows = body.data.taskDetails.tasks.map(
      (one: { activities: { nodes: [{ agentId: string }] }; aggregation: [{ value: number }] }) => [
        one.activities.nodes[0].agentId,
        one.aggregation[0].value,
      ],
    );
    expect(new Map(rows)).toEqual(offers);
  });

  it('puts intervals where the clock has them', async () => {
    const { body } = await client.search(
      `{ taskDetails(from: ${now - 7_200_000}, to: ${now}, timeComparator: endedTime, aggregations: [{ field: "id", type: count, name: "n" }],
        aggregationInterval: { interval: FIFTEEN_MINUTES }) { tasks { intervalStartTime aggregation { value } } intervalInfo { interval timezone } } }`,
    );
    const { tasks, intervalInfo } = body.data.taskDetails;
    expect(intervalInfo).toEqual({ interval: 'FIFTEEN_MINUTES', timezone: 'UTC' });
    expect(tasks.every((one: { intervalStartTime: number }) => one.intervalStartTime % 900_000 === 0)).toBe(true);
    expect(
      tasks.reduce((sum: number, one: { aggregation: [{ value: number }] }) => sum + one.aggregation[0].value, 0),
    ).toBe(620);
  });

  describe('the rows of one task', () => {
    const rowsOf = async (
      id: string,
      args: string,
    ): Promise<{ totalCount: number; nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }> => {
      const { body } = await client.search(
        `{ taskDetails(${range}, filter: { id: { equals: "${id}" } }) { tasks { activities${args} { totalCount nodes { id createdTime duration } pageInfo { hasNextPage endCursor } } } } }`,
      );
      return body.data.taskDetails.tasks[0].activities;
    };
    const long = () => client.simulator.story.tasks().find((task) => task.rows.length > 100)!;

    it('come newest first, 25 unless asked, never more than 100', async () => {
      const task = long();
      expect((await rowsOf(task.id, '')).nodes).toHaveLength(25);
      const page = await rowsOf(task.id, '(first: 500)');
      expect(page.nodes).toHaveLength(100);
      expect(page.totalCount).toBe(task.rows.length);
      const times = page.nodes.map((row) => row.createdTime);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(page.pageInfo).toEqual({ hasNextPage: true, endCursor: String(times.at(-1)) });
    });

    it('go on after a time, rows of that very millisecond left out', async () => {
      const task = long();
      const flows = task.rows.filter(
        (row) => row.eventName === 'flow-activity' && row.createdMs > task.createdMs + 400,
      );
      const at = flows[3]!.createdMs;
      const { nodes } = await rowsOf(task.id, `(first: 100, after: "${at}")`);
      expect(nodes[0]!.createdTime).toBeLessThan(at);
    });

    it('are named by task, time and internal event', async () => {
      const task = client.simulator.story.tasks().find((one) => one.scenario === 'simple')!;
      const { nodes } = await rowsOf(task.id, '(first: 100)');
      const suffixes = nodes.map((row) => row.id.slice(`${task.id}-${row.createdTime}-`.length));
      expect(suffixes).toEqual(
        expect.arrayContaining(['new', 'connected', 'capture-started', 'capture-available', 'wrapup-done', 'ended']),
      );
    });

    it('are trimmed by an extFilter, and sorted oldest first on request', async () => {
      const task = client.simulator.story.tasks().find((one) => one.scenario === 'hold')!;
      const { body } = await client.search(
        `{ taskDetails(${range}, filter: { id: { equals: "${task.id}" } }, extFilter: { activities: { nodes: { eventName: { equals: "on-hold" } } } })
          { tasks { activities { nodes { eventName createdTime(sort: asc) } } } } }`,
      );
      const nodes = body.data.taskDetails.tasks[0].activities.nodes;
      const holds = task.rows.filter((row) => row.eventName === 'on-hold').toReversed();
      expect(nodes).toEqual(holds.map((row) => ({ eventName: 'on-hold', createdTime: row.createdMs })));
    });
  });

  it.each([
    ['older than 36 months', `from: ${now - 1_200 * DAY_MS}, to: ${now}`, 'id'],
    ['longer than 365 days', `from: ${now - 400 * DAY_MS}, to: ${now}`, 'id'],
    ['longer than 30 days with rows', `from: ${now - 40 * DAY_MS}, to: ${now}`, 'activities { totalCount }'],
    ['the wrong way round', `from: ${now}, to: ${now - 1}`, 'id'],
  ])('refuses a range that is %s with the published error body', async (_, args, fields) => {
    const { status, body } = await client.search(`{ taskDetails(${args}) { tasks { ${fields} } } }`);
    expect(status).toBe(400);
    expect(body).toEqual({
      trackingId: expect.any(String),
      error: { key: '400', message: [{ description: expect.any(String) }] },
    });
  });

  it('answers an unknown field with GraphQL errors and an unreadable cursor with 400', async () => {
    const unknown = await client.search(`{ taskDetails(${range}) { tasks { entryPoint { id } } } }`);
    expect(unknown.status).toBe(200);
    expect(unknown.body.errors[0].message).toContain('Cannot query field "entryPoint"');
    expect(
      (await client.search(`{ taskDetails(${range}, pagination: { cursor: "x" }) { tasks { id } } }`)).status,
    ).toBe(400);
  });

  it('shows an open task as active, with -1 where nothing has ended, and its end afterwards', async () => {
    const endedMs = Date.now() + 3_600_000;
    const truth = client.simulator.addTask({
      steps: [
        { do: 'answer', agent: 0 },
        { do: 'talk', ms: 7_200_000 },
      ],
      endedMs,
    });
    const { body } = await client.search(
      `{ taskDetails(${range}, filter: { id: { equals: "${truth.taskId}" } }) { tasks { isActive status endedTime activities { nodes { eventName duration endedTime } } } } }`,
    );
    const [task] = body.data.taskDetails.tasks;
    expect(task).toMatchObject({ isActive: true, status: 'connected', endedTime: -1 });
    expect(task.activities.nodes.find((row: { eventName: string }) => row.eventName === 'connected')).toMatchObject({
      duration: -1,
      endedTime: -1,
    });
    const ended = await client.search(
      `{ taskDetails(${range}, timeComparator: endedTime, filter: { id: { equals: "${truth.taskId}" } }) { tasks { id } } }`,
    );
    expect(ended.body.data.taskDetails.tasks).toEqual([]);
  });
});
