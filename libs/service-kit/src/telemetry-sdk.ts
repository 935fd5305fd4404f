import fastifyOtel from '@fastify/otel';
import { type Attributes, context, metrics, propagation, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import * as tracing from '@opentelemetry/sdk-trace';
import { scrub } from './redaction.ts';
import {
  applyDiagnosticLevel,
  batchProcessorOfEnvironment,
  propagatorOfEnvironment,
  resourceOfEnvironment,
  samplerOfEnvironment,
  spanLimitsOfEnvironment,
} from './telemetry-environment.ts';
import { setTelemetryHandle } from './telemetry-handle.ts';

const DEFAULTS: Record<string, string> = {
  // A trace shall be readable a moment after the call, not five seconds later.
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,serviceinstance',
  OTEL_SEMCONV_STABILITY_OPT_IN: 'http,database',
};
/** `…/services/capture/src/server.ts` → `capture`: the SDK's own default would show the path of the Node binary. */
function serviceOfEntry(): string {
  return /([^/\\]+)[/\\]src[/\\][^/\\]+$/.exec(process.argv[1] ?? '')?.[1] ?? 'unknown_service';
}

const UNTRACED = new Set(['/live', '/ready', '/metrics', '/docs', '/openapi.json']);

/**
 * Traces go to OTEL_EXPORTER_OTLP_ENDPOINT over HTTP; without it no span is recorded, but ids still pass through calls,
 * events and log lines. Metrics wait to be scraped. No phone number, name, query string or SQL parameter gets into spans.
 */
export function startTelemetry(): void {
  for (const [name, value] of Object.entries(DEFAULTS)) process.env[name] ??= value;
  process.env.OTEL_SERVICE_NAME ??= serviceOfEntry();
  applyDiagnosticLevel();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const propagator = propagatorOfEnvironment();
  if (propagator) propagation.setGlobalPropagator(propagator);
  const resource = resourceOfEnvironment();
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ resource, readers: [prometheus] });
  const tracerProvider = new tracing.TracerProvider({
    resource,
    spanLimits: spanLimitsOfEnvironment(),
    ...sendingOfSpans(),
  });
  metrics.setGlobalMeterProvider(meterProvider);
  trace.setGlobalTracerProvider(tracerProvider);
  registerInstrumentations({ tracerProvider, meterProvider, instrumentations: instrumentations() });
  setTelemetryHandle({
    serveMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    async shutdown() {
      await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
    },
  });
}

function sendingOfSpans(): Pick<tracing.TracerProviderOptions, 'sampler' | 'spanProcessors'> {
  const exports = Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  if (!exports) return { sampler: new tracing.AlwaysOffSampler() };
  const sampler = samplerOfEnvironment();
  return {
    ...(sampler ? { sampler } : {}),
    spanProcessors: [batchProcessorOfEnvironment(withoutPrivateText(new OTLPTraceExporter()))],
  };
}

function instrumentations(): Instrumentation[] {
  return [
    new fastifyOtel.FastifyOtelInstrumentation({
      registerOnInitialization: true,
      recordExceptions: false,
      instrumentHooks: false,
      instrumentHandler: false,
      ignorePaths: ({ url }) => UNTRACED.has(url.split('?', 1)[0] ?? ''),
      requestHook: (span, request) => {
        const route = request.routeOptions.url;
        span.updateName(route ? `${request.method} ${route}` : request.method);
        span.setAttribute('url.path', pathOf(request.url));
      },
    }),
    new PgInstrumentation({
      enhancedDatabaseReporting: false,
      requireParentSpan: true,
      ignoreConnectSpans: true,
    }),
    // Only the command's name: keys carry ids of tenants, values carry sealed tokens.
    new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
    new UndiciInstrumentation({
      startSpanHook: ({ origin, path }): Attributes => ({ 'url.full': `${scrub(String(origin))}${pathOf(path)}` }),
      requestHook: (span: Span) => span.setAttribute('url.query', ''),
    }),
    new PinoInstrumentation({ disableLogSending: true }),
  ];
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

const PRIVATE_ATTRIBUTES = ['exception.message', 'exception.stacktrace', 'db.connection_string', 'url.query'];

/** Messages of errors quote values (a phone number that Postgres refused): spans keep the type of an error only. */
function withoutPrivateText(exporter: tracing.SpanExporter): tracing.SpanExporter {
  return {
    export(spans, done) {
      for (const span of spans) {
        if (span.status.message !== undefined) (span.status as { message?: string }).message = undefined;
        for (const attributes of [span.attributes, ...span.events.map((event) => event.attributes ?? {})]) {
          for (const name of PRIVATE_ATTRIBUTES) delete (attributes as Attributes)[name];
        }
      }
      exporter.export(spans, done);
    },
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
