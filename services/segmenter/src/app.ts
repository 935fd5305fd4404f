import { consumerCheck, createDeadLetters, deadLetterRoutes, eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  type Lifecycle,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import { contactRoutes } from './contacts/contact-route.ts';
import { republicationRoute } from './contacts/republication-route.ts';
import { audioRoutes } from './playback/audio-route.ts';
import type { Wiring } from './wiring.ts';

const STALLED_LOOP_MS = 60_000;

/** The HTTP side of the segmenter, built and not listening. */
export async function buildApp(wiring: Wiring, o: { lifecycle?: Lifecycle } = {}): Promise<App> {
  const { config, pool, consumer } = wiring;
  const access = createAccessControl({ pool, ...accessOptions(config) });
  const app = await createApp({
    service: 'segmenter',
    version: '0.1.0',
    description: 'Turns ended tasks and their recordings into contacts, and plays exactly each contact’s part.',
    logger: wiring.logger,
    access,
    trustProxy: config.HTTP_TRUST_PROXY,
    ...(o.lifecycle ? { lifecycle: o.lifecycle } : {}),
    readiness: [databaseCheck(pool), consumerCheck(consumer, 'assigned')],
    liveness: [
      { name: 'consumer', lastTickMs: () => consumer.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
    ],
  });
  contactRoutes(app, { pool });
  republicationRoute(app, { pool });
  audioRoutes(app, {
    pool,
    access,
    links: wiring.links,
    keys: wiring.keys,
    mediaFolder: config.MEDIA_FOLDER,
    publicUrl: () => config.PUBLIC_URL ?? app.listeningOrigin,
  });
  await deadLetterRoutes(app, {
    deadLetters: createDeadLetters({
      pool,
      consumers: [consumer],
      readAsTenant: (tenantId, read) => readAsTenant(pool, { tenantId }, read),
    }),
  });
  await eventBlobRoutes(app, { pool });
  return app;
}

/** Closes the app; a listener who still holds a stream open (a paused player) is cut off after the grace. */
export async function closeApp(app: App, graceMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
