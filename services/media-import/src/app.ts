import { webhookRoute } from '@wxcc-wfo/acd';
import { consumerCheck, createDeadLetters, deadLetterRoutes, eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  inTransaction,
  keyRotationRoute,
  type Lifecycle,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import { importRoutes } from './jobs/import-route.ts';
import { wakeJob } from './jobs/job-repository.ts';
import { recordingRoutes } from './recordings/recording-route.ts';
import { CAPTURE_WEBHOOK, type Wiring } from './wiring.ts';

const STALLED_LOOP_MS = 60_000;

export interface AppParts {
  lifecycle?: Lifecycle;
  /** Whether the copies of the ACDs have been read to their end. */
  isCaughtUp(): boolean;
  /** Something is due. */
  wake(): void;
  /** Of the loop of imports. */
  lastTickMs(): number;
}

/** The HTTP side of `media-import`, built but not listening. */
export async function buildApp(wiring: Wiring, parts: AppParts): Promise<App> {
  const { config, logger, pool, consumer } = wiring;
  const app = await createApp({
    service: 'media-import',
    version: '0.1.0',
    description: 'Imports, verifies, encrypts and stores recordings, and hands their keys to siblings.',
    logger,
    ...(parts.lifecycle ? { lifecycle: parts.lifecycle } : {}),
    access: createAccessControl({ pool, ...accessOptions(config) }),
    readiness: [
      databaseCheck(pool),
      { name: 'acd-changed', check: () => (parts.isCaughtUp() ? null : 'The ACDs are not all read yet.') },
      consumerCheck(consumer, 'assigned'),
    ],
    liveness: [
      { name: 'imports', lastTickMs: parts.lastTickMs, maxAgeMs: STALLED_LOOP_MS * 2 },
      { name: 'consumer', lastTickMs: () => consumer.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
    ],
    trustProxy: config.HTTP_TRUST_PROXY,
  });
  recordingRoutes(app, wiring);
  importRoutes(app, wiring, parts.wake);
  await captureWebhookRoute(app, wiring, parts.wake);
  await deadLetterRoutes(app, {
    deadLetters: createDeadLetters({
      pool,
      consumers: [consumer],
      readAsTenant: (tenantId, read) => readAsTenant(pool, { tenantId }, read),
    }),
  });
  keyRotationRoute(app, { job: wiring.rewrapJob });
  await eventBlobRoutes(app, { pool });
  return app;
}

function captureWebhookRoute(app: App, { pool, seals, nowMs, metrics }: Wiring, wake: () => void): Promise<void> {
  return webhookRoute(app, {
    kind: CAPTURE_WEBHOOK,
    summary: 'Webex announces that a recording is available',
    sql: pool,
    sealer: seals.atRest,
    nowMs,
    async onEvent({ acdId, tenantId }, { taskId }) {
      // A task that has not ended here yet is looked at as soon as it has.
      const job = taskId && { acdId, tenantId, taskId, nowMs: nowMs() };
      if (!job || !(await inTransaction(pool, (tx) => wakeJob(tx, job)))) return metrics.webhook('unknown');
      metrics.webhook('woke');
      wake();
    },
    onRefused: () => metrics.webhook('refused'),
  });
}
