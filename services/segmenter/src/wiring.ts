import { type Bus, type Consumer, createBus, createRelay, type Relay } from '@wxcc-wfo/bus';
import { createPool, createSealer, type Logger, parseKeyring } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import type { SegmenterConfig } from './config.ts';
import { createSegmenterMetrics, recordSegmented } from './metrics.ts';
import { type AudioLinks, createAudioLinks } from './playback/audio-link.ts';
import { createRecordingKeys, type RecordingKeys } from './playback/recording-key-client.ts';
import { type AwaitedTaskJob, createAwaitedTaskJob } from './segmenting/awaited-task-job.ts';
import { createSegmenterConsumer } from './segmenting/segmenter-consumer.ts';

/** What the segmenter is made of; everything is built, nothing runs yet. */
export interface Wiring {
  config: SegmenterConfig;
  logger: Logger;
  pool: Pool;
  bus: Bus;
  relay: Relay;
  consumer: Consumer;
  awaitedTasks: AwaitedTaskJob;
  links: AudioLinks;
  keys: RecordingKeys;
}

export function createWiring(config: SegmenterConfig, o: { logger: Logger; onFatal(error: unknown): void }): Wiring {
  const { logger } = o;
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'segmenter',
    max: config.DATABASE_POOL_SIZE,
    logger,
  });
  const bus = createBus({
    brokers: config.KAFKA_BROKERS,
    clientId: 'segmenter',
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    logger,
  });
  const metrics = createSegmenterMetrics();
  return {
    config,
    logger,
    pool,
    bus,
    relay: createRelay({ bus, pool, logger, ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}) }),
    consumer: createSegmenterConsumer({
      bus,
      pool,
      logger,
      onSegmented: (changed) => recordSegmented(metrics, changed),
      batchSize: config.SEGMENTER_BATCH_SIZE,
      concurrency: config.SEGMENTER_CONCURRENCY,
      internalApiKey: config.INTERNAL_API_KEY,
      blobOrigins: config.EVENT_BLOB_ORIGINS,
      onFatal: o.onFatal,
    }),
    awaitedTasks: createAwaitedTaskJob({
      pool,
      logger,
      nowMs: Date.now,
      gauge: metrics.segmenter_oldest_awaited_task_age_seconds,
    }),
    links: createAudioLinks({
      signingKey: config.LINK_SIGNING_KEY,
      lifetimeMs: config.LINK_LIFETIME_SECONDS * 1_000,
    }),
    keys: createRecordingKeys({
      mediaImportUrl: config.MEDIA_IMPORT_URL,
      apiKey: config.INTERNAL_API_KEY,
      handover: createSealer(parseKeyring(config.HANDOVER_KEYS)),
    }),
  };
}
