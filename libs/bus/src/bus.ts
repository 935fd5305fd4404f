import { EVENT_DEFINITIONS, TOPIC_NAMES, type TopicName } from '@wxcc-wfo/contracts';
import { type Admin, Kafka, type logCreator, logLevel } from 'kafkajs';
import type { Logger } from './logger.ts';

export interface BusOptions {
  /** host:port of the brokers to ask first */
  brokers: string[];
  /** The service's name; part of the transactional ids, so replicas share it and services don't. */
  clientId: string;
  /** Put before every topic, group and transactional id; keeps tests and installations on one cluster apart. */
  topicPrefix?: string;
  logger: Logger;
  /** A consumer that is silent for so long loses its partitions to the others; the broker's least is 6 s. Default 15 s. */
  sessionTimeoutMs?: number;
}

export interface Bus {
  readonly clientId: string;
  readonly prefix: string;
  readonly logger: Logger;
  readonly sessionTimeoutMs: number;
  /** The topic's name at the broker. */
  physicalTopic(topic: TopicName): string;
  /** The contract's name of a topic of the broker; undefined if it is none of ours. */
  logicalTopic(physical: string): TopicName | undefined;
  /** A new kafkajs client; its log goes to the logger, and every entry to `onLog`, too. */
  createKafka(onLog?: (message: string, extra: Record<string, unknown>) => void): Kafka;
  /** Runs `work` with an admin client that is closed afterwards. */
  withAdmin<R>(work: (admin: Admin) => Promise<R>): Promise<R>;
  /**
   * Creates the topics that are missing, and waits until they have leaders. Existing ones are left as they are (growing
   * a keyed topic would break its order); another partition count than asked for is logged.
   */
  ensureTopics(topics: readonly TopicName[], o: { partitions: number; replicationFactor: number }): Promise<void>;
}

const RETENTION_MS = 7 * 24 * 3_600_000;

/** The port to Kafka that relays and consumers are made with; it opens no connection by itself. */
export function createBus(o: BusOptions): Bus {
  const prefix = o.topicPrefix ?? '';
  const logicalNames = new Map(TOPIC_NAMES.map((topic) => [prefix + topic, topic]));
  const isRepeated = repetitionFilter();
  const bus: Bus = {
    clientId: o.clientId,
    prefix,
    logger: o.logger,
    sessionTimeoutMs: o.sessionTimeoutMs ?? 15_000,
    physicalTopic: (topic) => prefix + topic,
    logicalTopic: (physical) => logicalNames.get(physical),
    createKafka: (onLog) =>
      new Kafka({
        brokers: o.brokers,
        clientId: o.clientId,
        connectionTimeout: 3_000,
        requestTimeout: 30_000,
        retry: { initialRetryTime: 50, maxRetryTime: 2_000, retries: 10 },
        logLevel: logLevel.INFO,
        logCreator: logTo(o.logger, isRepeated, onLog),
      }),
    async withAdmin(work) {
      const admin = bus.createKafka().admin();
      await admin.connect();
      try {
        return await work(admin);
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    },
    ensureTopics: (topics, options) => bus.withAdmin((admin) => ensureTopics(bus, admin, topics, options)),
  };
  return bus;
}

async function ensureTopics(
  bus: Bus,
  admin: Admin,
  topics: readonly TopicName[],
  o: { partitions: number; replicationFactor: number },
): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !existing.has(bus.physicalTopic(topic)));
  if (missing.length > 0) {
    // False means that another process was quicker, which is as good.
    await admin.createTopics({
      waitForLeaders: true,
      timeout: 15_000,
      topics: missing.map((topic) => ({
        topic: bus.physicalTopic(topic),
        numPartitions: o.partitions,
        replicationFactor: o.replicationFactor,
        configEntries: topicConfiguration(topic, o.replicationFactor),
      })),
    });
  }
  const present = topics.filter((topic) => existing.has(bus.physicalTopic(topic)));
  if (present.length === 0) return;
  const metadata = await admin.fetchTopicMetadata({ topics: present.map((topic) => bus.physicalTopic(topic)) });
  for (const { name, partitions } of metadata.topics) {
    if (partitions.length === o.partitions) continue;
    bus.logger.warn(
      { topic: name, partitions: partitions.length, configured: o.partitions },
      'the topic has another number of partitions than configured; it stays so, because growing it breaks the order of keys',
    );
  }
}

function topicConfiguration(topic: TopicName, replicationFactor: number) {
  const durability = replicationFactor >= 3 ? [{ name: 'min.insync.replicas', value: '2' }] : [];
  return EVENT_DEFINITIONS[topic].compacted
    ? [{ name: 'cleanup.policy', value: 'compact' }, ...durability]
    : [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: String(RETENTION_MS) },
        ...durability,
      ];
}

// kafkajs calls errors what it retries and survives; they are warnings. What it prints with the words below is the
// ordinary start of a group, a transaction or a broker.
const ORDINARY =
  /coordinator|rebalanc|not the leader|no leader|concurrent operation|There is no leader|joined the group|Limiting retries|switched default partitioner|old epoch/i;

/** While a broker is away kafkajs says the same many times a second. */
const REPEAT_MS = 10_000;

function repetitionFilter(): (message: string) => boolean {
  const saidAtMs = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    if (now - (saidAtMs.get(message) ?? 0) < REPEAT_MS) return true;
    if (saidAtMs.size > 100) saidAtMs.clear();
    saidAtMs.set(message, now);
    return false;
  };
}

function logTo(
  logger: Logger,
  isRepeated: (message: string) => boolean,
  onLog?: (message: string, extra: Record<string, unknown>) => void,
): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, error, broker, groupId, topic, ...extra } = log;
      onLog?.(message, { topic, ...extra });
      const reason = error instanceof Error ? error.message : error === undefined ? undefined : String(error);
      const fields = { kafkajs: namespace, broker, groupId, topic, reason };
      const ordinary = level >= logLevel.INFO || ORDINARY.test(`${message} ${reason ?? ''}`);
      if (ordinary || isRepeated(message)) logger.debug(fields, message);
      else logger.warn(fields, message);
    };
}
