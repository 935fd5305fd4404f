import fastifyOtel from '@fastify/otel';
import type { Attributes, Span } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import * as tracing from '@opentelemetry/sdk-trace';
import { scrub } from './redaction.ts';
import { setTelemetryHandle } from './telemetry-handle.ts';

const DEFAULTS: Record<string, string> = {
  // A trace shall be readable a moment after the call, not five seconds later.
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_LOGS_EXPORTER: 'none',
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
  const exports = Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const sdk = new NodeSDK({
    ...(exports
      ? { traceExporter: withoutPrivateText(new OTLPTraceExporter()) }
      : { spanProcessors: [new tracing.NoopSpanProcessor()], sampler: new tracing.AlwaysOffSampler() }),
    metricReaders: [prometheus],
    instrumentations: [
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
    ],
  });
  sdk.start();
  setTelemetryHandle({
    serveMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    shutdown: () => sdk.shutdown(),
  });
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
