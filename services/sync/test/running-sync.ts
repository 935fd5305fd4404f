import { randomUUID } from 'node:crypto';
import { createBus } from '@wxcc-wfo/bus';
import { type AcdChanged, type EventOf, TOPICS, type TopicName } from '@wxcc-wfo/contracts';
import {
  type App,
  createLogger,
  createSealer,
  loadConfig,
  newApiKey,
  newSealingKey,
  parseKeyring,
} from '@wxcc-wfo/service-kit';
import type { Simulator } from '@wxcc-wfo/simulator';
import { testAddresses, uniqueName } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { buildApp } from '../src/app.ts';
import { syncConfig } from '../src/config.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import type { SyncDatabase } from './sync-database.ts';

export const SYNC_TOPICS: TopicName[] = [
  TOPICS.acdChanged,
  TOPICS.tokenRefreshed,
  TOPICS.userChanged,
  TOPICS.teamChanged,
  TOPICS.queueChanged,
];

/** What every replica of sync over one database shares. */
export interface Deployment {
  environment: Record<string, string>;
  topicPrefix: string;
  /** A key of the ACD's tenant with every scope, one that only reads, and one of another tenant. */
  keys: { all: string; reader: string; foreign: string };
  /** What `oauth` does with a new token. */
  handOver(acdId: string, token: { version: number; accessToken: string }): Promise<void>;
  close(): Promise<void>;
}

/** Topics, keys and the environment of sync for one ACD over the run's real servers. */
export async function deploySync(o: { database: SyncDatabase; acd: AcdChanged }): Promise<Deployment> {
  const topicPrefix = `${uniqueName('sync')}.`;
  const [own, reader, foreign] = ['test', 'reader', 'foreign'].map((id) => newApiKey(id)) as [
    ReturnType<typeof newApiKey>,
    ReturnType<typeof newApiKey>,
    ReturnType<typeof newApiKey>,
  ];
  const handoverKeys = `k1:${newSealingKey()}`;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'test', topicPrefix, logger });
  await bus.ensureTopics(SYNC_TOPICS, { partitions: 3, replicationFactor: 1 });
  const sealer = createSealer(parseKeyring(handoverKeys));
  const redis = new Redis(testAddresses.redisUrl);
  return {
    topicPrefix,
    keys: { all: own.key, reader: reader.key, foreign: foreign.key },
    environment: {
      DATABASE_URL: o.database.url,
      REDIS_URL: testAddresses.redisUrl,
      KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      SEALING_KEYS: `k1:${newSealingKey()}`,
      HANDOVER_KEYS: handoverKeys,
      WEBEX_ALLOWED_HOSTS: new URL(o.acd.apiUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      WEBEX_REQUESTS_PER_MINUTE: '100000',
      SYNC_CHECK_MS: '50',
      SYNC_LEASE_MS: '4000',
      OTEL_TRACES_EXPORTER: 'none',
      API_KEYS: JSON.stringify([
        { id: 'test', sha256: own.sha256, scopes: ['*'], tenantId: o.acd.tenantId },
        { id: 'reader', sha256: reader.sha256, scopes: ['sync:read'], tenantId: o.acd.tenantId },
        { id: 'foreign', sha256: foreign.sha256, scopes: ['*'], tenantId: randomUUID() },
      ]),
    },
    async handOver(acdId, { version, accessToken }) {
      const sealed = sealer.seal(accessToken, `${acdId}:${version}`);
      await redis.hset(`wfo:token:${acdId}`, { version, sealed, expiresAtMs: Date.now() + 86_400_000 });
    },
    async close() {
      await redis.del(`wfo:token:${o.acd.acdId}`);
      redis.disconnect();
    },
  };
}

export interface RunningSync {
  wiring: Wiring;
  app: App;
  url: string;
  stop(): Promise<void>;
}

/** Sync as `server.ts` starts it, in this process. */
export async function runSync(deployment: Deployment): Promise<RunningSync> {
  const logger = createLogger({ service: 'sync', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const wiring = createWiring(loadConfig(syncConfig, deployment.environment), {
    logger,
    onFatal: (error) => {
      throw error;
    },
  });
  const app = await buildApp(wiring, { isCaughtUp: () => true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await Promise.all([wiring.relay.start(), wiring.consumer.start()]);
  wiring.syncJob.start();
  return {
    wiring,
    app,
    url,
    async stop() {
      await app.close();
      await wiring.syncJob.stop();
      await Promise.all([wiring.consumer.stop(5_000), wiring.relay.stop(5_000)]);
      wiring.quota.close();
      wiring.redis.disconnect();
      await wiring.pool.end();
    },
  };
}

/** Puts an event on its topic, as `oauth` does. */
export async function announce<T extends TopicName>(topicPrefix: string, topic: T, payload: EventOf<T>): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'oauth', topicPrefix, logger });
  const producer = bus.createKafka().producer();
  await producer.connect();
  await producer.send({
    topic: bus.physicalTopic(topic),
    messages: [{ key: payload.acdId, value: JSON.stringify(payload), headers: { ce_id: randomUUID() } }],
  });
  await producer.disconnect();
}

/** A token as the authorization-code flow would give it. */
export function signIn(simulator: Simulator): string {
  const { tokens, options } = simulator.tenant;
  const redirect = 'https://bridge.example.com/callback';
  const scopes = ['cjp:config', 'cjp:config_read', 'cjp:config_write'];
  const clientId = options.clients[0]!.id;
  const grant = { clientId, account: tokens.settings.account, scopes };
  const answer = tokens.redeemCode(tokens.issueCode(grant, redirect), clientId, redirect);
  if (typeof answer === 'string') throw new Error(answer);
  return answer.access_token;
}
