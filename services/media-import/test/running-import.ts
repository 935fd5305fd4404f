import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSubscriptionJob } from '@wxcc-wfo/acd';
import { appendEvents, type OutgoingEvent } from '@wxcc-wfo/bus';
import { type AcdChanged, TOPICS } from '@wxcc-wfo/contracts';
import {
  type App,
  createLogger,
  createSealer,
  loadConfig,
  newApiKey,
  newSealingKey,
  parseKeyring,
  type Sealer,
} from '@wxcc-wfo/service-kit';
import type { Simulator } from '@wxcc-wfo/simulator';
import { testAddresses, uniqueName } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { buildApp } from '../src/app.ts';
import { mediaImportConfig } from '../src/config.ts';
import { startImportJob } from '../src/jobs/import-job.ts';
import { createWiring, subscriptionDeps, type Wiring } from '../src/wiring.ts';
import type { MediaImportDatabase } from './media-import-database.ts';

/** What replicas of one deployment share. */
export interface Deployment {
  database: MediaImportDatabase;
  acd: AcdChanged;
  mediaFolder: string;
  topicPrefix: string;
  environment: Record<string, string>;
  handover: Sealer;
  /** Keys of the ACD's tenant with every scope, of another tenant, of a sibling service, and one without scopes. */
  keys: { own: string; foreign: string; sibling: string; narrow: string };
  topicOf(topic: string): string;
  /** What `oauth` does with a new token. */
  handOver(token: { version: number; accessToken: string }): Promise<void>;
  /** Files below the media folder. */
  files(): Promise<string[]>;
  close(): Promise<void>;
}

export async function createDeployment(o: {
  database: MediaImportDatabase;
  acd: AcdChanged;
  environment?: Record<string, string>;
}): Promise<Deployment> {
  const topicPrefix = `${uniqueName('media')}.`;
  const mediaFolder = await mkdtemp(join(tmpdir(), 'media-import-test-'));
  const [own, foreign, sibling, narrow] = ['own', 'foreign', 'sibling', 'narrow'].map((id) => ({
    id,
    ...newApiKey(id),
  }));
  const handoverKeys = `k1:${newSealingKey()}`;
  const redis = new Redis(testAddresses.redisUrl);
  const entry = (key: typeof own, scopes: string[], tenantId: string | null) => ({
    id: key!.id,
    sha256: key!.sha256,
    scopes,
    tenantId,
  });
  const handover = createSealer(parseKeyring(handoverKeys));
  return {
    ...o,
    mediaFolder,
    topicPrefix,
    handover,
    keys: { own: own!.key, foreign: foreign!.key, sibling: sibling!.key, narrow: narrow!.key },
    environment: {
      DATABASE_URL: o.database.url,
      REDIS_URL: testAddresses.redisUrl,
      KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      SEALING_KEYS: `k1:${newSealingKey()}`,
      HANDOVER_KEYS: handoverKeys,
      MEDIA_FOLDER: mediaFolder,
      WEBEX_ALLOWED_HOSTS: new URL(o.acd.apiUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      WEBEX_REQUESTS_PER_MINUTE: '100000',
      IMPORT_CHECK_MS: '100',
      IMPORT_FIRST_RETRY_MS: '50',
      API_KEYS: JSON.stringify([
        entry(own, ['*'], o.acd.tenantId),
        entry(foreign, ['*'], randomUUID()),
        entry(sibling, ['recording-keys:read'], null),
        entry(narrow, ['contacts:read'], o.acd.tenantId),
      ]),
      ...o.environment,
    },
    topicOf: (topic) => topicPrefix + topic,
    async handOver({ version, accessToken }) {
      await redis.hset(`wfo:token:${o.acd.acdId}`, {
        version,
        sealed: handover.seal(accessToken, `${o.acd.acdId}:${version}`),
        expiresAtMs: Date.now() + 86_400_000,
      });
    },
    async files() {
      const entries = await readdir(mediaFolder, { recursive: true, withFileTypes: true });
      return entries.filter((one) => one.isFile()).map((one) => one.name);
    },
    async close() {
      await redis.del(`wfo:token:${o.acd.acdId}`);
      redis.disconnect();
      await rm(mediaFolder, { recursive: true, force: true });
    },
  };
}

export interface RunningImport {
  wiring: Wiring;
  app: App;
  url: string;
  /** Through the outbox of this very database, as other services do through theirs. */
  publish(...events: OutgoingEvent[]): Promise<void>;
  stop(): Promise<void>;
}

const NEEDED = [
  TOPICS.acdChanged,
  TOPICS.tokenRefreshed,
  TOPICS.taskEnded,
  TOPICS.recordingAvailable,
  TOPICS.recordingUnavailable,
];

/**
 * One replica as `server.ts` starts it, in this process, over the run's real Kafka, Postgres and Redis. One that does not
 * consume leaves alone the group that a killed replica has not left yet.
 */
export async function runImport(deployment: Deployment, o: { consumes?: boolean } = {}): Promise<RunningImport> {
  const config = loadConfig(mediaImportConfig, deployment.environment);
  const logger = createLogger({ service: 'media-import', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const wake = () => imports?.wake();
  let imports: ReturnType<typeof startImportJob> | undefined;
  const wiring = createWiring(config, {
    logger,
    onCommitted: wake,
    onFatal: (error) => {
      throw error;
    },
  });
  await wiring.bus.ensureTopics(NEEDED, { partitions: 2, replicationFactor: 1 });
  const app = await buildApp(wiring, { wake, lastTickMs: Date.now, isCaughtUp: () => true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const consumes = o.consumes ?? true;
  await Promise.all([wiring.relay.start(), consumes && wiring.consumer.start()]);
  wiring.reports.start();
  imports = startImportJob(wiring);
  const subscriptions = startSubscriptionJob(subscriptionDeps(wiring));
  return {
    wiring,
    app,
    url,
    async publish(...events) {
      await appendEvents(wiring.pool, events);
      wiring.relay.wake();
    },
    async stop() {
      await app.close();
      await Promise.all([imports?.stop(), subscriptions.stop(), wiring.reports.stop()]);
      await Promise.all([consumes && wiring.consumer.stop(5_000), wiring.relay.stop(5_000)]);
      await wiring.close();
    },
  };
}

/** A token as the authorization-code flow would give it. */
export function signIn(simulator: Simulator): string {
  const { tokens, options } = simulator.tenant;
  const redirect = 'https://bridge.example.com/callback';
  const scopes = ['cjp:config', 'cjp:config_read', 'cjp:config_write'];
  const grant = { clientId: 'simulated-client', account: tokens.settings.account, scopes };
  const answer = tokens.redeemCode(tokens.issueCode(grant, redirect), options.clients[0]!.id, redirect);
  if (typeof answer === 'string') throw new Error(answer);
  return answer.access_token;
}
