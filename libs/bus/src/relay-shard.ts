import { setTimeout as delay } from 'node:timers/promises';
import { type Span, SpanKind } from '@opentelemetry/api';
import type { TopicName } from '@wxcc-wfo/contracts';
import { type Message, Partitioners, type Producer } from 'kafkajs';
import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import { encodeHeaders } from './cloud-event.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import { busMetrics, tracer } from './telemetry.ts';
import { contextOf, isSampled, parseTraceHeaders, traceHeadersOf } from './trace-context.ts';

export interface ShardRelayOptions {
  bus: Bus;
  pool: Pool;
  logger: Logger;
  shard: number;
  /** performance.now() until which the lease is ours. */
  validUntilMs: number;
  batchSize: number;
  pollMs: number;
  sendDeadlineMs: number;
  publicUrl: string | undefined;
  onStep?: ((step: RelayStep, shard: number) => Promise<void> | void) | undefined;
}
export type RelayStep = 'balancing' | 'leased' | 'fenced-in' | 'read' | 'sent' | 'committed' | 'deleted';

export interface ShardRelay {
  wake(): void;
  renew(validUntilMs: number): void;
  ended(): boolean;
  stop(): Promise<void>;
}

interface OutboxRow {
  id: string;
  topic: TopicName;
  key: string;
  event_id: string;
  blob_id: string | null;
  value: string;
  traceparent: string | null;
  tracestate: string | null;
  tenant_id: string;
  acd_id: string;
  created_at_ms: string;
}

// kafkajs puts all records of a partition into one record batch, and the broker refuses batches beyond 1 MiB.
const MAX_REQUEST_BYTES = 900_000;
const RECORD_OVERHEAD_BYTES = 700;
/** Bounds what one turn holds in memory. */
const MAX_TURN_BYTES = 8_000_000;

/** Relays one shard for as long as its lease is renewed and nobody fences it. */
export function createShardRelay(o: ShardRelayOptions): ShardRelay {
  let validUntilMs = o.validUntilMs;
  let stopping = false;
  let ended = false;
  let pending = true;
  let wakeUp: () => void = () => undefined;
  let producer: Producer | undefined;
  let failures = 0;

  const isOurs = () => !stopping && performance.now() < validUntilMs;
  const step = async (name: RelayStep) => {
    if (o.onStep) await o.onStep(name, o.shard);
  };

  async function discardProducer(): Promise<void> {
    const old = producer;
    producer = undefined;
    await old?.disconnect().catch(() => undefined);
  }

  /**
   * A transactional id per shard: making the producer fences every older one, which also ends its open transaction.
   * The rows are read only afterwards, so a paused owner that wakes can't send what it read before.
   */
  async function fencedProducer(): Promise<Producer> {
    if (producer) return producer;
    const made = o.bus.createKafka().producer({
      transactionalId: `${o.bus.prefix}${o.bus.clientId}-outbox-${o.shard}`,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: Math.max(30_000, o.sendDeadlineMs + 5_000),
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 5, maxRetryTime: 500, retries: 12 },
    });
    try {
      await made.connect();
      const transaction = await made.transaction();
      await transaction.abort();
    } catch (error) {
      await made.disconnect().catch(() => undefined);
      throw error;
    }
    producer = made;
    await step('fenced-in');
    return made;
  }

  async function turn(): Promise<number> {
    const sender = await withDeadline(fencedProducer(), o.sendDeadlineMs, 'joining as transactional producer');
    const rows = await readRows(o.pool, o.shard, o.batchSize);
    if (rows.length === 0) return 0;
    await step('read');
    const spans: Span[] = [];
    try {
      await withDeadline(publish(sender, rows, spans), o.sendDeadlineMs, 'sending');
    } catch (error) {
      for (const span of spans) span.recordException(describeError(error));
      throw error;
    } finally {
      for (const span of spans) span.end();
    }
    await step('committed');
    await o.pool.query('DELETE FROM outbox WHERE id = ANY ($1::bigint[])', [rows.map((row) => row.id)]);
    await step('deleted');
    const perTopic = new Map<string, number>();
    for (const row of rows) perTopic.set(row.topic, (perTopic.get(row.topic) ?? 0) + 1);
    for (const [topic, n] of perTopic) busMetrics().bus_published_total.add(n, { topic });
    return rows.length;
  }

  async function publish(sender: Producer, rows: OutboxRow[], spans: Span[]): Promise<void> {
    const transaction = await sender.transaction();
    for (const part of partsOf(rows)) {
      const byTopic = new Map<string, Message[]>();
      for (const row of part) {
        const topic = o.bus.physicalTopic(row.topic);
        const messages = byTopic.get(topic);
        const message = toMessage(row, o, spans);
        if (messages) messages.push(message);
        else byTopic.set(topic, [message]);
      }
      await transaction.sendBatch({
        acks: -1,
        topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })),
      });
    }
    await step('sent');
    await transaction.commit();
  }

  async function run(): Promise<void> {
    await step('leased');
    while (!stopping) {
      if (!isOurs()) {
        // The database is away or we slept: wait for a renewal, send nothing.
        await sleepUntilWoken(50);
        continue;
      }
      pending = false;
      try {
        const sent = await turn();
        failures = 0;
        if (sent < o.batchSize && !pending) await sleepUntilWoken(o.pollMs);
      } catch (error) {
        // Whatever went wrong, the state of the producer is unknown: a new one begins from a known state.
        await discardProducer();
        if (isFenced(error)) {
          o.logger.warn({ shard: o.shard }, 'another relay took this shard over; this one lets go of it');
          break;
        }
        failures += 1;
        busMetrics().bus_publish_failures_total.add(1);
        const reason = describeError(error);
        o.logger.warn(
          { shard: o.shard, reason, failures },
          'events could not be published; their rows stay and are sent again',
        );
        await sleepUntilWoken(backoffMs(failures, { firstMs: 50, maxMs: 5_000 }), false);
      }
    }
    await discardProducer();
    ended = true;
  }

  function sleepUntilWoken(ms: number, wakeable = true): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (wakeable) wakeUp = wake;
      else
        wakeUp = () => {
          if (stopping) wake();
        };
    });
  }

  const finished = run().catch((error: unknown) => {
    ended = true;
    o.logger.error({ shard: o.shard, reason: describeError(error) }, 'the relay of a shard ended unexpectedly');
  });

  return {
    wake() {
      pending = true;
      wakeUp();
    },
    renew(until) {
      validUntilMs = until;
    },
    ended: () => ended,
    async stop() {
      stopping = true;
      wakeUp();
      await finished;
    },
  };
}

async function readRows(pool: Pool, shard: number, limit: number): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>(
    `SELECT id::text, topic, key, event_id, blob_id, value, traceparent, tracestate, tenant_id, acd_id,
            created_at_ms::text
     FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY id) - octet_length(value) AS before
           FROM (SELECT * FROM outbox WHERE shard = $1 ORDER BY id LIMIT $2) AS next) AS sized
     WHERE before < $3 ORDER BY sized.id`,
    [shard, limit, MAX_TURN_BYTES],
  );
  return rows;
}

function* partsOf(rows: OutboxRow[]): Generator<OutboxRow[]> {
  let part: OutboxRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = Buffer.byteLength(row.value) + row.key.length * 2 + RECORD_OVERHEAD_BYTES;
    if (part.length > 0 && bytes + size > MAX_REQUEST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function toMessage(row: OutboxRow, o: ShardRelayOptions, spans: Span[]): Message {
  let traced = { traceparent: row.traceparent, tracestate: row.tracestate };
  const parent = parseTraceHeaders(traced);
  if (isSampled(parent)) {
    // Begins when the row was written, so that its wait in the outbox is part of the span.
    const span = tracer().startSpan(
      `${row.topic} publish`,
      {
        kind: SpanKind.PRODUCER,
        startTime: Number(row.created_at_ms),
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'send',
          'messaging.destination.name': row.topic,
          'messaging.message.id': row.event_id,
          'wfo.tenant_id': row.tenant_id,
          'wfo.acd_id': row.acd_id,
        },
      },
      contextOf(parent),
    );
    spans.push(span);
    const continued = traceHeadersOf(span.spanContext());
    if (continued.traceparent) traced = continued;
  }
  const dataref = row.blob_id ? `${(o.publicUrl ?? '').replace(/\/$/, '')}/v1/event-blobs/${row.blob_id}` : null;
  return {
    key: row.key,
    value: row.value,
    timestamp: row.created_at_ms,
    headers: encodeHeaders({
      topic: row.topic,
      key: row.key,
      eventId: row.event_id,
      occurredAtMs: Number(row.created_at_ms),
      tenantId: row.tenant_id,
      acdId: row.acd_id,
      dataref,
      ...traced,
    }),
  };
}

async function withDeadline<R>(work: Promise<R>, ms: number, what: string): Promise<R> {
  const cancel = new AbortController();
  work.catch(() => undefined);
  const late = delay(ms, undefined, { signal: cancel.signal }).then(() => {
    throw new Error(`The broker did not answer within ${ms} ms while ${what}.`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel.abort();
  }
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'TRANSACTIONAL_ID_FENCED']);

function isFenced(error: unknown): boolean {
  for (let e = error as { type?: string; cause?: unknown; message?: string } | undefined; e; e = e.cause as typeof e) {
    if (e.type && FENCED.has(e.type)) return true;
    if (/old epoch|fenced/i.test(e.message ?? '')) return true;
  }
  return false;
}
