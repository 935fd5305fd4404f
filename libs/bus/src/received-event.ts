import type { Context } from '@opentelemetry/api';
import { checkEvent, EVENT_DEFINITIONS, type EventOf, type TopicName } from '@wxcc-wfo/contracts';
import type { IHeaders } from 'kafkajs';
import { decodeHeaders } from './cloud-event.ts';
import { contextOf, parseTraceHeaders } from './trace-context.ts';

/** What every payload says of itself, and whatever is kept of one must go on to say. */
export interface OwnedPayload {
  tenantId: string;
  acdId: string;
}

/** What a handler keeps of an event; `text` is its JSON (see KeepingHandler). */
export type Keep = (payload: EventOf<TopicName>, text: string) => OwnedPayload;

/** One consumed event, checked against its contract. */
export interface ReceivedEvent<T extends TopicName = TopicName, P extends OwnedPayload = EventOf<T>> {
  topic: T;
  key: string;
  /** The event, or what its handler keeps of it. */
  payload: P;
  /** CloudEvents id; the same for every delivery of one event. */
  eventId: string;
  occurredAtMs: number;
  partition: number;
  offset: string;
  /** Continues the trace of the event's own work; hand it to what the event causes (outbox rows, job rows). */
  context: Context;
}

/** An event that was handled: of its payload only the owner is sure to be there. */
export type CommittedEvent = ReceivedEvent<TopicName, OwnedPayload>;

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

export type Decoded = ValidRecord | InvalidRecord;

export interface ValidRecord {
  kind: 'event';
  record: RawRecord;
  event: ReceivedEvent;
  /** The trace context that the event came with, whatever span handles it. */
  cause: Context;
  /** Why its handler could not make of it what it keeps; undefined: it could, or was not asked yet. */
  failure: unknown;
}

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

/** The event of a record. Throws what its handler has thrown when it was to keep something of it. */
export function kept({ event, failure }: ValidRecord): ReceivedEvent {
  if (failure !== undefined) throw failure;
  return event;
}

/** Makes the payload what its handler keeps of it. Never throws: a failure is the event's, and shows in `kept`. */
export function keepOf(valid: ValidRecord, keep: Keep, text: string): void {
  const { event } = valid;
  let owned: OwnedPayload;
  try {
    owned = keep(event.payload, text);
  } catch (error) {
    owned = { tenantId: event.payload.tenantId, acdId: event.payload.acdId };
    valid.failure = error ?? new Error('The handler threw nothing.');
  }
  // Whoever wrote `keep` knows its type, and nobody else reads it.
  event.payload = owned as EventOf<TopicName>;
}

/** Turns a record into an event, or says why it is none. Never throws. With `keep` the payload is what that makes of it. */
export async function decodeRecord(
  record: RawRecord,
  readBlob: BlobReader | undefined,
  keep: Keep | undefined,
): Promise<Decoded> {
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
  const valid: ValidRecord = {
    kind: 'event',
    record,
    cause,
    failure: undefined,
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
  if (keep) keepOf(valid, keep, text);
  return valid;
}
