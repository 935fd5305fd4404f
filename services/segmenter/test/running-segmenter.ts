import { randomUUID } from 'node:crypto';
import { appendEvents, type OutgoingEvent } from '@wxcc-wfo/bus';
import {
  type AcdChanged,
  type RecordingAvailable,
  type RecordingUnavailable,
  type TaskEnded,
  TOPICS,
} from '@wxcc-wfo/contracts';
import { type App, createLogger, inTransaction, loadConfig, newApiKey } from '@wxcc-wfo/service-kit';
import { type TopicLedger, testAddresses, topicLedger, uniqueName } from '@wxcc-wfo/testkit';
import { buildApp, closeApp } from '../src/app.ts';
import { segmenterConfig } from '../src/config.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import { type SegmenterDatabase, segmenterDatabase } from './segmenter-database.ts';
import { type StoredRecordings, storedRecordings } from './stored-recordings.ts';

export interface RunningSegmenter {
  url: string;
  app: App;
  wiring: Wiring;
  database: SegmenterDatabase;
  media: StoredRecordings;
  /** Two tenants with all scopes, and one of the first tenant's keys that may read but not listen. */
  tenants: [Credential, Credential];
  readOnlyKey: string;
  /** All contacts published so far. */
  published: TopicLedger;
  /** Publishes facts as oauth, capture and media-import would (through this service's own outbox). */
  publish(...facts: (TaskEnded | RecordingAvailable | RecordingUnavailable | AcdChanged)[]): Promise<void>;
  /** Until all that was published is handled, and all that followed from it is published, too. */
  settled(): Promise<void>;
  get(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>;
  stop(): Promise<void>;
}

export interface Credential {
  tenantId: string;
  key: string;
}

/** The segmenter as `server.ts` starts it, in this process, over the run's real Kafka and Postgres. */
export async function runSegmenter(environment: Record<string, string> = {}): Promise<RunningSegmenter> {
  const database = await segmenterDatabase();
  const media = await storedRecordings();
  const keys = [newApiKey('one'), newApiKey('two'), newApiKey('reader')];
  const [one, two] = [randomUUID(), randomUUID()];
  const topicPrefix = `${uniqueName('segmenter')}.`;
  const config = loadConfig(segmenterConfig, {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    MEDIA_FOLDER: media.folder,
    MEDIA_IMPORT_URL: media.url,
    HANDOVER_KEYS: media.handoverKeys,
    INTERNAL_API_KEY: media.apiKey,
    LINK_SIGNING_KEY: 'a signing key of the tests, long enough',
    API_KEYS: JSON.stringify([
      { id: 'one', sha256: keys[0]!.sha256, scopes: ['*'], tenantId: one },
      { id: 'two', sha256: keys[1]!.sha256, scopes: ['*'], tenantId: two },
      { id: 'reader', sha256: keys[2]!.sha256, scopes: ['contacts:read'], tenantId: one },
    ]),
    ...environment,
  });
  const logger = createLogger({ service: 'segmenter', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const wiring = createWiring(config, {
    logger,
    onFatal: (error) => {
      throw error;
    },
  });
  const topics = [
    TOPICS.taskEnded,
    TOPICS.recordingAvailable,
    TOPICS.recordingUnavailable,
    TOPICS.acdChanged,
    TOPICS.contactSegmented,
  ];
  await wiring.bus.ensureTopics(topics, { partitions: 3, replicationFactor: 1 });
  const app = await buildApp(wiring);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await Promise.all([wiring.relay.start(), wiring.consumer.start()]);
  const published = await topicLedger(testAddresses.kafkaBrokers, topicPrefix + TOPICS.contactSegmented);
  const tenants: [Credential, Credential] = [
    { tenantId: one, key: keys[0]!.key },
    { tenantId: two, key: keys[1]!.key },
  ];
  return {
    url,
    app,
    wiring,
    database,
    media,
    tenants,
    readOnlyKey: keys[2]!.key,
    published,
    async publish(...facts) {
      const events = facts.map((payload): OutgoingEvent => {
        if ('recordingId' in payload) return { topic: TOPICS.recordingAvailable, payload };
        if ('variant' in payload) return { topic: TOPICS.acdChanged, payload };
        if ('withdrawn' in payload) return { topic: TOPICS.recordingUnavailable, payload };
        return { topic: TOPICS.taskEnded, payload };
      });
      await inTransaction(database.pool, (tx) => appendEvents(tx, events));
      await wiring.relay.idle();
    },
    async settled() {
      await wiring.consumer.caughtUp();
      await wiring.relay.idle();
    },
    get(path, { key = tenants[0].key, headers, ...init } = {}) {
      const credential: Record<string, string> = key === null ? {} : { 'x-api-key': key };
      return fetch(new URL(path, url), { ...init, headers: { ...credential, ...(headers as Record<string, string>) } });
    },
    async stop() {
      await published.close();
      await closeApp(app, 100);
      await wiring.consumer.stop();
      await wiring.relay.stop();
      await wiring.pool.end();
      await database.drop();
      await media.close();
    },
  };
}
