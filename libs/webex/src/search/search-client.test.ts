import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keyOfMetadataField, type MetadataField } from '@wxcc-wfo/contracts';
import type { TaskFacts, WebexClient } from '../port.ts';
import { clientOptions, ORG_ID, type StubRequest, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { createWebexClient } from '../webex-client.ts';

const WINDOW = { startMs: 1_700_000_000_000, endMs: 1_700_000_600_000 };

let stub: WebexStub;
let client: WebexClient;
beforeEach(async () => {
  stub = await startWebexStub();
  client = createWebexClient(clientOptions(stub));
});
afterEach(() => stub.close());

const node = (id: string, createdTime: number) => ({ id, createdTime, eventName: 'connected', duration: 1 });
const record = (id: string, activities: object = { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } }) => ({
  id,
  channelType: 'telephony',
  createdTime: WINDOW.startMs,
  endedTime: WINDOW.startMs + 1,
  activities,
});
const list = (tasks: object[], endCursor: string | null = null) => ({
  json: { data: { taskDetails: { tasks, pageInfo: { hasNextPage: endCursor !== null, endCursor } } } },
});

async function readAll(): Promise<TaskFacts[]> {
  const tasks: TaskFacts[] = [];
  for await (const page of client.listEndedTasks(WINDOW)) tasks.push(...page.tasks);
  return tasks;
}

const isInner = (request: StubRequest) => 'after' in request.json.variables;

describe('listing ended tasks', () => {
  it('follows the cursor from NA to the end, by ended time, through an empty page', async () => {
    stub.answer((_, index) => [list([record('a')], '1'), list([], '2'), list([record('b')])][index] ?? { status: 500 });
    expect((await readAll()).map((task) => task.taskId)).toEqual(['a', 'b']);
    expect(stub.requests.map((request) => request.json.variables.cursor)).toEqual(['NA', '1', '2']);
    const [first] = stub.requests;
    expect(first).toMatchObject({ method: 'POST', path: `/search?orgId=${ORG_ID}` });
    expect(first?.json.variables).toEqual({ from: WINDOW.startMs, to: WINDOW.endMs, by: 'endedTime', cursor: 'NA' });
    expect(first?.json.query).toContain('activities(first: 100)');
  });

  it('begins each listing from the start', async () => {
    stub.answer(() => list([record('a')]));
    await readAll();
    await readAll();
    expect(stub.requests.map((request) => request.json.variables.cursor)).toEqual(['NA', 'NA']);
  });

  it('refuses a cursor that was there before and a next page without a cursor', async () => {
    stub.answer(() => list([record('a')], '1'));
    await expect(readAll()).rejects.toMatchObject({ kind: 'invalid-answer', retriable: true });
    stub.answer(() => ({ json: { data: { taskDetails: { tasks: [], pageInfo: { hasNextPage: true } } } } }));
    await expect(readAll()).rejects.toThrow(/pageInfo\.endCursor/);
  });

  it('reads further inner pages of one task only, by its own cursor', async () => {
    const rows = [4, 3, 2, 1].map((offset) => node(`row-${offset}`, WINDOW.startMs + offset));
    const page = (nodes: object[], endCursor: string | null) => ({
      totalCount: 4,
      nodes,
      pageInfo: { hasNextPage: endCursor !== null, endCursor },
    });
    stub.answer((request) =>
      isInner(request)
        ? list([record('a', page(rows.slice(1), null))])
        : list([record('a', page(rows.slice(0, 2), String(WINDOW.startMs + 3))), record('b')]),
    );
    const [a, b] = await readAll();
    expect(a).toMatchObject({ taskId: 'a', activitiesComplete: true, activityCount: 4 });
    expect(a?.activities.map((activity) => activity.activityId)).toEqual(['row-1', 'row-2', 'row-3', 'row-4']);
    expect(b).toMatchObject({ activitiesComplete: true, activityCount: 0 });
    expect(stub.requests.filter(isInner).map((request) => request.json.variables)).toEqual([
      {
        from: WINDOW.startMs,
        to: WINDOW.endMs,
        by: 'endedTime',
        filter: { id: { equals: 'a' } },
        after: String(WINDOW.startMs + 4),
      },
    ]);
  });

  it('takes HTTP 200 with errors for a failure, whatever data stands beside', async () => {
    const data = { taskDetails: { tasks: [] } };
    stub.answer(() => ({ json: { data, errors: [{ message: 'Validation error: unknown field' }] } }));
    await expect(readAll()).rejects.toMatchObject({ kind: 'invalid-request', statusCode: 200, retriable: false });
    expect(stub.requests).toHaveLength(1);
    stub.answer(() => ({ json: { data, error: { key: 403, message: [{ description: 'no role' }] } } }));
    await expect(readAll()).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('repeats a page whose answer carried a passing error', async () => {
    stub.answer((_, index) =>
      index === 0 ? { json: { data: null, errors: [{ message: 'Internal fault' }] } } : list([record('a')]),
    );
    expect(await readAll()).toHaveLength(1);
    expect(stub.requests).toHaveLength(2);
  });

  it('names the record and field that it cannot use', async () => {
    stub.answer(() => list([record('a'), { id: 'b' }]));
    await expect(readAll()).rejects.toThrow(/data\.taskDetails\.tasks\[1\]\.createdTime/);
    stub.answer(() => ({ json: { data: {} } }));
    await expect(readAll()).rejects.toThrow(/nothing at data\.taskDetails/);
  });

  it('gives the tasks beside one that it cannot use, then says which it is', async () => {
    stub.answer(() => list([record('a'), { id: 'b' }, record('c')], '1'));
    const taskIds: string[] = [];
    const reading = async () => {
      for await (const { tasks } of client.listEndedTasks(WINDOW)) taskIds.push(...tasks.map((task) => task.taskId));
    };
    await expect(reading()).rejects.toThrow(/data\.taskDetails\.tasks\[1\]\.createdTime/);
    expect(taskIds).toEqual(['a', 'c']);
    expect(stub.requests).toHaveLength(1);
  });

  it('replaces what no database stores in names and ids alike', async () => {
    const odd = { ...record('a\u0000'), origin: 'x\ud800y', lastQueue: { id: 'q\u0000', name: '\udc00' } };
    stub.answer(() => list([odd]));
    const [task] = await readAll();
    expect(task).toMatchObject({ taskId: 'a\ufffd', ani: 'x\ufffdy', queue: { id: 'q\ufffd', name: '\ufffd' } });
  });

  it('refuses windows that are empty or wider than 30 days', async () => {
    const { startMs } = WINDOW;
    for (const endMs of [startMs, startMs + 31 * 86_400_000]) {
      await expect(client.countEndedTasks({ startMs, endMs })).rejects.toMatchObject({ kind: 'invalid-request' });
    }
  });
});

describe('counting ended tasks', () => {
  it('reads the aggregation’s float, and nothing as 0', async () => {
    stub.answer(() => ({
      json: { data: { taskDetails: { tasks: [{ aggregation: [{ name: 'tasks', value: 24.0 }] }] } } },
    }));
    await expect(client.countEndedTasks(WINDOW)).resolves.toBe(24);
    expect(stub.requests[0]?.json.variables).toEqual({ from: WINDOW.startMs, to: WINDOW.endMs, by: 'endedTime' });
    stub.answer(() => ({ json: { data: { taskDetails: { tasks: [] } } } }));
    await expect(client.countEndedTasks(WINDOW)).resolves.toBe(0);
  });

  it('CAP-01 refuses an answer without a list: taken for 0 it would prove what nobody listed', async () => {
    for (const taskDetails of [{ tasks: null }, {}]) {
      stub.answer(() => ({ json: { data: { taskDetails } } }));
      const counting = client.countEndedTasks(WINDOW);
      await expect(counting).rejects.toMatchObject({ kind: 'invalid-answer' });
      await expect(counting).rejects.toThrow(/data\.taskDetails\.tasks/);
    }
  });

  it('tells what Webex’s clock said', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    stub.answer(() => ({ headers: { date }, json: { data: { taskDetails: { tasks: [] } } } }));
    const told: number[] = [];
    await client.countEndedTasks(WINDOW, { onServerTime: (timeMs) => told.push(timeMs) });
    expect(told).toEqual([784_111_777_000]); // the example of RFC 9110
  });
});

describe('reading tasks by id', () => {
  it('asks by creation, then by end for those not found', async () => {
    stub.answer((request) => list([record(request.json.variables.by === 'createdTime' ? 'a' : 'b')]));
    const tasks = await client.getTasks(['a', 'b', 'b']);
    expect(tasks.map((task) => task.taskId)).toEqual(['a', 'b']);
    expect(stub.requests.map((request) => request.json.variables.filter)).toEqual([
      { or: [{ id: { equals: 'a' } }, { id: { equals: 'b' } }] },
      { or: [{ id: { equals: 'b' } }] },
    ]);
    for (const { json } of stub.requests) expect(json.variables.to - json.variables.from).toBeLessThan(30 * 86_400_000);
  });

  it('gives the others when one cannot be used, and its reason when there are no others', async () => {
    stub.answer((request) => list(request.json.variables.by === 'createdTime' ? [record('a'), { id: 'b' }] : []));
    expect((await client.getTasks(['a', 'b'])).map((task) => task.taskId)).toEqual(['a']);
    stub.answer(() => list([{ id: 'b' }]));
    await expect(client.getTasks(['b'])).rejects.toThrow(/createdTime/);
  });

  it('asks once, by end, for ended tasks only, up to a minute ahead of our clock', async () => {
    stub.answer(() => list([record('a')]));
    const beforeMs = Date.now();
    expect(await client.getTasks(['a', 'b'], { endedOnly: true })).toHaveLength(1);
    expect(stub.requests.map((request) => request.json.variables.by)).toEqual(['endedTime']);
    const { from, to } = stub.requests[0]?.json.variables ?? {};
    expect(to).toBeGreaterThanOrEqual(beforeMs + 60_000);
    expect(to - from).toBeLessThan(30 * 86_400_000);
  });

  it('gives undefined for a task that is not there', async () => {
    stub.answer(() => list([]));
    await expect(client.getTask('a', { aroundMs: WINDOW.startMs })).resolves.toBeUndefined();
    const { from, to } = stub.requests[0]?.json.variables ?? {};
    expect(from).toBeLessThan(WINDOW.startMs);
    expect(to).toBeGreaterThan(WINDOW.startMs);
  });
});

describe('CAP-04 reading mapped metadata', () => {
  const field = (path: string) => ({ kind: 'field', prefix: 'task', path: path.split('.') }) as const;
  const tier = { kind: 'global-variable', prefix: 'task', name: 'Tier', type: 'Integer' } as const;
  const lineOf = (request: StubRequest, alias: string) =>
    request.json.query.split('\n').findIndex((line: string) => line.includes(`${alias}:`)) + 1;
  const unknown = (request: StubRequest, alias: string) => ({
    json: {
      errors: [{ message: 'Cannot query field "x" on type "y".', locations: [{ line: lineOf(request, alias) }] }],
    },
  });

  async function readWith(fields: readonly MetadataField[]) {
    const notOffered: string[] = [];
    const onNotOffered = (one: MetadataField) => notOffered.push(keyOfMetadataField(one));
    const tasks: TaskFacts[] = [];
    for await (const page of client.listEndedTasks(WINDOW, { metadata: { fields, onNotOffered } })) {
      tasks.push(...page.tasks);
    }
    return { tasks, notOffered };
  }

  it('CAP-04 asks for exactly the mapped fields beside the fixed ones and gives their values by field', async () => {
    const values = { mapped0: 'Billing', mapped1: { name: 'Tier', value: 3 } };
    stub.answer(() => list([{ ...record('a'), ...values }, record('b')]));
    const { tasks, notOffered } = await readWith([field('contactReason'), tier]);
    expect(tasks.map(({ metadata }) => metadata)).toEqual([{ contactReason: 'Billing', 'Tier:Integer': '3' }, {}]);
    expect(notOffered).toEqual([]);
    expect(stub.requests[0]?.json.variables).toMatchObject({ name1: 'Tier', cursor: 'NA' });
  });

  it('CAP-04 a field that the API does not know is left out for the rest of the listing, and told', async () => {
    stub.answer((request, index) => {
      if (/mapped1:/.test(request.json.query)) return unknown(request, 'mapped1');
      return list([{ ...record(`task-${index}`), mapped0: 'Billing', mapped2: 'sms' }], index === 1 ? '1' : null);
    });
    const { tasks, notOffered } = await readWith([field('contactReason'), field('entryPoint.id'), field('origin')]);
    expect(tasks.map(({ metadata }) => metadata)).toEqual([
      { contactReason: 'Billing', origin: 'sms' },
      { contactReason: 'Billing', origin: 'sms' },
    ]);
    expect(notOffered).toEqual(['entryPoint.id']);
    expect(stub.requests).toHaveLength(3);
  });

  it('CAP-04 a refused question is answered without a mapping where nothing tells which one is at fault', async () => {
    stub.answer((request) =>
      /mapped/.test(request.json.query)
        ? { status: 400, json: { errors: [{ message: 'Validation error' }] } }
        : list([record('a')]),
    );
    const { tasks, notOffered } = await readWith([field('contactReason'), tier]);
    expect([tasks[0]?.metadata, notOffered]).toEqual([{}, ['contactReason', 'Tier:Integer']]);
  });

  it('CAP-04 a failure that is not about a mapping blames none', async () => {
    stub.answer(() => ({ json: { errors: [{ message: 'Validation error: from is too early' }] } }));
    const notOffered: MetadataField[] = [];
    const metadata = { fields: [tier], onNotOffered: (one: MetadataField) => notOffered.push(one) };
    const read = client.getTasks(['a'], { metadata });
    await expect(read).rejects.toMatchObject({ kind: 'invalid-request' });
    expect(notOffered).toEqual([]);
  });
});
