import type { StartedTestContainer } from 'testcontainers';
import { freePort } from '../free-port.ts';
import { KAFKA_VERSION, kafkaAnswers, makeTransactionCoordinator } from './kafka-local.ts';
import { redisAnswers } from './redis-local.ts';
import type { ServerControl, ServerName, StartedServer } from './server-control.ts';

const IMAGES: Record<ServerName, string> = {
  kafka: `apache/kafka:${KAFKA_VERSION}`,
  postgres: 'postgres:18-alpine',
  redis: 'redis:7-alpine',
};

const READY_WITHIN_MS = 120_000;

/** Stops and starts a container in place: the host port was fixed when it was made, so both keep port and data. */
async function controlOf(container: StartedTestContainer, answers: () => Promise<void>): Promise<ServerControl> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const handle = (await getContainerRuntimeClient()).container.getById(container.getId());
  return {
    pid: () => undefined,
    async kill(signal = 'SIGKILL') {
      await handle.kill({ signal });
      await handle.wait();
    },
    async stop() {
      await handle.stop({ t: 15 });
    },
    async start() {
      await handle.start();
      await untilAnswering(answers);
    },
  };
}

async function untilAnswering(answers: () => Promise<void>): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      return await answers();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function started(
  name: ServerName,
  port: { container: number; host: number },
  environment: Record<string, string>,
  answers: () => Promise<void>,
): Promise<{ control: ServerControl; remove(): Promise<void> }> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer(IMAGES[name])
    .withEnvironment(environment)
    .withExposedPorts(port)
    .withStartupTimeout(READY_WITHIN_MS)
    .start();
  await untilAnswering(answers);
  return {
    control: await controlOf(container, answers),
    async remove() {
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}

/** Starts one server in a container by Testcontainers; `remove` takes it away with its data. */
export async function startContainer(name: ServerName): Promise<StartedServer & { remove(): Promise<void> }> {
  const host = await freePort();
  if (name === 'kafka') {
    const environment = {
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${host}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    };
    const answers = () => kafkaAnswers([`localhost:${host}`]);
    const kafka = await started(name, { container: 9092, host }, environment, answers);
    await makeTransactionCoordinator([`localhost:${host}`]);
    return { address: `localhost:${host}`, ...kafka };
  }
  if (name === 'redis') {
    const answers = () => redisAnswers(host, 'localhost');
    return { address: `redis://localhost:${host}`, ...(await started(name, { container: 6379, host }, {}, answers)) };
  }
  const address = `postgres://postgres:postgres@localhost:${host}/postgres`;
  // Trust, as local servers do it: roles belong to the whole server, and every test sets passwords of its own.
  const environment = { POSTGRES_PASSWORD: 'postgres', POSTGRES_HOST_AUTH_METHOD: 'trust', TZ: 'UTC' };
  const { postgresAnswers } = await import('./postgres-local.ts');
  const answers = () => postgresAnswers(address);
  return { address, ...(await started(name, { container: 5432, host }, environment, answers)) };
}
