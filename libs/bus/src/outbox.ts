import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { context, trace } from '@opentelemetry/api';
import { checkEvent, EVENT_DEFINITIONS, type EventOf, type TopicName } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { jsonColumn, jsonColumnSql } from '@wxcc-wfo/service-kit/json-column';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import { type TraceHeaders, traceHeadersOf } from './trace-context.ts';

/** Into how many shards the outbox of a service is split; at most so many replicas relay at once. */
export const OUTBOX_SHARDS = 4;
/** Values beyond this go to `event_blob`: Kafka's default bound of a record is 1 MiB, headers included. */
export const MAX_VALUE_BYTES = 900_000;

export type OutgoingEvent<T extends TopicName = TopicName> = T extends TopicName
  ? {
      topic: T;
      payload: EventOf<T>;
      /** Of whose work this event is; default: the active span. */
      traceContext?: TraceHeaders;
    }
  : never;

/** An event that breaks its own contract: a fault of the publishing service, the transaction must not commit. */
export class InvalidEventError extends Error {
  override name = 'InvalidEventError';
  readonly problems: string[];
  constructor(topic: TopicName, problems: string[]) {
    super(`An event for topic '${topic}' breaks its contract and was not published: ${problems.join('; ')}.`);
    this.problems = problems;
  }
}

/** The shard of a key; the same key always goes through the same shard, which keeps its order. */
export function shardOf(key: string): number {
  return crc32(key) % OUTBOX_SHARDS;
}

/**
 * Puts events into the outbox, in their order, inside the caller's transaction: they are published if and only if it
 * commits (rule 2). Call it while holding the row lock of the thing that the events speak of, so that the order of
 * ids is the order of changes. One statement for any number of events; one more if some are larger than 900 kB.
 * @throws InvalidEventError if a payload breaks the contract of its topic
 */
export async function appendEvents(tx: SqlClient, events: readonly OutgoingEvent[]): Promise<void> {
  if (events.length === 0) return;
  const active = traceHeadersOf(trace.getSpanContext(context.active()));
  const now = Date.now();
  const c = {
    shard: [],
    topic: [],
    type: [],
    key: [],
    id: [],
    blob: [],
    value: [],
    parent: [],
    state: [],
    tenant: [],
    acd: [],
  } as {
    shard: number[];
    topic: string[];
    type: string[];
    key: string[];
    id: string[];
    blob: (string | null)[];
    value: string[];
    parent: (string | null)[];
    state: (string | null)[];
    tenant: string[];
    acd: string[];
  };
  const blobs: { id: string; topic: string; value: string; tenant: string; acd: string }[] = [];
  for (const event of events) {
    const checked = checkEvent(event.topic, event.payload);
    if (!checked.ok) throw new InvalidEventError(event.topic, checked.problems);
    const { tenantId, acdId } = event.payload;
    const definition = EVENT_DEFINITIONS[event.topic];
    const key = (definition.key as (payload: unknown) => string)(event.payload);
    let value = JSON.stringify(event.payload);
    let blobId: string | null = null;
    if (value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      blobId = randomUUID();
      blobs.push({ id: blobId, topic: event.topic, value, tenant: tenantId, acd: acdId });
      value = '';
    }
    const traced = event.traceContext ?? active;
    c.shard.push(shardOf(key));
    c.topic.push(event.topic);
    c.type.push(definition.type);
    c.key.push(key);
    c.id.push(randomUUID());
    c.blob.push(blobId);
    c.value.push(value);
    c.parent.push(traced.traceparent);
    c.state.push(traced.tracestate);
    c.tenant.push(tenantId);
    c.acd.push(acdId);
  }
  for (const b of blobs) {
    await tx.query(
      'INSERT INTO event_blob (id, topic, value, tenant_id, acd_id, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6)',
      [b.id, b.topic, b.value, b.tenant, b.acd, now],
    );
  }
  // The shards that have news are the notification; Postgres merges equal ones of a transaction.
  const shards = [...new Set(c.shard)].sort().join(',');
  await tx.query(INSERT, [
    c.shard,
    c.topic,
    c.key,
    c.id,
    c.blob,
    jsonColumn(c.value),
    c.parent,
    c.state,
    c.tenant,
    c.acd,
    now,
    shards,
    c.type,
  ]);
}

// ORDER BY keeps the ids in the order of the array.
const INSERT = prepared(`
  WITH inserted AS (
    INSERT INTO outbox (shard, topic, type, key, event_id, blob_id, value, traceparent, tracestate, tenant_id, acd_id, created_at_ms)
    SELECT shard, topic, type, key, event_id, blob_id, value, traceparent, tracestate, tenant_id, acd_id, $11::bigint
    FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], ${jsonColumnSql('$6')}, $7::text[], $8::text[], $9::uuid[], $10::uuid[], $13::text[])
      WITH ORDINALITY AS e(shard, topic, key, event_id, blob_id, value, traceparent, tracestate, tenant_id, acd_id, type, n)
    ORDER BY n
  )
  SELECT pg_notify('outbox_' || current_schema(), $12)`);
