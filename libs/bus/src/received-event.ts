import type { Context } from '@opentelemetry/api';
import { checkEvent, EVENT_DEFINITIONS, type EventOf, type TopicName } from '@wxcc-wfo/contracts';
import type { IHeaders } from 'kafkajs';
import { decodeHeaders } from './cloud-event.ts';
import { contextOf, parseTraceHeaders } from './trace-context.ts';

/** One consumed event, checked against its contract. */
export interface ReceivedEvent<T extends TopicName = TopicName> {
  topic: T;
  key: string;
  payload: EventOf<T>;
  /** CloudEvents id; the same for every delivery of one event. */
  eventId: string;
  occurredAtMs: number;
  partition: number;
  offset: string;
  /** Continues the trace of the event's own work; hand it to what the event causes (outbox rows, job rows). */
  context: Context;
}

/** A record as the broker holds it, or as a dead letter kept it. */
export interface RawRecord {
  topic: TopicName;
  partition: number;
  offset: bigint;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  timestampMs: number;
}

export type Decoded =
  /** `cause`: the trace context that the event came with, whatever span handles it. */
  { kind: 'event'; record: RawRecord; event: ReceivedEvent; cause: Context } | InvalidRecord;

export interface InvalidRecord {
  kind: 'invalid';
  record: RawRecord;
  code: string;
  reason: string;
  /** What it refers to can't be read just now. */
  retryable: boolean;
  /** … and it is tried again for as long as that lasts. */
  endless: boolean;
  /** Its header and its value name different tenants, so it may be shown to none. */
  ownerless: boolean;
}

/** Reads what a `dataref` refers to. Throws BlobUnavailableError if trying again may help. */
export type BlobReader = (dataref: string) => Promise<string>;

export class BlobUnavailableError extends Error {
  override name = 'BlobUnavailableError';
  /** The publisher is away or busy, which is nobody's fault here; else it answers, and refuses. */
  readonly away: boolean;
  constructor(message: string, o: { away: boolean }) {
    super(message);
    this.away = o.away;
  }
}

/** Turns a record into an event, or says why it is none. Never throws. */
export async function decodeRecord(record: RawRecord, readBlob: BlobReader | undefined): Promise<Decoded> {
  const invalid = (code: string, reason: string, o: Partial<InvalidRecord> = {}): Decoded => ({
    kind: 'invalid',
    record,
    code,
    reason,
    retryable: false,
    endless: false,
    ownerless: false,
    ...o,
  });
  const headers = decodeHeaders(record.headers);
  const definition = EVENT_DEFINITIONS[record.topic];
  if (headers.type && headers.type !== definition.type) {
    return invalid('unknown-type', `The header ce_type is '${headers.type.slice(0, 100)}', not '${definition.type}'.`);
  }
  let text = record.value?.toString('utf8') ?? '';
  if (headers.dataref && text === '') {
    if (!readBlob)
      return invalid('blob-unreachable', 'The event refers to a blob and this consumer has no way to read it.');
    try {
      text = await readBlob(headers.dataref);
    } catch (error) {
      const unavailable = error instanceof BlobUnavailableError ? error : undefined;
      const again = { retryable: unavailable !== undefined, endless: unavailable?.away ?? false };
      return invalid('blob-unreachable', (error as Error).message, again);
    }
  }
  if (record.value === null) return invalid('no-value', 'The record has no value.');
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return invalid('not-json', 'The value is not JSON.');
  }
  const checked = checkEvent(record.topic, payload);
  if (!checked.ok) return invalid('contract-broken', checked.problems.join('; '));
  if (headers.tenantId !== null && headers.tenantId !== checked.event.tenantId) {
    const reason = 'The header ce_tenantid and the value name different tenants.';
    return invalid('contract-broken', reason, { ownerless: true });
  }
  const cause = contextOf(parseTraceHeaders(headers));
  return {
    kind: 'event',
    record,
    cause,
    event: {
      topic: record.topic,
      key: record.key?.toString('utf8') ?? '',
      payload: checked.event,
      eventId: headers.eventId,
      occurredAtMs: headers.timeMs ?? record.timestampMs,
      partition: record.partition,
      offset: record.offset.toString(),
      context: cause,
    },
  };
}
