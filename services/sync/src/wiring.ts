import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import {
  acdSealedTargets,
  createRoleReports,
  createTokenSource,
  type RoleReports,
  type TokenSource,
} from '@wxcc-wfo/acd';
import {
  type Bus,
  type Consumer,
  createBus,
  createConsumer,
  createRelay,
  type ReceivedEvent,
  type Relay,
} from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import {
  createDatabaseClock,
  createPool,
  createRewrapJob,
  createSealer,
  type DatabaseClock,
  type Logger,
  parseKeyring,
  type RewrapJob,
} from '@wxcc-wfo/service-kit';
import {
  createSharedQuota,
  createUnpublishedDirectory,
  createWebexClient,
  directoryOf,
  type SharedQuota,
} from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { SyncConfig } from './config.ts';
import { afterRun } from './duplicates/after-run.ts';
import type { DirectorySource } from './reconcile/directory-kinds.ts';
import { syncHandlers } from './runs/consumed-events.ts';
import { createSyncJob, type SyncJob } from './runs/sync-job.ts';

/** What sync is made of; everything is built, nothing runs yet. */
export interface Wiring {
  config: SyncConfig;
  logger: Logger;
  clock: DatabaseClock;
  pool: Pool;
  redis: Redis;
  quota: SharedQuota;
  bus: Bus;
  relay: Relay;
  consumer: Consumer;
  reports: RoleReports;
  syncJob: SyncJob;
  /** Seals what is stored anew after a change of SEALING_KEYS. */
  rewrapJob: RewrapJob;
}

export function createWiring(config: SyncConfig, o: { logger: Logger; onFatal(error: unknown): void }): Wiring {
  const { logger } = o;
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'sync',
    max: config.DATABASE_POOL_SIZE,
    logger,
  });
  const clock = createDatabaseClock(pool);
  const { nowMs } = clock;
  const redis = connectRedis(config, logger);
  const quota = createSharedQuota({ redis, requestsPerMinute: config.WEBEX_REQUESTS_PER_MINUTE });
  const atRest = createSealer(parseKeyring(config.SEALING_KEYS));
  const rewrapJob = createRewrapJob({ pool, sealer: atRest, targets: acdSealedTargets, logger });
  const tokens = createTokenSource({
    sql: pool,
    redis,
    handover: createSealer(parseKeyring(config.HANDOVER_KEYS)),
    atRest,
    logger,
    nowMs,
  });
  const owner = `${hostname().slice(0, 60)}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const worker = { role: 'sync', dataServer: config.DATA_SERVER } as const;
  const reports = createRoleReports({ ...worker, redis, instance: owner, nowMs });
  const syncJob = createSyncJob({
    pool,
    clock,
    logger,
    tokens,
    reports,
    afterChanges: afterRun,
    owner,
    dataServer: config.DATA_SERVER,
    sourceOf: (acd) => createSource(config, { acd, quota, tokens }),
    settings: {
      leaseMs: config.SYNC_LEASE_MS,
      concurrency: config.SYNC_CONCURRENCY,
      checkEveryMs: config.SYNC_CHECK_MS,
      retention: { plans: config.SYNC_KEPT_PLANS, runs: config.SYNC_KEPT_RUNS },
    },
  });
  const onCommitted = (events: readonly ReceivedEvent[]) => {
    tokens.copyAnnounced(events);
    syncJob.wake();
  };
  const messaging = createMessaging(config, { pool, onCommitted, ...o });
  return { config, logger, clock, pool, redis, quota, reports, syncJob, rewrapJob, ...messaging };
}

function connectRedis(config: SyncConfig, logger: Logger): Redis {
  const redis = new Redis(config.REDIS_URL, {
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    enableOfflineQueue: false,
  });
  redis.on('error', (error) => logger.warn({ err: error }, 'redis is away; working on with our own copies'));
  return redis;
}

const REDIS_AT_START_MS = 2_000;

/** Waits a little for Redis at the start, so that the first runs find their tokens; without it work goes on, too. */
export async function waitForRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  await once(redis, 'ready', { signal: AbortSignal.timeout(REDIS_AT_START_MS) }).catch(() => {});
}

function createMessaging(
  config: SyncConfig,
  o: {
    pool: Pool;
    onCommitted(events: readonly ReceivedEvent[]): void;
    logger: Logger;
    onFatal(error: unknown): void;
  },
) {
  const { pool, logger } = o;
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_SESSION_TIMEOUT_MS: sessionTimeoutMs,
  } = config;
  const bus = createBus({ brokers, clientId: 'sync', topicPrefix, sessionTimeoutMs, logger });
  const relay = createRelay({ bus, pool, logger, ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}) });
  const consumer = createConsumer({
    bus,
    pool,
    logger,
    groupId: 'sync',
    handlers: syncHandlers,
    onCommitted: o.onCommitted,
    onFatal: o.onFatal,
    ...(config.INTERNAL_API_KEY ? { internalApiKey: config.INTERNAL_API_KEY } : {}),
    blobOrigins: config.EVENT_BLOB_ORIGINS,
  });
  return { bus, relay, consumer };
}

/** The ACD's directory. Sync signs nobody in, so the OAuth addresses are of no use here. */
function createSource(
  config: SyncConfig,
  o: { acd: AcdChanged; quota: SharedQuota; tokens: TokenSource },
): DirectorySource {
  const { acd, quota, tokens } = o;
  if (acd.variant !== '2.0' && !directoryOf(acd.variant).available) return createUnpublishedDirectory(acd.variant);
  return createWebexClient({
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
    getAccessToken: (refused) => tokens.getAccessToken(acd.acdId, refused),
    orgId: acd.webexOrgId,
    kind: 'sync',
  });
}
