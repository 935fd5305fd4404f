import { createTokenSource, type TokenSource } from '@wxcc-wfo/acd';
import { type Bus, createBus, createRelay, type Relay } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createPool, createSealer, type Logger, parseKeyring, type Sealer } from '@wxcc-wfo/service-kit';
import { closeWebexConnections, createSharedQuota, createWebexClient, type WebexClient } from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { MediaImportConfig } from './config.ts';
import { createFolderStore, type MediaStore } from './downloads/media-store.ts';
import { type Concurrency, createConcurrency } from './jobs/concurrency.ts';
import { IMPORT_RULES, type ImportRules } from './jobs/import-policy.ts';
import { type ImportMetrics, importMetrics } from './metrics.ts';

/** What the features of `media-import` need, made once. */
export interface Wiring {
  config: MediaImportConfig;
  logger: Logger;
  pool: Pool;
  bus: Bus;
  relay: Relay;
  store: MediaStore;
  seals: { atRest: Sealer; handover: Sealer };
  tokens: TokenSource;
  metrics: ImportMetrics;
  importRules: ImportRules;
  /** Bounds how many tasks are imported at the same time. */
  limit: Concurrency;
  nowMs(): number;
  webexFor(acd: AcdChanged): WebexClient;
  close(): Promise<void>;
}

export function createWiring(config: MediaImportConfig, logger: Logger): Wiring {
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'media-import',
    max: config.DATABASE_POOL_SIZE,
  });
  const redis = new Redis(config.REDIS_URL, {
    maxRetriesPerRequest: 1,
    commandTimeout: 2000,
    enableOfflineQueue: false,
  });
  redis.on('error', (error) => logger.warn({ err: error }, 'redis is away; own copies of tokens serve'));
  const bus = createBus({
    brokers: config.KAFKA_BROKERS,
    clientId: 'media-import',
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    logger,
  });
  const quota = createSharedQuota({ redis, requestsPerMinute: config.WEBEX_REQUESTS_PER_MINUTE });
  const atRest = createSealer(parseKeyring(config.SEALING_KEYS));
  const handover = createSealer(parseKeyring(config.HANDOVER_KEYS));
  const tokens = createTokenSource({ sql: pool, redis, handover, atRest, logger });
  return {
    config,
    logger,
    pool,
    bus,
    relay: createRelay({ bus, pool, logger }),
    store: createFolderStore(config.MEDIA_FOLDER),
    seals: { atRest, handover },
    tokens,
    metrics: importMetrics(),
    importRules: {
      ...IMPORT_RULES,
      firstRetryMs: config.IMPORT_FIRST_RETRY_MS,
      settleMs: config.IMPORT_SETTLE_SECONDS * 1000,
      giveUpAfterMs: config.IMPORT_GIVE_UP_HOURS * 3_600_000,
    },
    limit: createConcurrency(config.IMPORT_CONCURRENCY),
    nowMs: () => Date.now(),
    webexFor: (acd) =>
      createWebexClient({
        endpoints: {
          apiUrl: acd.apiUrl,
          oauthAuthorizeUrl: '',
          oauthTokenUrl: '',
          peopleMeUrl: '',
          allowedHosts: config.WEBEX_ALLOWED_HOSTS,
          allowPrivateAddresses: config.WEBEX_ALLOW_PRIVATE_ADDRESSES,
        },
        quota,
        quotaKey: acd.quotaKey,
        kind: 'captures',
        orgId: acd.webexOrgId,
        getAccessToken: () => tokens.getAccessToken(acd.acdId),
      }),
    async close() {
      quota.close();
      redis.disconnect();
      await closeWebexConnections();
      await pool.end();
    },
  };
}
