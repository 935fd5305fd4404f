import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  acdSealedTargets,
  createRoleReports,
  createWebexAccess,
  type RoleReports,
  type TokenSource,
} from '@wxcc-wfo/acd';
import { type Bus, type Consumer, createBus, createConsumer, createRelay, type Relay } from '@wxcc-wfo/bus';
import {
  createDatabaseClock,
  createPool,
  createRewrapJob,
  createSealer,
  type DatabaseClock,
  type Logger,
  parseKeyring,
  type RewrapJob,
  type Sealer,
} from '@wxcc-wfo/service-kit';
import type { SharedQuota } from '@wxcc-wfo/webex';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { CaptureConfig } from './config.ts';
import { createAskMetadataJob } from './metadata/ask-metadata-job.ts';
import { captureHandlers } from './polling/consumed-events.ts';
import { createPollJob, type PollJob } from './polling/poll-job.ts';
import { createReadAcdJob } from './polling/read-acd-job.ts';
import type { WindowSettings } from './polling/window-policy.ts';
import { createStoreTasksJob } from './tasks/store-tasks-job.ts';
import { createHintJob, type HintJob } from './webhooks/hint-job.ts';
import { createTendTaskWebhook } from './webhooks/task-webhook.ts';

/** What capture is made of; everything is built, nothing runs yet. */
export interface Wiring {
  config: CaptureConfig;
  logger: Logger;
  clock: DatabaseClock;
  pool: Pool;
  redis: Redis;
  waitForRedis(): Promise<void>;
  quota: SharedQuota;
  /** Seals webhook secrets and copies of tokens. */
  sealer: Sealer;
  bus: Bus;
  relay: Relay;
  consumer: Consumer;
  reports: RoleReports;
  pollJob: PollJob;
  hintJob: HintJob;
  /** Seals what is stored anew after a change of SEALING_KEYS. */
  rewrapJob: RewrapJob;
}

/** Catching up goes in steps of a day, counted first and cut until they are small; each is kept before the next begins. */
const MAX_WINDOW_MS = 86_400_000;
/** Four pages of the Search API. */
const MAX_TASKS_PER_WINDOW = 1_000;
const LEDGER_ROW_MS = 300_000;

export function windowSettings(config: Pick<CaptureConfig, 'OVERLAP_MS' | 'INITIAL_LOOKBACK_MS'>): WindowSettings {
  return {
    overlapMs: config.OVERLAP_MS,
    initialLookbackMs: config.INITIAL_LOOKBACK_MS,
    maxWindowMs: MAX_WINDOW_MS,
    maxTasksPerWindow: MAX_TASKS_PER_WINDOW,
    rowMs: Math.min(LEDGER_ROW_MS, config.OVERLAP_MS),
  };
}

export function createWiring(config: CaptureConfig, o: { logger: Logger; onFatal(error: unknown): void }): Wiring {
  const { logger } = o;
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'capture',
    max: config.DATABASE_POOL_SIZE,
    logger,
  });
  const clock = createDatabaseClock(pool);
  const sealer = createSealer(parseKeyring(config.SEALING_KEYS));
  const handover = createSealer(parseKeyring(config.HANDOVER_KEYS));
  const { nowMs } = clock;
  const access = { config, sql: pool, handover, atRest: sealer, logger, nowMs };
  const { redis, quota, tokens, webexFor, waitForRedis } = createWebexAccess({ ...access, kind: 'live-capture' });
  const { bus, relay, consumer } = createMessaging(config, { pool, tokens, ...o });
  const storeTasks = createStoreTasksJob({ pool, nowMs });
  const owner = `${hostname().slice(0, 60)}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const worker = { role: 'capture', dataServer: config.DATA_SERVER } as const;
  const reports = createRoleReports({ ...worker, redis, instance: owner, nowMs });
  const askMetadata = createAskMetadataJob({ pool, nowMs, logger });
  const shared = { pool, clock, logger, sourceOf: webexFor, storeTasks, askMetadata, dataServer: config.DATA_SERVER };
  const leaseMs = config.POLL_LEASE_MS;
  const readAcd = createReadAcdJob({ ...shared, settings: { leaseMs, windows: windowSettings(config) } });
  const pollJob = createPollJob({
    ...shared,
    readAcd,
    tokens,
    reports,
    tendSubscription: createTendTaskWebhook({
      worker,
      sql: pool,
      sealer,
      nowMs,
      logger,
      publicBase: config.WEBHOOK_PUBLIC_BASE,
      checkEveryMs: config.WEBHOOK_CHECK_MS,
    }),
    owner,
    settings: { intervalMs: config.POLL_INTERVAL_MS, leaseMs, concurrency: config.POLL_CONCURRENCY },
  });
  const hintJob = createHintJob({ ...shared, coalesceMs: config.HINT_COALESCE_MS });
  const rewrapJob = createRewrapJob({ pool, sealer, targets: acdSealedTargets, logger });
  return {
    config,
    logger,
    clock,
    pool,
    redis,
    waitForRedis,
    quota,
    sealer,
    bus,
    relay,
    consumer,
    reports,
    pollJob,
    hintJob,
    rewrapJob,
  };
}

function createMessaging(
  config: CaptureConfig,
  o: { pool: Pool; tokens: TokenSource; logger: Logger; onFatal(error: unknown): void },
) {
  const { pool, logger } = o;
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_SESSION_TIMEOUT_MS: sessionTimeoutMs,
  } = config;
  const bus = createBus({ brokers, clientId: 'capture', topicPrefix, sessionTimeoutMs, logger });
  const relay = createRelay({ bus, pool, logger, ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}) });
  const consumer = createConsumer({
    bus,
    pool,
    logger,
    groupId: 'capture',
    handlers: captureHandlers,
    onCommitted: o.tokens.copyAnnounced,
    onFatal: o.onFatal,
    ...(config.INTERNAL_API_KEY ? { internalApiKey: config.INTERNAL_API_KEY } : {}),
    blobOrigins: config.EVENT_BLOB_ORIGINS,
  });
  return { bus, relay, consumer };
}
