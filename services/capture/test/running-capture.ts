import { randomUUID } from 'node:crypto';
import { createBus, type Relay } from '@wxcc-wfo/bus';
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
import { captureConfig } from '../src/config.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import type { CaptureDatabase } from './capture-database.ts';

export interface RunningCapture {
  wiring: Wiring;
  app: App;
  url: string;
  /** A key of the ACD's tenant with every scope. */
  key: string;
  /** The same of another tenant. */
  foreignKey: string;
  topicOf(topic: 'task-ended' | 'acd-changed' | 'token-refreshed'): string;
  /** What `oauth` does with a new token. */
  handOver(acdId: string, token: { version: number; accessToken: string }): Promise<void>;
  handoverKeys: string;
  sealingKeys: string;
  relay: Relay;
  stop(): Promise<void>;
}

export interface RunOptions {
  database: CaptureDatabase;
  acd: AcdChanged;
  environment: Record<string, string>;
  topicPrefix?: string;
  /** Of the replica before, when there are several. */
  handoverKeys?: string;
  sealingKeys?: string;
}

/** Capture as `server.ts` starts it, in this process, over the run's real Kafka, Postgres and Redis. */
export async function runCapture(o: RunOptions): Promise<RunningCapture> {
  const topicPrefix = o.topicPrefix ?? `${uniqueName('capture')}.`;
  const own = newApiKey('test');
  const foreign = newApiKey('foreign');
  const scopes = ['*'];
  const sealingKeys = o.sealingKeys ?? `k1:${newSealingKey()}`;
  const handoverKeys = o.handoverKeys ?? `k1:${newSealingKey()}`;
  const config = loadConfig(captureConfig, {
    DATABASE_URL: o.database.url,
    REDIS_URL: testAddresses.redisUrl,
    KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    SEALING_KEYS: sealingKeys,
    HANDOVER_KEYS: handoverKeys,
    WEBEX_ALLOWED_HOSTS: new URL(o.acd.apiUrl).host,
    WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
    WEBEX_REQUESTS_PER_MINUTE: '100000',
    API_KEYS: JSON.stringify([
      { id: 'test', sha256: own.sha256, scopes, tenantId: o.acd.tenantId },
      { id: 'foreign', sha256: foreign.sha256, scopes, tenantId: randomUUID() },
    ]),
    ...o.environment,
  });
  const logger = createLogger({ service: 'capture', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const topics = [TOPICS.acdChanged, TOPICS.tokenRefreshed, TOPICS.taskEnded];
  const wiring = createWiring(config, {
    logger,
    onFatal: (error) => {
      throw error;
    },
  });
  await wiring.bus.ensureTopics(topics, { partitions: 3, replicationFactor: 1 });
  const app = await buildApp(wiring, { isCaughtUp: () => true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await Promise.all([wiring.relay.start(), wiring.consumer.start()]);
  wiring.reports.start();
  wiring.pollJob.start();
  wiring.hintJob.start();
  const sealer = createSealer(parseKeyring(handoverKeys));
  const redis = new Redis(testAddresses.redisUrl);
  return {
    wiring,
    app,
    url,
    key: own.key,
    foreignKey: foreign.key,
    handoverKeys,
    sealingKeys,
    relay: wiring.relay,
    topicOf: (topic) => topicPrefix + topic,
    async handOver(acdId, { version, accessToken }) {
      await redis.hset(`wfo:token:${acdId}`, {
        version,
        sealed: sealer.seal(accessToken, `${acdId}:${version}`),
        expiresAtMs: Date.now() + 86_400_000,
      });
    },
    async stop() {
      await redis.del(`wfo:token:${o.acd.acdId}`);
      redis.disconnect();
      await app.close();
      await Promise.all([wiring.hintJob.stop(), wiring.pollJob.stop(), wiring.reports.stop()]);
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
  const { acdId } = payload;
  await producer.send({
    topic: bus.physicalTopic(topic),
    messages: [{ key: acdId, value: JSON.stringify(payload), headers: { ce_id: randomUUID() } }],
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
