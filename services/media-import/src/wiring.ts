import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  createRoleReports,
  createWebexAccess,
  type RoleReports,
  type SubscriptionJobDeps,
  type TokenSource,
  type WebhookKind,
  type WorkerOf,
} from '@wxcc-wfo/acd';
import { type Bus, type Consumer, createBus, createRelay, type Relay } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import {
  createPool,
  createRewrapJob,
  createSealer,
  type Logger,
  parseKeyring,
  type RewrapJob,
  type Sealer,
} from '@wxcc-wfo/service-kit';
import { closeWebexConnections, type WebexClient } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import type { MediaImportConfig } from './config.ts';
import { createFolderStore, type MediaStore } from './downloads/media-store.ts';
import { IMPORT_RULES, type ImportRules } from './jobs/import-policy.ts';
import { createMediaImportConsumer } from './media-import-consumer.ts';
import { type ImportMetrics, importMetrics } from './metrics.ts';
import { mediaImportSealedTargets } from './rotation/sealed-targets.ts';

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
  consumer: Consumer;
  worker: WorkerOf;
  reports: RoleReports;
  /** Seals what is stored anew after a change of SEALING_KEYS. */
  rewrapJob: RewrapJob;
  nowMs(): number;
  webexFor(acd: AcdChanged): WebexClient;
  close(): Promise<void>;
}

export function createWiring(
  config: MediaImportConfig,
  o: { logger: Logger; onFatal(error: unknown): void; onCommitted(): void },
): Wiring {
  const { logger } = o;
  const nowMs = () => Date.now();
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'media-import',
    max: config.DATABASE_POOL_SIZE,
    logger,
  });
  const bus = createBus({
    brokers: config.KAFKA_BROKERS,
    clientId: 'media-import',
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    logger,
  });
  const atRest = createSealer(parseKeyring(config.SEALING_KEYS));
  const handover = createSealer(parseKeyring(config.HANDOVER_KEYS));
  const access = { config, sql: pool, handover, atRest, logger, nowMs };
  const { redis, quota, tokens, webexFor } = createWebexAccess({ ...access, kind: 'captures' });
  const worker: WorkerOf = { role: 'mediaImport', dataServer: config.DATA_SERVER };
  const instance = `${hostname().slice(0, 60)}:${process.pid}:${randomUUID().slice(0, 8)}`;
  return {
    config,
    logger,
    pool,
    bus,
    relay: createRelay({ bus, pool, logger, ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}) }),
    consumer: createMediaImportConsumer({
      bus,
      pool,
      logger,
      nowMs,
      groupId: 'media-import',
      ...(config.INTERNAL_API_KEY ? { internalApiKey: config.INTERNAL_API_KEY } : {}),
      blobOrigins: config.EVENT_BLOB_ORIGINS,
      onCommitted(events) {
        tokens.copyAnnounced(events);
        o.onCommitted();
      },
      onFatal: o.onFatal,
    }),
    store: createFolderStore(config.MEDIA_FOLDER),
    seals: { atRest, handover },
    tokens,
    worker,
    rewrapJob: createRewrapJob({ pool, sealer: atRest, targets: mediaImportSealedTargets, logger }),
    reports: createRoleReports({ ...worker, redis, instance, nowMs }),
    metrics: importMetrics(),
    importRules: {
      ...IMPORT_RULES,
      firstRetryMs: config.IMPORT_FIRST_RETRY_MS,
      settleMs: config.IMPORT_SETTLE_SECONDS * 1000,
      giveUpAfterMs: config.IMPORT_GIVE_UP_HOURS * 3_600_000,
    },
    nowMs,
    webexFor,
    async close() {
      quota.close();
      redis.disconnect();
      await closeWebexConnections();
      await pool.end();
    },
  };
}

/** What makes imports faster than polling (MED-01). */
export const CAPTURE_WEBHOOK: WebhookKind = {
  name: 'wxcc-wfo-bridge media-import',
  eventTypes: ['capture:available'],
  resourceVersion: 'capture:1.0.0',
  path: '/v1/webhooks/media-import',
};

/** What looks after the webhook subscriptions. */
export function subscriptionDeps(wiring: Wiring): SubscriptionJobDeps {
  return {
    kind: CAPTURE_WEBHOOK,
    worker: wiring.worker,
    sql: wiring.pool,
    sealer: wiring.seals.atRest,
    nowMs: wiring.nowMs,
    publicBase: wiring.config.WEBHOOK_PUBLIC_BASE,
    checkEveryMs: wiring.config.WEBHOOK_CHECK_MS,
    logger: wiring.logger,
    sourceOf: wiring.webexFor,
  };
}
