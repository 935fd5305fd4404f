import { type Context, createTraceState, ROOT_CONTEXT, type Span, type SpanContext, trace } from '@opentelemetry/api';

// Written out instead of the global propagator: the chain must hold in a process without an SDK, too.
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-|$)/;
const SAMPLED = 1;

export interface TraceHeaders {
  traceparent: string | null;
  tracestate: string | null;
}

/** W3C trace context of a span context; nulls when there is none. */
export function traceHeadersOf(spanContext: SpanContext | undefined): TraceHeaders {
  if (!spanContext || !trace.isSpanContextValid(spanContext)) return { traceparent: null, tracestate: null };
  const flags = (spanContext.traceFlags & 0xff).toString(16).padStart(2, '0');
  return {
    traceparent: `00-${spanContext.traceId}-${spanContext.spanId}-${flags}`,
    tracestate: spanContext.traceState?.serialize() || null,
  };
}

/** The span context that a `traceparent` names, or undefined if it is missing or malformed. */
export function parseTraceHeaders(headers: TraceHeaders): SpanContext | undefined {
  const match = headers.traceparent ? TRACEPARENT.exec(headers.traceparent) : null;
  if (!match) return undefined;
  const spanContext: SpanContext = {
    traceId: match[1]!,
    spanId: match[2]!,
    traceFlags: Number.parseInt(match[3]!, 16),
    isRemote: true,
    ...(headers.tracestate ? { traceState: createTraceState(headers.tracestate) } : {}),
  };
  return trace.isSpanContextValid(spanContext) ? spanContext : undefined;
}

export function isSampled(spanContext: SpanContext | undefined): spanContext is SpanContext {
  return spanContext !== undefined && (spanContext.traceFlags & SAMPLED) !== 0;
}

export function contextOf(spanContext: SpanContext | undefined): Context {
  return spanContext ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

export function contextOfSpan(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}
