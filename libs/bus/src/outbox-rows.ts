import { type Span, SpanKind } from '@opentelemetry/api';
import type { TopicName } from '@wxcc-wfo/contracts';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import type { Message } from 'kafkajs';
import type { Pool } from 'pg';
import { encodeHeaders } from './cloud-event.ts';
import { tracer } from './telemetry.ts';
import { contextOf, isSampled, parseTraceHeaders, traceHeadersOf } from './trace-context.ts';

export interface OutboxRow {
  id: string;
  topic: TopicName;
  /** Null: written by a version before types were kept. */
  type: string | null;
  key: string;
  event_id: string;
  blob_id: string | null;
  /** Its JSON in UTF-8; a part of memory that all rows of a turn share. */
  value: Buffer;
  traceparent: string | null;
  tracestate: string | null;
  tenant_id: string;
  acd_id: string;
  created_at_ms: string;
}

// kafkajs puts all records of a partition into one record batch, and the broker refuses batches beyond 1 MiB.
const MAX_REQUEST_BYTES = 500_000;
const RECORD_OVERHEAD_BYTES = 700;
/** Bounds what one turn holds in memory; kafkajs copies it several times. */
const MAX_TURN_BYTES = 1_200_000;

interface StoredRow extends Omit<OutboxRow, 'value'> {
  value: string;
}

const READ = prepared(
  `SELECT id::text, topic, type, key, event_id, blob_id, value, traceparent, tracestate, tenant_id, acd_id,
          created_at_ms::text
   FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY id) - octet_length(value) AS before
         FROM (SELECT * FROM outbox WHERE shard = $1 ORDER BY id LIMIT $2) AS next) AS sized
   WHERE before < $3 ORDER BY sized.id`,
);

/**
 * The next rows of a shard in the order of their ids, bounded in number and bytes. `giveBackValues` frees what they hold:
 * as texts they would wait for the broker among the garbage that V8 collects rarely.
 */
export async function readRows(pool: Pool, shard: number, limit: number): Promise<OutboxRow[]> {
  const { rows } = await pool.query<StoredRow>(READ, [shard, limit, MAX_TURN_BYTES]);
  const memory = Buffer.allocUnsafeSlow(rows.reduce((sum, row) => sum + Buffer.byteLength(row.value), 0));
  let end = 0;
  return rows.map((row) => {
    const begin = end;
    end += memory.write(row.value, begin);
    return { ...row, value: memory.subarray(begin, end) };
  });
}

/** Whether a turn took as much as it may, so that there is probably more. */
export function isFullTurn(rows: readonly OutboxRow[], limit: number): boolean {
  return rows.length >= limit || rows.reduce((sum, row) => sum + row.value.length, 0) >= MAX_TURN_BYTES;
}

/** Splits rows, in order, into what one request may hold. */
export function* partsOf(rows: OutboxRow[]): Generator<OutboxRow[]> {
  let part: OutboxRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.value.length + row.key.length * 2 + RECORD_OVERHEAD_BYTES;
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

/** The record of a row. If its trace is sampled a producer span is begun, that the caller ends with the broker's answer. */
export function toMessage(
  row: OutboxRow,
  o: { publicUrl: string | undefined; publisher: string; spans: Span[] },
): Message {
  const { publicUrl, spans } = o;
  if (row.blob_id && !publicUrl) {
    throw new Error(
      `An event of '${row.topic}' is larger than 900 kB and siblings would not know where to read it: it waits until PUBLIC_URL of this service is set.`,
    );
  }
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
  const dataref = row.blob_id ? `${publicUrl?.replace(/\/$/, '')}/v1/event-blobs/${row.blob_id}` : null;
  return {
    key: row.key,
    value: row.value,
    timestamp: row.created_at_ms,
    headers: encodeHeaders({
      topic: row.topic,
      type: row.type,
      publisher: o.publisher,
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
