import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signedIn, type TestClient } from '../testing/test-client.ts';

const SECRET = 'a secret of at least 32 characters';
const valid = {
  name: 'Bridge',
  eventTypes: ['task:ended'],
  destinationUrl: 'https://bridge.example.com/hooks/1',
  resourceVersion: 'task:1.0.0',
  secret: SECRET,
};

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('subscriptions and webhooks', () => {
  let client: TestClient;
  let receiver: Server;
  let received: Received[] = [];
  let answerWith = 204;
  let arrived = (): void => undefined;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(answerWith).end();
        arrived();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    client = await signedIn({
      resolve: { 'https://bridge.example.com': `http://127.0.0.1:${port}` },
      webhookFailureLimit: 2,
      recordingDelayMs: 50,
    });
  });
  afterAll(async () => {
    await client.simulator.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });
  beforeEach(async () => {
    received = [];
    answerWith = 204;
    await client.control('DELETE', '/control/faults');
    for (const one of client.simulator.tenant.subscriptions.list()) {
      await client.send('DELETE', `/v${one.version}/subscriptions/${one.view.id}`);
    }
  });

  const create = async (
    more: object = {},
    version = 2,
  ): Promise<{ status: number; body: { data: { id: string }; error?: unknown } }> => {
    const answer = await client.send('POST', `/v${version}/subscriptions`, { ...valid, ...more });
    return { status: answer.status, body: (await answer.json()) as { data: { id: string } } };
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
        setTimeout(resolve, 20);
      });
    }
  };

  it('are created, listed, changed and deleted; the secret is never shown', async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toEqual({
      meta: { orgId: client.simulator.tenant.options.orgId },
      data: {
        id: expect.any(String),
        name: 'Bridge',
        eventTypes: ['task:ended'],
        destinationUrl: 'https://bridge.example.com/hooks/1',
        createdTime: expect.any(Number),
        createdBy: 'admin@contactcentre.example',
        status: 'active',
        lastUpdatedTime: expect.any(Number),
        lastUpdatedBy: 'admin@contactcentre.example',
        resourceVersion: 'task:1.0.0',
      },
    });
    const path = `/v2/subscriptions/${body.data.id}`;
    const patch = await client.send('PATCH', path, {
      eventTypes: ['task:new', 'task:ended'],
      resourceVersion: 'task:1.0.0',
    });
    expect(await patch.json()).toMatchObject({ data: { eventTypes: ['task:new', 'task:ended'] } });
    expect((await client.send('PATCH', path, { name: 'Another', resourceVersion: 'task:1.0.0' })).status).toBe(400);
    expect((await client.send('PATCH', path, { eventTypes: ['task:new'] })).status).toBe(400);
    await create({ resourceVersion: undefined }, 1);
    const list = (await (await client.send('GET', '/v2/subscriptions')).json()) as {
      meta: { subscriptionCount: number };
      data: unknown[];
    };
    expect([list.meta.subscriptionCount, list.data.length]).toEqual([2, 1]);
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('GET', path)).status).toBe(404);
  });

  it.each<[string, object]>([
    ['no https', { destinationUrl: 'http://bridge.example.com/a' }],
    ['another port', { destinationUrl: 'https://bridge.example.com:8443/a' }],
    ['no path', { destinationUrl: 'https://bridge.example.com' }],
    ['a query', { destinationUrl: 'https://bridge.example.com/a?b=c' }],
    ['user information', { destinationUrl: 'https://me:pw@bridge.example.com/a' }],
    ['an address for a host', { destinationUrl: 'https://127.0.0.1/a' }],
    ['a short secret', { secret: 'short' }],
    ['a short name', { name: 'abc' }],
    ['no event types', { eventTypes: [] }],
    ['events of another resource', { eventTypes: ['capture:available'] }],
    ['no resource version', { resourceVersion: undefined }],
  ])('refuse %s with an integer key', async (_, more) => {
    const { status, body } = await create(more);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      trackingId: expect.stringMatching(/^NOTIFS_/),
      error: { key: 400, message: [{ description: expect.any(String) }] },
    });
  });

  it('stop at the organization’s limit', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 21; n++) statuses.add((await create()).status);
    expect([...statuses]).toEqual([201, 403]);
  });

  it('names the event types by resource', async () => {
    const body = (await (await client.send('GET', '/v2/event-types')).json()) as {
      data: object[];
      meta: { resourceVersionList: object[] };
    };
    expect(body.data).toContainEqual({ name: 'task:ended', resource: 'task', action: 'ended' });
    expect(body.meta.resourceVersionList).toContainEqual({ resource: 'capture', version: '1.0.0' });
  });

  it('tell the end of a task, signed over the raw body', async () => {
    const { body } = await create();
    const { taskIds } = await client.control('POST', '/control/end-tasks', { count: 1 });
    await until(() => received.length === 1);
    const [one] = received;
    expect(one!.path).toBe('/hooks/1');
    expect(one!.headers['x-webexcc-signature']).toBe(createHmac('sha256', SECRET).update(one!.body).digest('hex'));
    expect(one!.headers['x-webexcc-webhook-version']).toBe('task:1.0.0');
    const envelope = JSON.parse(one!.body);
    expect(envelope).toMatchObject({
      specversion: '1.0',
      type: 'task:ended',
      source: `/com/cisco/wxcc/${body.data.id}`,
      comciscoorgid: client.simulator.tenant.options.orgId,
      comciscotimestamp: Number(one!.headers['x-webexcc-timestamp']),
      data: {
        taskId: taskIds[0],
        direction: expect.any(String),
        terminatingParty: expect.any(String),
        reason: expect.any(String),
      },
    });
  });

  it('tell that a recording is available', async () => {
    await create({ eventTypes: ['capture:available'], resourceVersion: 'capture:1.0.0' });
    const task = await client.control('POST', '/control/tasks', {
      steps: [
        { do: 'answer', agent: 0 },
        { do: 'talk', ms: 2_000 },
      ],
    });
    const mine = (): unknown[] =>
      received.map((one) => JSON.parse(one.body)).filter((one) => one.data.taskId === task.taskId);
    await until(() => mine().length === 1);
    expect(mine()).toEqual([expect.objectContaining({ type: 'capture:available' })]);
  });

  it('are lost, doubled and shuffled on request', async () => {
    await create();
    const end = async (): Promise<string> =>
      (await client.control('POST', '/control/end-tasks', { count: 1 })).taskIds[0];
    const taskOf = (one: Received): string => JSON.parse(one.body).data.taskId;
    await client.control('POST', '/control/faults', { kind: 'webhook-lost', count: 1 });
    const lost = await end();
    await client.control('POST', '/control/faults', { kind: 'webhook-double', count: 1 });
    const doubled = await end();
    const copies = (): Received[] => received.filter((one) => taskOf(one) === doubled);
    await until(() => copies().length === 2);
    expect(new Set(copies().map((one) => JSON.parse(one.body).id)).size).toBe(1);
    expect(received.map(taskOf)).not.toContain(lost);
    received = [];
    await client.control('POST', '/control/faults', { kind: 'webhook-shuffle', count: 2 });
    const [first, second] = (await client.control('POST', '/control/end-tasks', { count: 2 })).taskIds;
    await until(() => received.length === 2);
    expect(received.map(taskOf)).toEqual([second, first]);
  });

  it('turn inactive when deliveries keep failing', async () => {
    const { body } = await create();
    answerWith = 500;
    await client.control('POST', '/control/end-tasks', { count: 1 });
    await client.control('POST', '/control/end-tasks', { count: 1 });
    const status = () => client.simulator.tenant.subscriptions.get(2, body.data.id).view.status;
    await until(() => status() === 'inactive');
    await client.control('POST', '/control/end-tasks', { count: 1 });
    expect(client.simulator.deliveries().filter((one) => one.subscriptionId === body.data.id)).toHaveLength(2);
  });
});
