import { consumerCheck, createDeadLetters, deadLetterRoutes, eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  keyRotationRoute,
  type Lifecycle,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import { metadataMappingRoute } from './metadata/metadata-mapping-route.ts';
import { captureStateRoute } from './polling/capture-state-route.ts';
import { republicationRoute } from './tasks/republication-route.ts';
import { taskRoute } from './tasks/task-route.ts';
import { taskWebhookRoute } from './webhooks/task-webhook-route.ts';
import type { Wiring } from './wiring.ts';

const STALLED_LOOP_MS = 60_000;

/** The HTTP side of capture, built and not listening. */
export async function buildApp(wiring: Wiring, o: { lifecycle?: Lifecycle; isCaughtUp(): boolean }): Promise<App> {
  const { config, pool, clock, consumer } = wiring;
  const app = await createApp({
    service: 'capture',
    version: '0.1.0',
    description: 'Reads the ended tasks of Webex Contact Center tenants and publishes each once per revision.',
    logger: wiring.logger,
    access: createAccessControl({ pool, ...accessOptions(config) }),
    trustProxy: config.HTTP_TRUST_PROXY,
    ...(o.lifecycle ? { lifecycle: o.lifecycle } : {}),
    readiness: [
      databaseCheck(pool),
      { name: 'acd-changed', check: () => (o.isCaughtUp() ? null : 'The ACDs are not all read yet.') },
      consumerCheck(consumer, 'running'),
    ],
    liveness: [
      { name: 'polling', lastTickMs: () => wiring.pollJob.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'hints', lastTickMs: () => wiring.hintJob.lastTickMs(), maxAgeMs: STALLED_LOOP_MS * 2 },
      { name: 'relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'consumer', lastTickMs: () => consumer.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
    ],
  });
  await captureStateRoute(app, { pool, clock });
  await metadataMappingRoute(app, { pool, clock });
  await taskRoute(app, { pool });
  republicationRoute(app, { pool });
  await taskWebhookRoute(app, { pool, sealer: wiring.sealer, clock, onHint: wiring.hintJob.wake });
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
