import { randomBytes } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { capturesRoutes } from './captures/captures-routes.ts';
import { storageRoutes } from './captures/storage-routes.ts';
import { configRoutes } from './config/config-routes.ts';
import { createDirectoryStore } from './config/directory-store.ts';
import { controlRoutes } from './control/control-routes.ts';
import { createFaultBoard } from './faults/fault-board.ts';
import { answerError, createGateway, headerOf } from './gateway/gateway.ts';
import { createQuota } from './gateway/quota.ts';
import { oauthRoutes } from './oauth/oauth-routes.ts';
import { createTokenStore } from './oauth/token-store.ts';
import { defaultOptions, type SimulatorOptions } from './options.ts';
import { searchRoute } from './search/search-route.ts';
import type { Simulator } from './simulator-type.ts';
import { createDirectory } from './story/directory.ts';
import { createLiveClock } from './story/live-clock.ts';
import { createStory, truthOf } from './story/story.ts';
import { createTaskFactory, newestFirst } from './story/task-factory.ts';
import type { TaskModel } from './story/task-model.ts';
import { subscriptionRoutes } from './subscriptions/subscription-routes.ts';
import { createSubscriptionStore } from './subscriptions/subscription-store.ts';
import { createWebhookSender } from './subscriptions/webhook-sender.ts';
import type { Tenant } from './tenant.ts';

const HOUR_MS = 3_600_000;
/** How long an authorization code lives; nothing is published. */
const CODE_SECONDS = 300;

/** Starts a simulated tenant; every option has a default. It listens when the promise resolves. */
export async function createSimulator(given: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const options = { ...defaultOptions, ...definedOnly(given) };
  const { now } = options;
  const faults = createFaultBoard(now);
  const directory = createDirectory(options.orgId, options.seed, options.agents);
  const story = createStory(directory, createTaskFactory({ directory, ...options }));
  const subscriptions = createSubscriptionStore(options.subscriptionLimit, now);
  const webhooks = createWebhookSender(subscriptions, faults, options);
  const account = {
    email: options.adminEmail,
    orgId: options.orgId,
    displayName: 'Tenant Administrator',
    scope: undefined,
  };
  const { accessTokenSeconds, refreshTokenSeconds, rotateRefreshTokens } = options;
  let baseUrl = '';
  const tenant: Tenant = {
    options,
    story,
    directory: createDirectoryStore(directory, options),
    faults,
    subscriptions,
    tokens: createTokenStore(
      { accessTokenSeconds, refreshTokenSeconds, rotateRefreshTokens, codeSeconds: CODE_SECONDS, account },
      now,
    ),
    quota: createQuota(options.quotaPerMinute, now),
    baseUrl: () => options.publicUrl ?? baseUrl,
    storageKey: randomBytes(32).toString('hex'),
    now,
  };
  const startedMs = now();
  const clock = createLiveClock(webhooks.send, faults, now);
  const watch = (task: TaskModel): TaskModel => {
    if (task.endedMs >= startedMs) clock.watch(task);
    return task;
  };
  for (const task of story.addSeeded(options.tasks, endTimes(options, startedMs))) watch(task);

  const api = buildApi(tenant);
  const control = fastify({ forceCloseConnections: true });
  const simulator: Simulator = {
    baseUrl: '',
    controlUrl: '',
    story,
    tenant,
    groundTruth: () => story.groundTruth(now()),
    addTask: (task) => truthOf(watch(story.addScripted(task, now())), now()),
    endTasks(count) {
      const nowMs = now();
      return story.addSeeded(count, () => nowMs).map((task) => watch(task).id);
    },
    changeTask(id, { addActivity, ...changes }) {
      const task = story.task(id);
      if (task === undefined) throw new Error(`There is no task ${id}. Take an id from /control/ground-truth.`);
      const nowMs = now();
      task.changes = { ...task.changes, ...changes, changedMs: nowMs };
      if (addActivity !== undefined) {
        const row = { createdMs: nowMs, endMs: nowMs, eventName: addActivity, internalEvent: addActivity };
        task.rows = newestFirst([row, ...task.rows]);
      }
      return truthOf(task, nowMs);
    },
    deliveries: webhooks.deliveries,
    async close() {
      faults.reset();
      clock.close();
      await webhooks.close();
      await Promise.all([api.close(), control.close()]);
    },
  };
  controlRoutes(control, simulator);
  control.setErrorHandler((error, _, reply) => reply.code(400).send({ error: (error as Error).message }));
  baseUrl = await api.listen({ host: options.host, port: options.port });
  const controlUrl = await control.listen({ host: '127.0.0.1', port: options.controlPort });
  return Object.assign(simulator, { baseUrl: tenant.baseUrl(), controlUrl });
}

function buildApi(tenant: Tenant): FastifyInstance {
  const api = fastify({ forceCloseConnections: true, bodyLimit: 4_000_000 });
  api.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
  api.addHook('preValidation', createGateway(tenant));
  api.addHook('onSend', async (request, reply) => {
    const trackingId = headerOf(request, 'trackingid');
    if (trackingId !== undefined) reply.header('TrackingId', trackingId);
    const skew = tenant.faults.strike('clock-skew', request.routeOptions.config.kind);
    if (skew !== undefined) reply.header('Date', new Date(tenant.now() + (skew.skewMs ?? 0)).toUTCString());
  });
  api.setErrorHandler((error, request, reply) => answerError(error as Error, request, reply));
  oauthRoutes(api, tenant);
  searchRoute(api, tenant);
  capturesRoutes(api, tenant);
  storageRoutes(api, tenant);
  configRoutes(api, tenant);
  subscriptionRoutes(api, tenant);
  return api;
}

/** Batch: spread over the past hour, the last one a minute ago. Live: so many a second from now on. */
function endTimes(options: SimulatorOptions, startedMs: number): (n: number) => number {
  if (options.speed > 0) return (n) => startedMs + 1_000 + Math.round((n * 1_000) / options.speed);
  const stepMs = (HOUR_MS - 60_000) / Math.max(1, options.tasks);
  return (n) => startedMs - HOUR_MS + Math.round(n * stepMs);
}

function definedOnly(given: Partial<SimulatorOptions>): Partial<SimulatorOptions> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
