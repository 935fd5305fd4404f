import { EVENT_DEFINITIONS, type TopicName } from '@wxcc-wfo/contracts';
import type { IHeaders } from 'kafkajs';

/** What the headers of a record say (CloudEvents 1.0, Kafka binary mode). */
export interface CloudEventHeaders {
  eventId: string;
  type: string;
  timeMs: number | null;
  tenantId: string | null;
  acdId: string | null;
  dataref: string | null;
  traceparent: string | null;
  tracestate: string | null;
}

export interface EventIdentity {
  /** May be one that only a newer version of this service knows; then `type` must be given. */
  topic: string;
  /** As the event's writer knew it; null: as this version knows it. */
  type: string | null;
  /** The service that publishes, should this version not know the topic. */
  publisher: string;
  key: string;
  eventId: string;
  occurredAtMs: number;
  tenantId: string;
  acdId: string;
  dataref?: string | null;
  traceparent: string | null;
  tracestate: string | null;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * The headers of a record in binary mode; its source comes from the contract of the topic.
 * @throws TypeError if neither the event nor this version knows its type
 */
export function encodeHeaders(e: EventIdentity): Record<string, string> {
  const definition = (EVENT_DEFINITIONS as Partial<Record<string, (typeof EVENT_DEFINITIONS)[TopicName]>>)[e.topic];
  const type = e.type ?? definition?.type;
  if (type === undefined) throw new TypeError(`The type of events of topic '${e.topic}' is not known.`);
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: e.eventId,
    ce_source: `/wxcc-wfo/${definition?.publisher ?? e.publisher}`,
    ce_type: type,
    ce_time: new Date(e.occurredAtMs).toISOString(),
    ce_subject: e.key,
    ce_tenantid: e.tenantId,
    ce_acdid: e.acdId,
    'content-type': 'application/json',
  };
  if (e.dataref) headers.ce_dataref = e.dataref;
  if (e.traceparent) headers.traceparent = e.traceparent;
  if (e.tracestate) headers.tracestate = e.tracestate;
  return headers;
}

/** Reads the headers leniently: ids that aren't UUIDs and times that aren't times become null. */
export function decodeHeaders(headers: IHeaders | undefined): CloudEventHeaders {
  const tenantId = headerText(headers, 'ce_tenantid');
  const acdId = headerText(headers, 'ce_acdid');
  const time = headerText(headers, 'ce_time');
  const timeMs = time === null ? Number.NaN : Date.parse(time);
  return {
    eventId: headerText(headers, 'ce_id') ?? '',
    type: headerText(headers, 'ce_type') ?? '',
    timeMs: Number.isFinite(timeMs) ? timeMs : null,
    tenantId: tenantId !== null && UUID.test(tenantId) ? tenantId : null,
    acdId: acdId !== null && UUID.test(acdId) ? acdId : null,
    dataref: headerText(headers, 'ce_dataref'),
    traceparent: headerText(headers, 'traceparent'),
    tracestate: headerText(headers, 'tracestate'),
  };
}

/** One header as text; the last one if it is repeated, null if it is missing. */
export function headerText(headers: IHeaders | undefined, name: string): string | null {
  const value = headers?.[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? null : typeof last === 'string' ? last : last.toString('utf8');
}
