import { createDeadLetters, deadLetterRoutes, eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  createAccessControl,
  createApp,
  databaseCheck,
  type Lifecycle,
  type OidcOptions,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import type { SegmenterConfig } from './config.ts';
import { contactRoutes } from './contacts/contact-route.ts';
import { audioRoutes } from './playback/audio-route.ts';
import type { Wiring } from './wiring.ts';

const STALLED_LOOP_MS = 60_000;

/** The HTTP side of the segmenter, built and not listening. */
export async function buildApp(wiring: Wiring, o: { lifecycle?: Lifecycle } = {}): Promise<App> {
  const { config, pool, consumer } = wiring;
  const oidc = oidcOptions(config);
  const access = createAccessControl({ pool, apiKeys: config.API_KEYS, ...(oidc ? { oidc } : {}) });
  const app = await createApp({
    service: 'segmenter',
    version: '0.1.0',
    description: 'Turns ended tasks and their recordings into contacts, and plays exactly each contact’s part.',
    logger: wiring.logger,
    access,
    trustProxy: config.HTTP_TRUST_PROXY,
    ...(o.lifecycle ? { lifecycle: o.lifecycle } : {}),
    readiness: [
      databaseCheck(pool),
      { name: 'consumer', check: () => (consumer.health().assigned ? null : 'It has not joined its group yet.') },
    ],
    liveness: [
      { name: 'consumer', lastTickMs: () => consumer.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
    ],
  });
  const readerRole = await readerRoleOf(wiring);
  contactRoutes(app, { pool, readerRole });
  audioRoutes(app, {
    pool,
    readerRole,
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
      readAsTenant: (tenantId, read) => readAsTenant(pool, { readerRole, tenantId }, read),
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

/** The reader's role is named after the schema that the service's own role works in. */
async function readerRoleOf({ pool }: Wiring): Promise<string> {
  const { rows } = await pool.query<{ schema: string }>('SELECT current_schema() AS schema');
  return `${rows[0]!.schema}_reader`;
}

function oidcOptions(config: SegmenterConfig): OidcOptions | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl } = config;
  if (!issuer || !audience || !jwksUrl) return undefined;
  const { OIDC_TENANT_CLAIM: tenantClaim, OIDC_SCOPES_CLAIM: scopesClaim } = config;
  return { issuer, audience, jwksUrl, tenantClaim, scopesClaim };
}
