import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type SpawnedService, spawnService, testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { newApiKey } from './api-key.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const key = newApiKey('op');

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}
interface Export {
  resourceSpans: {
    resource: { attributes: Span['attributes'] };
    scopeSpans: { scope: { name: string }; spans: Span[] }[];
  }[];
}

/** A stand-in for a trace collector: what it was sent, as it was sent. */
async function collector(): Promise<{ url: string; bodies: string[]; close(): void }> {
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        bodies.push(body);
        response.setHeader('content-type', 'application/json').end('{}');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    bodies,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase('telemetry');
});
afterAll(() => database.close());

function start(env: Record<string, string>): SpawnedService {
  return spawnService({
    name: 'traced',
    entry: fileURLToPath(new URL('../fixtures/traced.ts', import.meta.url)),
    nodeOptions: ['--import', new URL('./telemetry.ts', import.meta.url).href],
    env: {
      DATABASE_URL: database.databaseUrl,
      REDIS_URL: testAddresses.redisUrl,
      API_KEYS: JSON.stringify([{ id: 'op', sha256: key.sha256, scopes: ['*'], tenantId: null }]),
      KEY: key.key,
      OTEL_SERVICE_NAME: 'traced',
      ...env,
    },
  });
}
const urlOf = (service: SpawnedService) =>
  waitFor(
    `the service to listen: ${service.output()}`,
    () => service.logs().find((line) => line.event === 'listening')?.url as string | undefined,
  );
const call = async (url: string) => {
  const traceparent = `00-${traceId}-${parentId}-01`;
  const answer = await fetch(`${url}/v1/outer`, { method: 'POST', headers: { 'x-api-key': key.key, traceparent } });
  expect(answer.status).toBe(200);
};

describe('traces of a real process', () => {
  let service: SpawnedService;
  let collected: Awaited<ReturnType<typeof collector>>;
  let url: string;
  const spans = () =>
    collected.bodies
      .flatMap((body) => (JSON.parse(body) as Export).resourceSpans)
      .flatMap((resource) => resource.scopeSpans)
      .flatMap(({ scope, spans: list }) => list.map((span) => ({ ...span, scope: scope.name })));

  beforeAll(async () => {
    collected = await collector();
    service = start({ OTEL_EXPORTER_OTLP_ENDPOINT: collected.url });
    url = await urlOf(service);
    await call(url);
    await fetch(`${url}/v1/bug?token=topsecret`);
    await waitFor('the spans', () => spans().some((span) => span.name === 'GET /v1/bug'));
  });
  afterAll(async () => {
    await service.kill();
    collected.close();
  });

  it('undici → fastify → ioredis → pg are one trace, each span under the one that caused it', () => {
    const mine = spans().filter((span) => span.traceId === traceId);
    const one = (scope: string, name: RegExp, parent?: string) => {
      const found = mine.find(
        (span) => span.scope.includes(scope) && name.test(span.name) && (!parent || span.parentSpanId === parent),
      );
      if (!found)
        throw new Error(`no ${scope} ${name} under ${parent} in ${JSON.stringify(mine.map((s) => [s.scope, s.name]))}`);
      return found;
    };
    const outer = one('@fastify/otel', /^POST \/v1\/outer$/, parentId);
    const client = one('undici', /^POST/, outer.spanId);
    const inner = one('@fastify/otel', /^POST \/v1\/inner\/:id$/, client.spanId);
    one('ioredis', /set/i, inner.spanId);
    one('pg', /SELECT/, inner.spanId);
    expect([outer.kind, client.kind, inner.kind]).toEqual([2, 3, 2]); // server, client, server
  });

  it('name the service', () => {
    const attributes = (JSON.parse(collected.bodies[0] as string) as Export).resourceSpans[0]?.resource.attributes;
    expect(attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'traced' } });
  });

  it('the trace’s id is on the log line of the work', () => {
    const line = service.logs().find((entry) => entry.msg === 'inside');
    expect(line).toMatchObject({ trace_id: traceId, span_id: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('hold no phone number, no query string, no credential and no path of this machine', () => {
    const everything = collected.bodies.join('\n');
    expect(everything).toContain('/v1/inner/1');
    for (const secret of ['4930123456789', 'topsecret', 'signature', key.key, 'p@ss', 'p%40ss', process.cwd()]) {
      expect(everything).not.toContain(secret);
    }
  });

  it('mark what failed', () => {
    expect(spans().find((span) => span.name === 'GET /v1/bug')?.status.code).toBe(2);
  });

  it('leave health checks out', async () => {
    await fetch(`${url}/live`);
    await fetch(`${url}/v1/bug`);
    await waitFor('the later span', () => spans().filter((span) => span.name === 'GET /v1/bug').length === 2);
    expect(JSON.stringify(spans())).not.toContain('/live');
  });

  it('metrics are served to Prometheus under their declared names', async () => {
    const answer = await fetch(`${url}/metrics`, { headers: { 'x-api-key': key.key } });
    const text = await answer.text();
    expect(text).toMatch(/^traced_calls_total\{kind="inner".*\} 1$/m);
    expect(text).toMatch(/^# HELP traced_calls_total Calls of the inner route\.$/m);
    expect(text).toMatch(/^traced_depth(\{.*\})? 7$/m);
    expect(text).toMatch(
      /^http_server_request_duration_seconds_bucket\{http_request_method="POST",http_route="\/v1\/inner\/:id",http_response_status_code="200".*le="0.005"/m,
    );
    expect(text).toContain('service_name="traced"');
    expect(text).not.toContain(process.cwd());
  });

  it('what is waiting is sent before the process ends', async () => {
    const before = spans().length;
    await fetch(`${url}/v1/bug`);
    expect((await service.kill()).code).toBe(0);
    expect(spans().length).toBeGreaterThan(before);
  });
});

describe('what goes out with a call', () => {
  it('is the trace’s id to our own services, nothing to others, and no baggage of a caller', async () => {
    const outside = createServer((request, response) => response.end(JSON.stringify(request.headers)));
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const service = start({ OUTSIDE: `http://127.0.0.1:${(outside.address() as { port: number }).port}` });
    const traceparent = `00-${traceId}-${parentId}-01`;
    const headers = { 'x-api-key': key.key, traceparent, tracestate: 'v=1', baggage: 'user=somebody' };
    const answer = await fetch(`${await urlOf(service)}/v1/outside`, { method: 'POST', headers });
    const [toOthers, toOurs] = (await answer.json()) as Record<string, string>[];
    expect(Object.keys(toOthers!)).toEqual(expect.not.arrayContaining(['traceparent', 'tracestate', 'baggage']));
    expect(toOurs!.traceparent).toContain(traceId);
    expect(toOurs).not.toHaveProperty('baggage');
    expect((await service.kill()).code).toBe(0);
    outside.close();
  });
});

describe('telemetry that is off', () => {
  it('without a collector no span is sent, but the trace’s id passes through to the log', async () => {
    const service = start({});
    await call(await urlOf(service));
    expect(service.logs().find((entry) => entry.msg === 'inside')).toMatchObject({ trace_id: traceId });
    expect((await service.kill()).code).toBe(0);
  });

  it('OTEL_SDK_DISABLED=true leaves nothing of it', async () => {
    const service = start({ OTEL_SDK_DISABLED: 'true' });
    const url = await urlOf(service);
    await call(url);
    expect(service.logs().find((entry) => entry.msg === 'inside')).not.toHaveProperty('trace_id');
    expect((await fetch(`${url}/metrics`, { headers: { 'x-api-key': key.key } })).status).toBe(503);
    expect((await service.kill()).code).toBe(0);
  });
});
