import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from '../free-port.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { createManagedProcess } from './managed-process.ts';
import { downloadJars } from './maven.ts';
import type { LocalStart, StartedServer } from './server-control.ts';
import { cachedTool } from './tool-cache.ts';

export const KAFKA_VERSION = '4.4.0';

/** Broker settings for one node on a small machine; durable enough for fault tests, quick to create topics. */
function serverProperties(brokerPort: number, controllerPort: number, logFolder: string): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${brokerPort}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=${logFolder.replaceAll('\\', '/')}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
num.partitions=3
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=67108864
log.index.size.max.bytes=262144
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.backoff.ms=2000
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=1
controlled.shutdown.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
`;
}

/**
 * What `kafka-storage format` would write for a static quorum, without the two seconds of a second JVM. Ids are random
 * 128-bit numbers in URL-safe base64, 22 characters; Kafka refuses directory ids that begin with a dash.
 */
function formatStorage(logFolder: string): void {
  mkdirSync(logFolder, { recursive: true });
  const id = () => `A${randomBytes(16).toString('base64url').slice(1)}`;
  writeFileSync(`${logFolder}/meta.properties`, `version=1\ncluster.id=${id()}\nnode.id=1\ndirectory.id=${id()}\n`);
}

async function kafkaJars({ onProgress, signal }: LocalStart): Promise<string> {
  return cachedTool(`kafka-${KAFKA_VERSION}`, async (folder) => {
    onProgress(`fetching Apache Kafka ${KAFKA_VERSION} from Maven Central (once, about 43 MB)`);
    await downloadJars(
      [
        { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: KAFKA_VERSION },
        { group: 'org.slf4j', artifact: 'slf4j-nop', version: '1.7.36' },
      ],
      folder,
      signal,
    );
    if (!readdirSync(folder).some((name) => name.startsWith('kafka_2.13'))) {
      throw new Error(
        `Maven reported success but ${folder} holds no Kafka. Run again; if it persists, check Maven's settings.`,
      );
    }
  });
}

/**
 * Resolves when the broker is registered with its controller, so that topics can be created, and coordinates groups:
 * the first question about a group's offsets makes it create their topic, and kafkajs doesn't retry that everywhere.
 */
export async function kafkaAnswers(brokers: string[]): Promise<void> {
  const admin = new Kafka({
    clientId: 'testkit-probe',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0) throw new Error('the broker is not registered yet');
    await admin.fetchOffsets({ groupId: 'testkit-probe' });
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

const PROBE = 'testkit-probe';

/**
 * Commits a transaction, so that the broker has made its topic of transactions before the first use, which it would
 * answer with "the coordinator is not available" for a moment. A commit is answered before the coordinator has written it
 * to the partitions, which it does over the network even to its own broker: only the next producer of the same name is
 * kept waiting until that is done. Fails where it is never done.
 */
export async function makeTransactionCoordinator(brokers: string[]): Promise<void> {
  const kafka = new Kafka({
    clientId: PROBE,
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 100, initialRetryTime: 20, maxRetryTime: 100 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: PROBE, numPartitions: 1, replicationFactor: 1 }] });
    for (const work of ['commit', 'wait'] as const) {
      const producer = kafka.producer({ transactionalId: PROBE, idempotent: true, maxInFlightRequests: 1 });
      try {
        await producer.connect();
        if (work === 'wait') continue;
        const transaction = await producer.transaction();
        await transaction.send({ topic: PROBE, messages: [{ value: PROBE }] });
        await transaction.commit();
      } finally {
        await producer.disconnect();
      }
    }
    await admin.deleteTopics({ topics: [PROBE] });
  } catch (error) {
    throw new Error(`Kafka at ${brokers.join(',')} does not complete transactions: ${(error as Error).message}`);
  } finally {
    await admin.disconnect();
  }
}

/** Starts Apache Kafka (one node, KRaft) as a local process whose data live in `folder`. */
export async function startLocalKafka(start: LocalStart): Promise<StartedServer> {
  const { folder, watchdog, signal } = start;
  const jars = await kafkaJars(start);
  const [brokerPort, controllerPort] = [await freePort(), await freePort()];
  const logFolder = `${folder}/log`;
  if (!existsSync(`${logFolder}/meta.properties`)) formatStorage(logFolder);
  const propertiesFile = `${folder}/server.properties`;
  writeFileSync(propertiesFile, serverProperties(brokerPort, controllerPort, logFolder));
  const address = `127.0.0.1:${brokerPort}`;
  const control = createManagedProcess({
    name: `Kafka ${KAFKA_VERSION}`,
    command: 'java',
    args: [
      ...[
        '-Xms128m',
        '-Xmx512m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Xshare:auto',
        '-Djava.awt.headless=true',
      ],
      ...['-cp', `${jars}/*`, 'kafka.Kafka', propertiesFile],
    ],
    workingFolder: folder,
    logFile: `${folder}/kafka.out`,
    stopSignal: 'SIGTERM',
    graceMs: 15_000,
    answers: () => kafkaAnswers([address]),
    readyWithinMs: 60_000,
    watchdog,
    signal,
  });
  await control.start();
  try {
    await unlessAborted(makeTransactionCoordinator([address]), signal);
  } catch (error) {
    await control.stop();
    throw error;
  }
  return { address, control };
}
