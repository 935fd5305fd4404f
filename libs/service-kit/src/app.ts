import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { context } from '@opentelemetry/api';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import type { AccessControl } from './access.ts';
import type { App } from './app-type.ts';
import type { Caller } from './caller.ts';
import { answerClientError, answerErrors } from './error-answers.ts';
import { type HealthReport, type LivenessTick, liveness, type ReadinessCheck, readiness } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { defineMetrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { problem } from './problem.ts';
import { serializerCompiler, validatorCompiler } from './schema-compilers.ts';
import { onceReachable } from './start-up.ts';
import { telemetryHandle } from './telemetry-handle.ts';

export interface AppOptions {
  service: string;
  version: string;
  /** One or two sentences for the docs page */
  description: string;
  logger: Logger;
  access: AccessControl;
  readiness: ReadinessCheck[];
  liveness?: LivenessTick[];
  /** runService's; without one the app counts as running */
  lifecycle?: Lifecycle;
  /** How long a Postgres that does not answer yet is waited for; default 60 s */
  startDeadlineMs?: number;
  /** Proxies whose X-Forwarded-* headers are believed; default: none */
  trustProxy?: string[];
  /** Bytes; default 1 MiB */
  bodyLimit?: number;
  /** How long answers under way may go on once the app closes; default 3 s, then their connections are cut */
  closeGraceMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_PARAM_LENGTH = 200;
const CLOSE_GRACE_MS = 3_000;

export const httpMetrics = {
  http_server_request_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long requests took, by route and status. More 5xx or longer: look at the log lines with level error.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
  },
} as const;

/**
 * A Fastify app with everything but the service's own routes: /live, /ready, /metrics, /docs, /openapi.json, access
 * control, problem details for every error, limits. Built, not listening.
 * A route without `config.scope` or `config.public` throws when it is registered. A Postgres that is slow or away is
 * waited for (machines start in any order), up to a deadline.
 */
export async function createApp(o: AppOptions): Promise<App> {
  const app: App = fastify({
    loggerInstance: o.logger as FastifyBaseLogger,
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    bodyLimit: o.bodyLimit ?? 1_048_576,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    trustProxy: o.trustProxy?.length ? o.trustProxy : false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
    frameworkErrors: (error, request, reply) => app.errorHandler(error, request as FastifyRequest, reply as never),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler as never);
  app.setSerializerCompiler(serializerCompiler as never);
  readJson(app);
  app.decorateRequest('caller', null as unknown as Caller);
  answerErrors(app);
  refuseOpenRoutes(app);
  guard(app, o.access);
  keepTraceContext(app);
  boundClosing(app, o.closeGraceMs ?? CLOSE_GRACE_MS);
  measure(app);
  await describeApi(app as unknown as FastifyInstance, o);
  addHealth(app, o);
  addMetrics(app);
  await onceReachable(
    { ...o, server: 'postgres', ...(o.startDeadlineMs === undefined ? {} : { deadlineMs: o.startDeadlineMs }) },
    () => o.access.prepare(),
  );
  return app;
}

/** The tenant of the caller. @throws ProblemError 403 for a credential of the platform, which has none */
export function requireTenant(request: FastifyRequest): string {
  const tenantId = request.caller?.tenantId;
  if (tenantId) return tenantId;
  throw problem({
    status: 403,
    code: 'scope-missing',
    detail: 'This credential belongs to no tenant.',
    remedy: 'Use a credential of the tenant whose data is meant.',
  });
}

/**
 * JSON, also by the name that PATCH has for it (RFC 7396). No body is none, whatever content type a client names out of
 * habit; a route that needs one says so.
 */
function readJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  for (const type of ['application/json', 'application/merge-patch+json']) {
    app.addContentTypeParser(type, { parseAs: 'string' }, (request, body: string, done) => {
      if (body === '') done(null);
      else parse(request, body, done);
    });
  }
}

/** Access is refused by default: who adds a route must say who may call it. */
function refuseOpenRoutes(app: App): void {
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.public === true && config.scope === undefined) return;
    if (config?.public === undefined && typeof config?.scope === 'string' && config.scope !== '') return;
    throw new Error(
      `The route ${method} ${url} must have either config.scope ('<thing>:read|write') or config.public: true.`,
    );
  });
}

function guard(app: App, access: AccessControl): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (request.is404) return;
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return; // public, else it would not have been registered
    request.caller = await access.authenticate(request.headers);
    access.authorize(request.caller, scope);
  });
}

/** A body is read in the socket's context, not the request's: without this its handler would start a new trace. */
function keepTraceContext(app: App): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const { opentelemetry } = request as {
      opentelemetry?: () => { context: Parameters<typeof context.with>[0] | null };
    };
    const active = opentelemetry?.call(request).context;
    if (active) context.with(active, done);
    else done();
  });
}

/** A listener who streams an hour of audio must not eat the time in which consumers commit and relays drain. */
function boundClosing(app: App, graceMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  });
  app.addHook('onClose', async () => clearTimeout(timer));
}

function measure(app: App): void {
  const duration = defineMetrics(httpMetrics).http_server_request_duration_seconds;
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    if (route === '/live' || route === '/ready' || route === '/metrics') return;
    const { method } = request;
    const status = reply.statusCode;
    duration.record(reply.elapsedTime / 1_000, {
      http_request_method: method,
      http_route: route,
      http_response_status_code: status,
    });
    const subject = request.caller?.subject;
    const line = { method, route, status, durationMs: Math.round(reply.elapsedTime), subject };
    if (status >= 500) request.log.warn(line, 'answered');
    else request.log.debug(line, 'answered');
  });
}

function addHealth(app: App, o: AppOptions): void {
  const lifecycle: Lifecycle = o.lifecycle ?? { phase: 'running' };
  const open = { config: { public: true }, logLevel: 'warn', schema: { hide: true } } as const;
  const statusOf = (report: HealthReport) => (report.ok ? 200 : 503);
  app.get('/live', open, async (_request, reply) => {
    const report = liveness(o.liveness ?? []);
    return await reply.code(statusOf(report)).send(report);
  });
  app.get('/ready', open, async (_request, reply) => {
    const report = await readiness(lifecycle, o.readiness);
    return await reply.code(statusOf(report)).send(report);
  });
}

function addMetrics(app: App): void {
  app.get(
    '/metrics',
    { config: { scope: 'metrics:read' }, schema: { hide: true } as object },
    async (request, reply) => {
      const telemetry = telemetryHandle();
      if (!telemetry) {
        throw problem({
          status: 503,
          code: 'unavailable',
          detail: 'This process runs without telemetry.',
          remedy: 'Start it with --import of telemetry.ts and without OTEL_SDK_DISABLED=true.',
        });
      }
      reply.hijack();
      telemetry.serveMetrics(request.raw, reply.raw);
    },
  );
}
