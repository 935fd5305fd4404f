import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Type } from 'typebox';
import type { AccessControl } from './access.ts';
import { createApp, requireTenant } from './app.ts';
import type { App } from './app-type.ts';
import type { Caller } from './caller.ts';
import type { Lifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';
import { problem } from './problem.ts';

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff';
const tenantId = 'aaaaaaaa-0000-4000-8000-000000000000';
const lines: string[] = [];
const lifecycle: Lifecycle = { phase: 'running' };
let ready: string | null = null;

// Credentials have their own tests; here a key is its scope. What is under test is that the app asks.
const access: AccessControl = {
  prepare: async () => undefined,
  forget: () => undefined,
  async authenticate(headers): Promise<Caller> {
    const key = headers['x-api-key'];
    if (typeof key !== 'string') throw problem({ status: 401, code: 'credential-missing' });
    return { subject: 'key:test', tenantId: key.includes('platform') ? null : tenantId, scopes: key.split(' ') };
  },
  authorize(caller, scope) {
    if (!caller.scopes.includes(scope)) throw problem({ status: 403, code: 'scope-missing', detail: scope });
  },
};

async function build(): Promise<App> {
  const app = await createApp({
    service: 'demo',
    version: '1.2.3',
    description: 'A service <for> tests.',
    logger: createLogger({ service: 'demo', level: 'debug', destination: { write: (line) => void lines.push(line) } }),
    access,
    lifecycle,
    readiness: [{ name: 'thing', check: () => ready }],
    bodyLimit: 1_000,
    closeGraceMs: 50,
  });
  app.put(
    '/v1/things/:thingId',
    {
      config: { scope: 'things:write' },
      schema: {
        summary: 'Change a thing',
        params: Type.Object({ thingId: Type.String({ format: 'uuid' }) }),
        querystring: Type.Object({ times: Type.Integer({ default: 1, maximum: 9 }) }),
        body: Type.Object(
          { count: Type.Integer(), kind: Type.Optional(Type.Enum(['a', 'b'])) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ product: Type.Integer(), tenant: Type.String() }) },
      },
    },
    async (request) => ({ product: request.body.count * request.query.times, tenant: requireTenant(request) }),
  );
  const fail = (error: unknown) => () => {
    throw error;
  };
  const open = { config: { public: true } };
  app.post('/v1/nudges', open, async (request) => ({ had: request.body ?? null }));
  app.get('/v1/bug', open, fail(new TypeError('password is hunter2')));
  app.get('/v1/away', open, fail(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })));
  app.get(
    '/v1/teapot',
    open,
    fail(
      problem({ status: 409, code: 'conflict', detail: 'Changed.', remedy: 'Read again.', headers: { 'x-a': 'b' } }),
    ),
  );
  app.get('/v1/lib', open, fail(Object.assign(new Error('inner text'), { statusCode: 422 })));
  return app;
}

let app: App;
beforeAll(async () => {
  app = await build();
});
afterAll(() => app.close());

const put = (payload: unknown, o: { url?: string; headers?: Record<string, string> } = {}) =>
  app.inject({
    method: 'PUT',
    url: o.url ?? `/v1/things/${id}?times=3`,
    headers: { 'x-api-key': 'things:write', 'content-type': 'application/json', ...o.headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });

describe('access', () => {
  it('is refused by default: a route that says nothing about it cannot be registered', () => {
    const handler = async () => ({});
    expect(() => app.get('/v1/open', handler)).toThrow('The route GET /v1/open must have either config.scope');
    expect(() => app.get('/v1/open', { config: { scope: '' } }, handler)).toThrow('must have either');
    expect(() => app.get('/v1/open', { config: { scope: 'a:read', public: true } }, handler)).toThrow(
      'must have either',
    );
  });

  it('is asked for before the body is looked at', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/v1/things/x', payload: 'not json' });
    expect(answer.statusCode).toBe(401);
    expect((await put('nonsense', { headers: { 'x-api-key': 'things:read' } })).statusCode).toBe(403);
  });

  it('the tenant is the credential’s; a platform credential has none', async () => {
    expect((await put({ count: 2 })).json()).toEqual({ product: 6, tenant: tenantId });
    expect((await put({ count: 2 }, { headers: { 'x-api-key': 'things:write platform' } })).statusCode).toBe(403);
  });

  it('metrics need a scope on this port', async () => {
    expect((await app.inject('/metrics')).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { 'x-api-key': 'metrics:read' } })).statusCode).toBe(503);
  });
});

describe('errors are problem details (RFC 9457)', () => {
  it('a body that does not fit names every field, the reason and the remedy', async () => {
    const answer = await put({ count: '2', kind: 'c', extra: 1 });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      type: 'urn:wxcc-wfo:problem:invalid-request',
      status: 400,
      code: 'invalid-request',
      requestId: answer.headers['x-request-id'],
    });
    expect(answer.json().errors).toEqual(
      expect.arrayContaining([
        { field: 'body/extra', reason: "'extra' is not known here", remedy: "Leave out 'extra'." },
        { field: 'body/count', reason: 'is not of type integer', remedy: 'Give a value of type integer.' },
        { field: 'body/kind', reason: 'is none of the allowed values', remedy: 'Use one of a, b.' },
      ]),
    );
    expect(answer.json().errors).toHaveLength(3);
  });

  it('so does a path or a query', async () => {
    expect((await put({ count: 1 }, { url: '/v1/things/abc' })).json()).toMatchObject({ field: 'path/thingId' });
    expect((await put({ count: 1 }, { url: `/v1/things/${id}?times=10` })).json()).toMatchObject({
      field: 'query/times',
    });
    expect((await put({ count: 1 }, { url: `/v1/things/${id}` })).json()).toMatchObject({ product: 1 });
  });

  it.each([
    ['broken JSON', () => put('{"count":'), 400, 'invalid-request', 'body'],
    ['an empty body', () => put(''), 400, 'invalid-request', 'body'],
    ['a body beyond the limit', () => put({ count: 1, kind: 'x'.repeat(1_000) }), 413, 'payload-too-large', 'body'],
    [
      'another media type',
      () => put('a', { headers: { 'content-type': 'text/csv' } }),
      415,
      'unsupported-media-type',
      'headers/content-type',
    ],
    ['an unknown path', () => app.inject('/v1/nothing?token=abc'), 404, 'not-found', undefined],
    ['a path that is no path', () => app.inject('/v1/%zz'), 400, 'invalid-request', undefined],
    ['a database that is away', () => app.inject('/v1/away'), 503, 'unavailable', undefined],
    ['a library’s own error', () => app.inject('/v1/lib'), 422, 'invalid-request', undefined],
  ])('%s', async (_, ask, status, code, field) => {
    const answer = await ask();
    expect(answer.json()).toMatchObject({ status, code, remedy: expect.any(String), requestId: expect.any(String) });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().field).toBe(field);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).not.toContain('inner text');
  });

  it('a wrong method says which are right', async () => {
    const answer = await app.inject({ method: 'DELETE', url: `/v1/things/${id}` });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('PUT');
    expect(answer.json()).toMatchObject({ code: 'method-not-allowed', remedy: 'Use PUT.' });
  });

  it('a route’s own problem goes through with its headers', async () => {
    const answer = await app.inject('/v1/teapot');
    expect(answer.headers['x-a']).toBe('b');
    expect(answer.json()).toMatchObject({ status: 409, code: 'conflict', detail: 'Changed.', remedy: 'Read again.' });
  });

  it('an unexpected error shows nothing of itself, and is in the log under the request id', async () => {
    lines.length = 0;
    const answer = await app.inject('/v1/bug');
    expect(answer.json()).toEqual({
      type: 'urn:wxcc-wfo:problem:internal-error',
      title: expect.any(String),
      status: 500,
      code: 'internal-error',
      remedy: expect.any(String),
      requestId: answer.headers['x-request-id'],
    });
    const logged = lines.map((line) => JSON.parse(line)).find((line) => line.level === 'error');
    expect(logged).toMatchObject({ requestId: answer.headers['x-request-id'], err: { type: 'TypeError' } });
  });
});

it.each(['application/json', 'application/merge-patch+json'])(
  'no body is none where a route needs none, though %s is named',
  async (type) => {
    const answer = await app.inject({ method: 'POST', url: '/v1/nudges', headers: { 'content-type': type } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { had: null }]);
  },
);

describe('health', () => {
  it('/live and /ready need no credential, and /ready gives reasons', async () => {
    expect((await app.inject('/live')).statusCode).toBe(200);
    expect((await app.inject('/ready')).json()).toEqual({ ok: true, checks: [{ name: 'thing', ok: true }] });
    ready = 'Topic acd-changed is not read to its end.';
    const answer = await app.inject('/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json().checks[0]).toEqual({ name: 'thing', ok: false, reason: ready });
    ready = null;
  });

  it('/ready is 503 while stopping, /live is not', async () => {
    lifecycle.phase = 'stopping';
    expect((await app.inject('/ready')).statusCode).toBe(503);
    expect((await app.inject('/live')).statusCode).toBe(200);
    lifecycle.phase = 'running';
  });
});

describe('documentation', () => {
  it('is OpenAPI 3.1 with security, scope and problem details on every operation', async () => {
    const document = (await app.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'demo', version: '1.2.3' });
    expect(Object.keys(document.components.securitySchemes)).toEqual(['apiKey', 'bearer']);
    const operation = document.paths['/v1/things/{thingId}'].put;
    expect(operation.security).toEqual([{ apiKey: [] }, { bearer: [] }]);
    expect(operation.description).toBe('Needs the scope `things:write`.');
    expect(Object.keys(operation.responses)).toEqual(['200', 'default']);
    expect(operation.responses.default.content['application/problem+json'].schema.required).toContain('code');
    expect(document.paths['/v1/bug'].get.security).toEqual([]);
    expect(Object.keys(document.paths)).not.toContain('/live');
  });

  it('is a page that loads nothing from anywhere and escapes what it shows', async () => {
    const answer = await app.inject('/docs');
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.body).toContain('/v1/things/{thingId}');
    expect(answer.body).toContain('A service &#60;for&#62; tests.');
    expect(answer.body).not.toMatch(/<script|https?:\/\//);
  });
});

it('a log line of a request has its route, never its query', async () => {
  lines.length = 0;
  await app.inject('/v1/teapot?token=topsecret');
  expect(lines.join('')).toContain('"route":"/v1/teapot"');
  expect(lines.join('')).not.toContain('topsecret');
});

describe('what cannot be read as a request', () => {
  const raw = (url: URL, text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(url.port), url.hostname, () => socket.write(text));
      socket.on('data', (data) => {
        answer += data;
      });
      socket.once('close', () => resolve(answer));
      socket.once('error', reject);
    });

  it('gets problem details as well, and the server lives on', async () => {
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const nonsense = await raw(url, 'NONSENSE\r\n\r\n');
    expect(nonsense).toContain('HTTP/1.1 400 Bad Request');
    expect(JSON.parse(nonsense.split('\r\n\r\n')[1] as string)).toMatchObject({ status: 400, code: 'invalid-request' });
    const headers = await raw(url, `GET /live HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(headers).toContain('HTTP/1.1 431 ');
    expect((await fetch(new URL('/live', url))).status).toBe(200);
  });
});

it('closing does not wait for an answer that never ends', async () => {
  const streaming = await build();
  streaming.get('/v1/endless', { config: { public: true } }, (_request, reply) => {
    const endless = new Readable({ read() {} });
    endless.push('the first byte');
    return reply.send(endless);
  });
  const url = await streaming.listen({ host: '127.0.0.1', port: 0 });
  const answer = await fetch(`${url}/v1/endless`);
  const rest = answer.text().catch((error: Error) => error.name);
  await streaming.close();
  expect(await rest).toBe('TypeError');
});
