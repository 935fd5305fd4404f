import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  acdSealedTargets,
  createRoleReports,
  createWebexAccess,
  type RoleReports,
  type WebexAccess,
} from '@wxcc-wfo/acd';
import {
  type Bus,
  type CommittedEvent,
  type Consumer,
  createBus,
  createConsumer,
  createRelay,
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
import { createUnpublishedDirectory, directoryOf, type SharedQuota } from '@wxcc-wfo/webex';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { SyncConfig } from './config.ts';
import { afterRun } from './duplicates/after-run.ts';
import type { DirectorySource } from './reconcile/directory-kinds.ts';
import { createDirectoryWork, type DirectoryWork } from './roles/directory-work-job.ts';
import { syncHandlers } from './runs/consumed-events.ts';
import { createSyncJob, type SyncJob } from './runs/sync-job.ts';

/** What sync is made of; everything is built, nothing runs yet. */
export interface Wiring {
  config: SyncConfig;
  logger: Logger;
  clock: DatabaseClock;
  pool: Pool;
  redis: Redis;
  waitForRedis(): Promise<void>;
  quota: SharedQuota;
  bus: Bus;
  relay: Relay;
  consumer: Consumer;
  reports: RoleReports;
  syncJob: SyncJob;
  /** What follows from edits of roles and merges of teams. */
  directoryWork: DirectoryWork;
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
  const atRest = createSealer(parseKeyring(config.SEALING_KEYS));
  const rewrapJob = createRewrapJob({ pool, sealer: atRest, targets: acdSealedTargets, logger });
  const handover = createSealer(parseKeyring(config.HANDOVER_KEYS));
  const webexAccess = createWebexAccess({ config, kind: 'sync', sql: pool, handover, atRest, logger, nowMs });
  const { redis, quota, tokens, webexFor, waitForRedis } = webexAccess;
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
    sourceOf: (acd) => directoryFor(acd, webexFor),
    settings: {
      leaseMs: config.SYNC_LEASE_MS,
      concurrency: config.SYNC_CONCURRENCY,
      checkEveryMs: config.SYNC_CHECK_MS,
      retention: { plans: config.SYNC_KEPT_PLANS, runs: config.SYNC_KEPT_RUNS },
    },
  });
  const onCommitted = (events: readonly CommittedEvent[]) => {
    tokens.copyAnnounced(events);
    syncJob.wake();
  };
  const directoryWork = createDirectoryWork({ pool, clock, logger });
  const messaging = createMessaging(config, { pool, onCommitted, ...o });
  return {
    config,
    logger,
    clock,
    pool,
    redis,
    waitForRedis,
    quota,
    reports,
    syncJob,
    directoryWork,
    rewrapJob,
    ...messaging,
  };
}

function createMessaging(
  config: SyncConfig,
  o: {
    pool: Pool;
    onCommitted(events: readonly CommittedEvent[]): void;
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

/** The ACD's directory, or what stands for it where no public API answers for it. */
function directoryFor(acd: AcdChanged, webexFor: WebexAccess['webexFor']): DirectorySource {
  if (acd.variant !== '2.0' && !directoryOf(acd.variant).available) return createUnpublishedDirectory(acd.variant);
  return webexFor(acd);
}
