import { type Context, type Link, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { describeError } from './failure-policy.ts';
import type { Position } from './positions.ts';
import type { Decoded } from './received-event.ts';
import { tracer } from './telemetry.ts';
import { contextOfSpan, isSampled } from './trace-context.ts';

export interface BatchSpans {
  context: Context;
  fail(error: unknown): void;
  end(): void;
}

const MAX_LINKS = 128;

/** A span of the batch that links to its causes, and one per sampled event that continues the event's own trace. */
export function startBatchSpans(
  position: Pick<Position, 'topic' | 'partition'>,
  decoded: readonly Decoded[],
): BatchSpans {
  const started: Span[] = [];
  const links: Link[] = [];
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': position.topic,
    'messaging.destination.partition.id': String(position.partition),
  };
  for (const d of decoded) {
    if (d.kind !== 'event') continue;
    // Not of `event.context`: on a second attempt that is the span of the first.
    const cause = trace.getSpanContext(d.cause);
    if (!isSampled(cause)) continue;
    if (links.length < MAX_LINKS) links.push({ context: cause });
    const span = tracer().startSpan(
      `${position.topic} process`,
      { kind: SpanKind.CONSUMER, attributes: { ...attributes, 'messaging.message.id': d.event.eventId } },
      d.cause,
    );
    if (!span.isRecording()) continue;
    started.push(span);
    d.event = { ...d.event, context: contextOfSpan(span) };
  }
  const batch = tracer().startSpan(`${position.topic} process batch`, {
    kind: SpanKind.CONSUMER,
    links,
    root: true,
    attributes: { ...attributes, 'messaging.batch.message_count': decoded.length },
  });
  started.push(batch);
  return {
    context: contextOfSpan(batch),
    fail(error: unknown) {
      for (const span of started)
        span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error).slice(0, 200) });
    },
    end() {
      for (const span of started) span.end();
    },
  };
}
