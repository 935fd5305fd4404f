import type { Consumer } from '@wxcc-wfo/bus';
import { type App, createAccessControl, createApp, databaseCheck, type Lifecycle } from '@wxcc-wfo/service-kit';
import { importRoutes } from './jobs/import-route.ts';
import { recordingRoutes } from './recordings/recording-route.ts';
import type { Wiring } from './wiring.ts';

export interface AppParts {
  consumer: Consumer;
  /** Whether the copies of the ACDs have been read to their end. */
  isCaughtUp(): boolean;
  wake(): void;
  lastTickMs(): number;
  lifecycle: Lifecycle;
}

/** The HTTP side of `media-import`, built but not listening. */
export async function buildApp(wiring: Wiring, parts: AppParts): Promise<App> {
  const { config, logger, pool } = wiring;
  const app = await createApp({
    service: 'media-import',
    version: '0.1.0',
    description: 'Imports, verifies, encrypts and stores recordings, and hands their keys to siblings.',
    logger,
    lifecycle: parts.lifecycle,
    access: createAccessControl({ pool, apiKeys: config.API_KEYS }),
    readiness: [
      databaseCheck(pool),
      {
        name: 'acd copies',
        check: () => (parts.isCaughtUp() ? null : 'The topic acd-changed is not read to its end.'),
      },
      { name: 'consumer', check: () => (parts.consumer.health().assigned ? null : 'It has not joined its group.') },
    ],
    liveness: [
      { name: 'imports', lastTickMs: parts.lastTickMs, maxAgeMs: 30 * 60_000 },
      { name: 'consumer', lastTickMs: () => parts.consumer.lastTickMs(), maxAgeMs: 120_000 },
      { name: 'outbox relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: 60_000 },
    ],
    trustProxy: config.HTTP_TRUST_PROXY,
  });
  recordingRoutes(app, wiring);
  importRoutes(app, wiring, parts.wake);
  return app;
}
