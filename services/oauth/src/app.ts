import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  type Lifecycle,
} from '@wxcc-wfo/service-kit';
import { acdRoutes } from './acds/acd-route.ts';
import { authorizationRoutes } from './authorization/authorization-route.ts';
import { clientRoutes } from './clients/client-route.ts';
import type { Wiring } from './wiring.ts';

/** The HTTP side of `oauth`, built but not listening. */
export async function buildApp(wiring: Wiring, lifecycle: Lifecycle): Promise<App> {
  const { config, logger, pool } = wiring;
  const app = await createApp({
    service: 'oauth',
    version: '0.1.0',
    description: 'ACD connections, their authorization and their tokens.',
    logger,
    lifecycle,
    access: createAccessControl({ pool, ...accessOptions(config) }),
    readiness: [databaseCheck(pool)],
    liveness: [{ name: 'outbox relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: 60_000 }],
    trustProxy: config.HTTP_TRUST_PROXY,
  });
  clientRoutes(app, wiring);
  acdRoutes(app, wiring);
  authorizationRoutes(app, wiring);
  return app;
}
