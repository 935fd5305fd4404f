import { context, createContextKey } from '@opentelemetry/api';

/** Known to the service kit's propagator, which heeds it. */
const NO_TRACE_HEADERS = createContextKey('wxcc-wfo no trace headers');

/** Makes a call to somebody else's server: it is traced here, but neither our trace's id nor baggage goes out with it. */
export function withoutTraceHeaders<T>(call: () => T): T {
  return context.with(context.active().setValue(NO_TRACE_HEADERS, true), call);
}
