import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Context, type ContextManager, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import type { WebexQuota } from '../port.ts';
import {
  endpointsOf,
  type RecordingQuota,
  recordingQuota,
  startWebexStub,
  TOKEN,
  type WebexStub,
} from '../testing/webex-stub.ts';
import { createBearerCredentials } from './credentials.ts';
import { type Call, createTransport, type TransportOptions } from './transport.ts';

let stub: WebexStub;
let quota: RecordingQuota;
beforeEach(async () => {
  stub = await startWebexStub();
  quota = recordingQuota();
});
afterEach(() => stub.close());

// biome-ignore lint/suspicious/noExplicitAny: answers have many shapes
function send(call: Partial<Call> = {}, options: Partial<TransportOptions> = {}): Promise<any> {
  const transport = createTransport({
    hosts: endpointsOf(stub),
    budget: { quota, quotaKey: 'client-1', kind: 'captures' },
    credentials: createBearerCredentials(async () => TOKEN),
    ...options,
  });
  return transport.call({ what: 'The test', operation: 'test', method: 'GET', url: `${stub.url}/thing`, ...call });
}

const messageOf = (error: unknown) => JSON.stringify([String(error), error]);

describe('one exchange', () => {
  it('sends bearer and tracking id, takes from the budget, unpacks gzip', async () => {
    const body = gzipSync(JSON.stringify({ answer: 42 }));
    stub.answer(() => ({ headers: { 'content-encoding': 'gzip' }, body }));
    await expect(send()).resolves.toEqual({ answer: 42 });
    expect(stub.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'accept-encoding': 'gzip' });
    expect(stub.requests[0]?.headers.trackingid).toMatch(/^WFO_/);
    expect(quota.acquired).toEqual([{ quotaKey: 'client-1', kind: 'captures' }]);
  });

  it('tells telemetry that it leaves our own services', async () => {
    const seen: unknown[] = [];
    const stored = new AsyncLocalStorage<Context>();
    const manager: ContextManager = {
      active: () => stored.getStore() ?? ROOT_CONTEXT,
      with: (active, fn, self, ...args) => stored.run(active, () => fn.call(self as never, ...args)),
      bind: (_, target) => target,
      enable: () => manager,
      disable: () => manager,
    };
    const onCreate = () => seen.push(context.active().getValue(createContextKey('wxcc-wfo no trace headers')));
    context.setGlobalContextManager(manager);
    subscribe('undici:request:create', onCreate);
    try {
      stub.answer(() => ({ json: {} }));
      await send();
      expect(seen).toEqual([true]);
    } finally {
      unsubscribe('undici:request:create', onCreate);
      context.disable();
    }
  });

  it('CAP-08 asks for the bearer before the budget: a permission does not last until one is found', async () => {
    const order: string[] = [];
    const asking: WebexQuota = {
      ...quota,
      acquire: async () => {
        order.push('permission');
        return { sendByMs: performance.now() + 2_000 };
      },
    };
    const credentials = createBearerCredentials(async () => {
      order.push('token');
      return TOKEN;
    });
    stub.answer(() => ({ json: {} }));
    await send({}, { budget: { quota: asking, quotaKey: 'client-1', kind: 'captures' }, credentials });
    expect(order).toEqual(['token', 'permission']);
  });

  it.each(['any', 'unprocessed', 'never'] as const)(
    'CAP-08 sends nothing on a permission that is too old, but asks for another (retries: %s)',
    async (retries) => {
      const ages = [2_500, 2_001, 0];
      const asking: WebexQuota = {
        ...quota,
        acquire: async () => ({ sendByMs: performance.now() + 2_000 - (ages.shift() ?? 0) }),
      };
      stub.answer(() => ({ json: { ok: true } }));
      const budget = { quota: asking, quotaKey: 'client-1', kind: 'captures' } as const;
      await expect(send({ method: 'POST', json: {}, retries }, { budget })).resolves.toEqual({ ok: true });
      expect(stub.requests).toHaveLength(1);
      expect(ages).toEqual([]);
    },
  );

  it('gives undefined for an answer without a body', async () => {
    stub.answer(() => ({ status: 204 }));
    await expect(send()).resolves.toBeUndefined();
  });

  it('repeats after 429 without a body, not before Retry-After, and tells the budget', async () => {
    const times: number[] = [];
    stub.answer((_, index) => {
      times.push(performance.now());
      return index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { json: {} };
    });
    await send();
    expect(quota.penalties).toEqual([{ quotaKey: 'client-1', ms: 1000 }]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
    expect(quota.acquired).toHaveLength(2);
  });

  it('gives up at once when Retry-After is beyond the deadline', async () => {
    stub.answer(() => ({ status: 429, headers: { 'retry-after': '60' } }));
    await expect(send({}, { timeouts: { deadlineMs: 5_000 } })).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 60_000,
      retriable: true,
    });
    expect(stub.requests).toHaveLength(1);
  });

  it('repeats after 503 and a cut connection within the deadline', async () => {
    stub.answer((_, index) =>
      index === 0 ? { status: 503 } : index === 1 ? (response) => response.destroy() : { json: { ok: true } },
    );
    await expect(send()).resolves.toEqual({ ok: true });
    expect(stub.requests).toHaveLength(3);
  });

  it('reads the token again once after a 401, then gives up', async () => {
    const tokens = ['old', 'new', 'never'];
    const refusals: (string | undefined)[] = [];
    const getAccessToken = async (refused?: string) => {
      refusals.push(refused);
      return tokens.shift() ?? 'none';
    };
    stub.answer((request) => (request.headers.authorization === 'Bearer new' ? { json: {} } : { status: 401 }));
    await send({}, { credentials: createBearerCredentials(getAccessToken) });
    expect(stub.requests.map((request) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(refusals).toEqual([undefined, 'old']);
    stub.answer(() => ({ status: 401 }));
    await expect(send()).rejects.toMatchObject({ kind: 'unauthorized', retriable: false });
    expect(stub.requests).toHaveLength(4);
  });

  it.each([
    [400, 'invalid-request', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [413, 'invalid-request', false],
  ])('HTTP %i is %s', async (status, kind, retriable) => {
    stub.answer(() => ({ status, json: { error: { key: String(status), message: [{ description: 'Because.' }] } } }));
    await expect(send()).rejects.toMatchObject({ kind, retriable, statusCode: status });
    await expect(send()).rejects.toThrow(/Because\./);
    expect(stub.requests).toHaveLength(2);
  });

  it('does not repeat what must not be repeated', async () => {
    stub.answer(() => ({ status: 503 }));
    await expect(send({ retries: 'never' })).rejects.toMatchObject({ kind: 'unavailable', retriable: true });
    await expect(send({ retries: 'unprocessed' })).rejects.toMatchObject({ kind: 'unavailable' });
    expect(stub.requests).toHaveLength(2);
  });

  it('ends with a timeout when no answer comes, at the deadline', async () => {
    stub.answer(() => () => undefined);
    const options = { timeouts: { headersMs: 60_000, deadlineMs: 200 } };
    await expect(send({}, options)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it.each([
    ['no answer begins', () => undefined],
    ['an answer stops in the middle', (response: ServerResponse) => void response.writeHead(200).write('{"half":')],
  ])('tries again within the deadline when %s', async (_, stall) => {
    const timeouts = { headersMs: 100, bodyMs: 100, deadlineMs: 60_000 };
    stub.answer((_, index) => (index === 0 ? stall : { json: { ok: true } }));
    await expect(send({}, { timeouts })).resolves.toEqual({ ok: true });
    expect(stub.requests).toHaveLength(2);
    stub.answer(() => stall);
    await expect(send({ retries: 'never' }, { timeouts })).rejects.toMatchObject({ kind: 'timeout', retriable: true });
  });

  it('throws the signal’s reason when aborted, in flight or between attempts', async () => {
    const stop = new AbortController();
    stub.answer(() => () => stop.abort(new Error('stopping')));
    await expect(send({ signal: stop.signal })).rejects.toThrow('stopping');
    const later = new AbortController();
    stub.answer(() => ({ status: 429, headers: { 'retry-after': '30' } }));
    setTimeout(() => later.abort(new Error('enough')), 50);
    await expect(send({ signal: later.signal })).rejects.toThrow('enough');
  });

  it('follows no redirect', async () => {
    stub.answer(() => ({ status: 302, headers: { location: `${stub.url}/elsewhere` } }));
    await expect(send()).rejects.toMatchObject({ kind: 'invalid-answer', statusCode: 302 });
    expect(stub.requests).toHaveLength(1);
  });

  it('refuses what is not JSON', async () => {
    stub.answer(() => ({ body: '<html>proxy</html>' }));
    await expect(send({}, { timeouts: { deadlineMs: 200 } })).rejects.toMatchObject({ kind: 'invalid-answer' });
  });

  it.each([400, 200])(
    'keeps tokens, secrets and query strings out of errors although the server echoes them (HTTP %i)',
    async (status) => {
      const description = `Bearer ${TOKEN} form-secret-1 https://store.example/x?X-Amz-Signature=abc123`;
      // A fault's text is cut: the secret at the cut must go whole.
      const message = `${'x'.repeat(292)} form-secret-1`;
      stub.answer(() => ({ status, json: { errors: [{ description }, { message }] } }));
      const error = await send({ secrets: ['form-secret-1'], retries: 'never' }).catch((caught) => caught);
      for (const secret of [TOKEN, 'form-s', 'abc123']) expect(messageOf(error)).not.toContain(secret);
    },
  );

  it('sends nothing to a host that is not allowed', async () => {
    const hosts = { allowedHosts: ['api.wxcc-us1.cisco.com'], allowPrivateAddresses: true };
    const error = await send({}, { hosts }).catch((caught) => caught);
    expect(error).toMatchObject({ kind: 'host-not-allowed', retriable: false });
    expect(error.message).toContain(`Add "${stub.host}"`);
    expect(stub.requests).toHaveLength(0);
    expect(quota.acquired).toHaveLength(0);
  });

  it('refuses a name that resolves to a private address when connecting', async () => {
    const port = new URL(stub.url).port;
    const hosts = { allowedHosts: [`localhost:${port}`], allowPrivateAddresses: false };
    await expect(send({ url: `https://localhost:${port}/` }, { hosts })).rejects.toMatchObject({
      kind: 'host-not-allowed',
    });
    expect(stub.requests).toHaveLength(0);
  });
});
