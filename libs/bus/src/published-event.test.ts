import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { accessMigrationsFolder, createAccessControl, createApp, createLogger, newApiKey } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import {
  appendEvents,
  createConsumer,
  createRelay,
  done,
  eventBlobRoutes,
  InvalidEventError,
  OUTBOX_SHARDS,
  type ReceivedEvent,
  retry,
  shardOf,
} from './index.ts';
import { acdChanged } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';
import { readTopic } from './testing/read-topic.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
const ACD = '22222222-2222-4222-8222-222222222222';
const AT_MS = 1_795_000_000_000;
const token = {
  tenantId: TENANT,
  acdId: ACD,
  version: 3,
  occurredAtMs: AT_MS,
  accessTokenExpiresAtMs: AT_MS,
  refreshTokenExpiresAtMs: AT_MS,
};

const exporter = new InMemorySpanExporter();
let kit: LifecycleKit;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const migrations = [...subject.migrations, accessMigrationsFolder];
  kit = await createLifecycleKit(
    { ...subject, migrations, topics: ['token-refreshed', 'authorization-lost', 'acd-changed'] },
    '',
  );
});
afterAll(async () => {
  await kit?.close();
  trace.disable();
  context.disable();
});

describe('a published event', () => {
  it('is a CloudEvent in binary mode and continues the trace of the work that wrote it', async () => {
    const span = trace.getTracer('test').startSpan('work');
    await context.with(trace.setSpan(context.active(), span), () =>
      kit.publish([{ topic: 'token-refreshed', payload: token }]),
    );
    span.end();
    const [record] = await readTopic(kit.bus, 'token-refreshed');
    const producer = exporter.getFinishedSpans().find((s) => s.name === 'token-refreshed publish')!;
    const { traceId, spanId } = producer.spanContext();
    expect(record!.key).toBe(ACD);
    expect(JSON.parse(record!.value)).toEqual(token);
    expect(record!.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: expect.stringMatching(/^[\da-f-]{36}$/),
      ce_source: '/wxcc-wfo/oauth',
      ce_type: 'wxcc-wfo.token-refreshed.v1',
      ce_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ce_subject: ACD,
      ce_tenantid: TENANT,
      ce_acdid: ACD,
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${spanId}-01`,
    });
    expect(traceId).toBe(span.spanContext().traceId);
    expect(producer.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
    // The wait in the outbox is part of the span.
    expect(producer.startTime[0] * 1_000 + producer.startTime[1] / 1e6).toBeCloseTo(
      Date.parse(record!.headers.ce_time!),
      0,
    );
  });

  it('gives each consumed message a span of its own trace, and the batch a span that links to its causes', async () => {
    exporter.reset();
    const seen: ReceivedEvent[] = [];
    let batchTrace: string | undefined;
    const consumer = createConsumer({
      bus: kit.bus,
      pool: kit.pool,
      groupId: 'traced',
      logger: testLogger,
      handlers: {
        'token-refreshed': async (events) => {
          batchTrace = trace.getSpanContext(context.active())?.traceId;
          seen.push(...events);
          return events.map(() => done);
        },
      },
    });
    await consumer.start();
    await consumer.caughtUp();
    await consumer.stop();
    const [record] = await readTopic(kit.bus, 'token-refreshed');
    const spans = exporter.getFinishedSpans();
    const message = spans.find((s) => s.name === 'token-refreshed process')!;
    const batch = spans.find((s) => s.name === 'token-refreshed process batch')!;
    const [, traceId, spanId] = record!.headers.traceparent!.split('-');
    expect(message.spanContext().traceId).toBe(traceId);
    expect(message.parentSpanContext?.spanId).toBe(spanId);
    expect(batch.links.map((l) => l.context.spanId)).toEqual([spanId]);
    expect(batchTrace).toBe(batch.spanContext().traceId);
    expect(batchTrace).not.toBe(traceId);
    expect(trace.getSpanContext(seen[0]!.context)?.spanId).toBe(message.spanContext().spanId);
    expect(seen[0]).toMatchObject({ eventId: record!.headers.ce_id, key: ACD, payload: token });
    expect(seen[0]!.occurredAtMs).toBe(Date.parse(record!.headers.ce_time!));
  });

  it('keeps its trace on a second attempt, and when it is handled again from a row', async () => {
    exporter.reset();
    const contexts: (string | undefined)[] = [];
    const consumer = createConsumer({
      bus: kit.bus,
      pool: kit.pool,
      groupId: 'traced-again',
      logger: testLogger,
      retry: { attempts: 8, firstMs: 20, maxMs: 20 },
      handlers: {
        'token-refreshed': async (events) => {
          contexts.push(trace.getSpanContext(events[0]!.context)?.spanId);
          if (contexts.length === 1) throw Object.assign(new Error('deadlock'), { code: '40P01' });
          return events.map(() => (contexts.length === 2 ? retry(new Error('not yet')) : done));
        },
      },
    });
    await consumer.start();
    await waitFor('the third attempt', () => contexts.length === 3);
    await consumer.stop();
    const [record] = await readTopic(kit.bus, 'token-refreshed');
    const [, traceId, spanId] = record!.headers.traceparent!.split('-');
    const spans = exporter.getFinishedSpans();
    const messages = spans.filter((s) => s.name === 'token-refreshed process');
    expect(messages.map((s) => s.parentSpanContext?.spanId)).toEqual([spanId, spanId, spanId]);
    expect(messages.map((s) => s.spanContext().traceId)).toEqual([traceId, traceId, traceId]);
    expect(contexts).toEqual(messages.map((s) => s.spanContext().spanId));
    const batches = spans.filter((s) => s.name === 'token-refreshed process batch');
    expect(batches.map((s) => s.links.map((l) => l.context.spanId))).toEqual([[spanId], [spanId], [spanId]]);
  });

  it('that breaks its contract is refused when it is written, and names the field', async () => {
    const broken = { topic: 'token-refreshed' as const, payload: { ...token, version: 0 } };
    await expect(appendEvents(kit.pool, [{ topic: 'token-refreshed', payload: token }, broken])).rejects.toThrow(
      InvalidEventError,
    );
    await expect(appendEvents(kit.pool, [broken])).rejects.toThrow(/token-refreshed.*version/);
    expect((await kit.pool.query('SELECT 1 FROM outbox')).rows).toEqual([]);
  });

  it('keeps its shard by its key, and is written with its batch in one statement, in order', async () => {
    const statements: string[] = [];
    const counting = {
      query(text: string, values?: readonly unknown[]) {
        statements.push(text);
        return kit.pool.query(text, values as unknown[]);
      },
    };
    const events = Array.from({ length: 50 }, (_, i) => ({
      topic: 'token-refreshed' as const,
      payload: { ...token, version: i + 1 },
    }));
    await appendEvents(counting as never, events);
    expect(statements).toHaveLength(1);
    const { rows } = await kit.pool.query(
      'DELETE FROM outbox RETURNING id::int, shard, (value::json->>$$version$$)::int AS version',
    );
    rows.sort((a, b) => a.id - b.id);
    expect(rows.map((r) => r.version)).toEqual(events.map((e) => e.payload.version));
    expect(new Set(rows.map((r) => r.shard))).toEqual(new Set([shardOf(ACD)]));
    expect(shardOf(ACD)).toBeLessThan(OUTBOX_SHARDS);
  });

  it('too large for the broker is kept by its publisher and read from there with the internal key', async () => {
    const [platform, own, foreign] = [newApiKey('internal'), newApiKey('own'), newApiKey('foreign')];
    const app = await createApp({
      service: 'test',
      version: '0',
      description: 'test',
      logger: createLogger({ name: 'test', level: 'silent' } as never),
      readiness: [],
      access: createAccessControl({
        pool: kit.pool,
        apiKeys: [
          { id: 'internal', sha256: platform.sha256, scopes: ['events:read'], tenantId: null },
          { id: 'own', sha256: own.sha256, scopes: ['events:read'], tenantId: TENANT },
          { id: 'foreign', sha256: foreign.sha256, scopes: ['events:read'], tenantId: randomUUID() },
        ],
      }),
    });
    await eventBlobRoutes(app, { pool: kit.pool });
    const publicUrl = await app.listen({ host: '127.0.0.1', port: 0 });
    const labels = Array.from({ length: 500 }, (_, i) => `${i} ${'ü'.repeat(1_000)}`);
    const payload = acdChanged({ tenantId: TENANT, acdId: ACD, revision: 1, labels });
    const small = acdChanged({ tenantId: TENANT, acdId: ACD, revision: 2 });
    const relay = createRelay({ bus: kit.bus, pool: kit.pool, logger: testLogger, publicUrl });
    const seen: ReceivedEvent<'acd-changed'>[] = [];
    const consumer = createConsumer({
      bus: kit.bus,
      pool: kit.pool,
      groupId: 'large',
      logger: testLogger,
      internalApiKey: platform.key,
      blobOrigins: [publicUrl],
      handlers: {
        'acd-changed': async (events) => {
          seen.push(...events);
          return events.map(() => done);
        },
      },
    });
    await appendEvents(kit.pool, [
      { topic: 'acd-changed', payload },
      { topic: 'acd-changed', payload: small },
    ]);
    // Nobody could read it: it waits, and those behind it.
    const said: string[] = [];
    const logger = { ...testLogger, warn: (o: object) => said.push((o as { reason?: string }).reason ?? '') };
    const withoutAddress = createRelay({ bus: kit.bus, pool: kit.pool, logger });
    await withoutAddress.start();
    await waitFor('what the operator is told', () => said.some((reason) => reason.includes('PUBLIC_URL')));
    await withoutAddress.stop();
    expect(await readTopic(kit.bus, 'acd-changed')).toEqual([]);
    await relay.start();
    await consumer.start();
    await waitFor('both revisions', () => seen.length === 2);
    expect(seen.map((e) => e.payload)).toEqual([payload, small]);
    const [record] = await readTopic(kit.bus, 'acd-changed');
    expect(record!.value).toBe('');
    expect(record!.headers.ce_dataref).toMatch(`${publicUrl}/v1/event-blobs/`);
    expect((await fetch(record!.headers.ce_dataref!)).status).toBe(401);
    const readBy = ({ key }: { key: string }) => fetch(record!.headers.ce_dataref!, { headers: { 'x-api-key': key } });
    expect(await (await readBy(own)).json()).toEqual(payload);
    expect((await readBy(foreign)).status).toBe(404);
    await consumer.stop();
    await relay.stop();
    await app.close();
  });
});
