import { eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  keyRotationRoute,
  type Lifecycle,
} from '@wxcc-wfo/service-kit';
import { acdRoutes } from './acds/acd-route.ts';
import { republicationRoute } from './acds/republication-route.ts';
import { auditRoutes } from './audit/audit-route.ts';
import { authorizationRoutes } from './authorization/authorization-route.ts';
import { clientRoutes } from './clients/client-route.ts';
import { acdDataServerRoutes, dataServerRoutes } from './data-servers/data-server-route.ts';
import { healthRoutes } from './health/health-route.ts';
import { preflightRoutes } from './preflight/preflight-route.ts';
import type { Wiring } from './wiring.ts';

const STALLED_RELAY_MS = 60_000;
/** One refresh may wait for the budget and the provider twice. */
const STALLED_REFRESH_MS = 150_000;

/** The HTTP side of `oauth`, built but not listening. Redis and Kafka may be away: it needs Postgres only. */
export async function buildApp(wiring: Wiring, o: { lifecycle?: Lifecycle } = {}): Promise<App> {
  const { config, logger, pool, relay, tokenJobs } = wiring;
  const app = await createApp({
    service: 'oauth',
    version: '0.1.0',
    description: 'ACD connections, their authorization and their tokens.',
    logger,
    access: createAccessControl({ pool, ...accessOptions(config) }),
    readiness: [databaseCheck(pool)],
    liveness: [
      { name: 'outbox relay', lastTickMs: () => relay.lastTickMs(), maxAgeMs: STALLED_RELAY_MS },
      { name: 'token refresh', lastTickMs: () => tokenJobs.lastTickMs(), maxAgeMs: STALLED_REFRESH_MS },
    ],
    trustProxy: config.HTTP_TRUST_PROXY,
    ...(o.lifecycle ? { lifecycle: o.lifecycle } : {}),
  });
  auditRoutes(app, wiring);
  clientRoutes(app, wiring);
  acdRoutes(app, wiring);
  republicationRoute(app, wiring);
  dataServerRoutes(app, wiring);
  acdDataServerRoutes(app, wiring);
  authorizationRoutes(app, wiring);
  preflightRoutes(app, wiring);
  healthRoutes(app, wiring);
  keyRotationRoute(app, { job: wiring.rewrapJob });
  await eventBlobRoutes(app, { pool });
  return app;
}
