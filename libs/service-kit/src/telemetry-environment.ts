// What @opentelemetry/sdk-node would make of the standard OTEL_ variables, for the pieces that are used here: that
// package loads every exporter there is, gRPC and YAML with them, and costs each service 18 MB.
import { createContextKey, DiagConsoleLogger, diag, type TextMapPropagator } from '@opentelemetry/api';
import {
  CompositePropagator,
  diagLogLevelFromString,
  getNumberFromEnv,
  getStringFromEnv,
  getStringListFromEnv,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import * as resources from '@opentelemetry/resources';
import * as tracing from '@opentelemetry/sdk-trace';

/** OTEL_LOG_LEVEL: what the SDK itself has to say goes to the console from this level on. */
export function applyDiagnosticLevel(): void {
  const level = diagLogLevelFromString(getStringFromEnv('OTEL_LOG_LEVEL'));
  if (level !== undefined) diag.setLogger(new DiagConsoleLogger(), { logLevel: level });
}

/** OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and what OTEL_NODE_RESOURCE_DETECTORS names. */
export function resourceOfEnvironment(): resources.Resource {
  const known = {
    env: resources.envDetector,
    host: resources.hostDetector,
    os: resources.osDetector,
    process: resources.processDetector,
    serviceinstance: resources.serviceInstanceIdDetector,
  };
  const names = getStringListFromEnv('OTEL_NODE_RESOURCE_DETECTORS') ?? ['all'];
  if (names.includes('none')) return resources.defaultResource();
  const detectors = Object.entries(known).filter(([name]) => names.includes('all') || names.includes(name));
  warnOfUnknown('OTEL_NODE_RESOURCE_DETECTORS', names, ['all', ...Object.keys(known)]);
  const detected = resources.detectResources({ detectors: detectors.map(([, detector]) => detector) });
  return resources.defaultResource().merge(detected);
}

/** Set in the context of a call that leaves our own services (`libs/webex` has the same key): no trace header goes out. */
const NO_TRACE_HEADERS = createContextKey('wxcc-wfo no trace headers');

/**
 * OTEL_PROPAGATORS, of which `tracecontext` (the default) and `baggage` are known; undefined for `none`. Baggage is what
 * a caller sends: it goes on only where an operator asks for it.
 */
export function propagatorOfEnvironment(): TextMapPropagator | undefined {
  const known = { tracecontext: W3CTraceContextPropagator, baggage: W3CBaggagePropagator };
  const names = getStringListFromEnv('OTEL_PROPAGATORS') ?? ['tracecontext'];
  if (names.includes('none')) return undefined;
  warnOfUnknown('OTEL_PROPAGATORS', names, Object.keys(known));
  const chosen = Object.entries(known).filter(([name]) => names.includes(name));
  const propagator = new CompositePropagator({ propagators: chosen.map(([, Propagator]) => new Propagator()) });
  return {
    inject(context, carrier, setter) {
      if (context.getValue(NO_TRACE_HEADERS) !== true) propagator.inject(context, carrier, setter);
    },
    extract: (context, carrier, getter) => propagator.extract(context, carrier, getter),
    fields: () => propagator.fields(),
  };
}

/** OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; undefined means the SDK's default, `parentbased_always_on`. */
export function samplerOfEnvironment(): tracing.Sampler | undefined {
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER');
  if (name === undefined) return undefined;
  const roots: Record<string, () => tracing.Sampler> = {
    always_on: () => new tracing.AlwaysOnSampler(),
    always_off: () => new tracing.AlwaysOffSampler(),
    traceidratio: () => new tracing.TraceIdRatioBasedSampler(samplingRatio()),
  };
  const root = roots[name.replace(/^parentbased_/, '')]?.();
  if (root === undefined) diag.error(`unknown OTEL_TRACES_SAMPLER value "${name}", using default`);
  return root && name.startsWith('parentbased_') ? new tracing.ParentBasedSampler({ root }) : root;
}

function samplingRatio(): number {
  const ratio = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  if (ratio >= 0 && ratio <= 1) return ratio;
  diag.error(`OTEL_TRACES_SAMPLER_ARG=${ratio} is not between 0 and 1; 1 is taken.`);
  return 1;
}

/** OTEL_BSP_…: how spans are gathered before they are sent. */
export function batchProcessorOfEnvironment(exporter: tracing.SpanExporter): tracing.SpanProcessor {
  return new tracing.BatchSpanProcessor({
    exporter,
    ...settings({
      maxQueueSize: positive('OTEL_BSP_MAX_QUEUE_SIZE'),
      scheduledDelayMillis: positive('OTEL_BSP_SCHEDULE_DELAY'),
      exportTimeoutMillis: positive('OTEL_BSP_EXPORT_TIMEOUT'),
      maxExportBatchSize: positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    }),
  });
}

/** OTEL_SPAN_…_LIMIT and OTEL_ATTRIBUTE_…_LIMIT. */
export function spanLimitsOfEnvironment(): tracing.SpanLimits {
  const first = (...names: string[]) => names.map(getNumberFromEnv).find((value) => value !== undefined);
  return settings({
    attributeCountLimit: first('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit: first('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    eventCountLimit: first('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: first('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit: first('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'),
    attributePerLinkCountLimit: first('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'),
  });
}

function positive(name: string): number | undefined {
  const value = getNumberFromEnv(name);
  if (value === undefined || value > 0) return value;
  diag.warn(`${name} (${value}) is invalid, expected a number greater than 0, using the default.`);
  return undefined;
}

/** Without what is not set: the SDK's defaults stand in for absent names only. */
function settings<K extends string>(values: Record<K, number | undefined>): Partial<Record<K, number>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, number>
  >;
}

function warnOfUnknown(variable: string, names: string[], known: string[]): void {
  for (const name of names)
    if (!known.includes(name)) diag.warn(`${variable} names "${name}", which is not known here.`);
}
