import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WebexClient } from '../port.ts';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import { clientOptions, ORG_ID, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { createWebexClient } from '../webex-client.ts';
import { decodeSubscription } from './subscriptions-client.ts';

describeWithSamples("Cisco's subscription sample", () => {
  it('decodes', () => {
    const { data } = readSample('subscriptions-create-v2-response-spec-example.json');
    expect(decodeSubscription(data, 'data')).toEqual({
      subscriptionId: '41e92806-331d-4802-bc12-674f92d4a6f7',
      name: "My Integration's Subscription",
      eventTypes: ['agent:login', 'agent:logout'],
      destinationUrl: 'https://www.cisco.com/',
      status: 'active',
      resourceVersion: 'agent:1.0.0',
      createdAtMs: 1_591_702_170_000,
      updatedAtMs: 1_591_702_170_000,
    });
  });
});

describe('subscriptions', () => {
  let stub: WebexStub;
  let client: WebexClient;
  beforeEach(async () => {
    stub = await startWebexStub();
    client = createWebexClient(clientOptions(stub));
  });
  afterEach(() => stub.close());

  const wanted = {
    name: 'bridge',
    eventTypes: ['task:ended'],
    destinationUrl: 'https://bridge.example/webhooks/1',
    secret: 'x'.repeat(40),
    resourceVersion: 'task:1.0.0',
  };
  const data = { id: 's1', name: 'bridge', eventTypes: ['task:ended'], status: 'active' };

  it('are created, listed, changed and deleted under /v2', async () => {
    stub.answer(({ method, path }) => ({
      json: { meta: { subscriptionCount: 3 }, data: method === 'GET' && path.startsWith('/v2/sub') ? [data] : data },
    }));
    await expect(client.createSubscription(wanted)).resolves.toMatchObject({ subscriptionId: 's1' });
    await expect(client.listSubscriptions()).resolves.toMatchObject([{ subscriptionId: 's1', status: 'active' }]);
    await client.updateSubscription('s1', { resourceVersion: 'task:1.0.0', status: 'active' });
    await client.deleteSubscription('s1');
    expect(stub.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v2/subscriptions',
      `GET /v2/subscriptions?orgId=${ORG_ID}`,
      'PATCH /v2/subscriptions/s1',
      `DELETE /v2/subscriptions/s1?orgId=${ORG_ID}`,
    ]);
    expect(stub.requests[0]?.json).toEqual({ ...wanted, orgId: ORG_ID });
    expect(stub.requests[2]?.json).toEqual({ resourceVersion: 'task:1.0.0', status: 'active', orgId: ORG_ID });
  });

  it('are not created twice after an unclear end, and never show their secret', async () => {
    stub.answer(() => ({ status: 500, json: { error: { key: 500, message: [{ description: wanted.secret }] } } }));
    const error: Error = await client.createSubscription(wanted).then(
      () => new Error('created'),
      (caught) => caught,
    );
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).not.toContain(wanted.secret);
    expect(stub.requests).toHaveLength(1);
  });

  it('that are gone already count as deleted', async () => {
    stub.answer(() => ({ status: 404 }));
    await expect(client.deleteSubscription('s1')).resolves.toBeUndefined();
  });
});
