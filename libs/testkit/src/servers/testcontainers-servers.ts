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

interface Container {
  port: { container: number; host: number };
  environment: Record<string, string>;
  command?: string[];
  answers(): Promise<void>;
  /** What must work once before others use it. */
  prepare?(): Promise<void>;
}

async function started(
  name: ServerName,
  { port, environment, command, answers, prepare }: Container,
): Promise<{ control: ServerControl; remove(): Promise<void> }> {
  const { GenericContainer } = await import('testcontainers');
  const image = new GenericContainer(IMAGES[name])
    .withEnvironment(environment)
    .withExposedPorts(port)
    .withStartupTimeout(READY_WITHIN_MS);
  const container = await (command ? image.withCommand(command) : image).start();
  const remove = async () => {
    await container.stop({ remove: true, removeVolumes: true });
  };
  try {
    await untilAnswering(answers);
    await prepare?.();
    return { control: await controlOf(container, answers), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The broker's settings, for the image's rule that `KAFKA_A_B` is `a.b`. Clients come through the published port, at which
 * nobody listens inside of the container; the broker, which talks to itself over the network as well (it writes the end of
 * every transaction so), has a listener that it reaches.
 */
export function kafkaEnvironment(clientAddress: string): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,BROKER://:19092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${clientAddress},BROKER://localhost:19092`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
  };
}

/** Starts one server in a container by Testcontainers; `remove` takes it away with its data. */
export async function startContainer(name: ServerName): Promise<StartedServer & { remove(): Promise<void> }> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  // The engine's, which may run on another machine.
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  const port = await freePort();
  if (name === 'kafka') {
    const address = `${host}:${port}`;
    const kafka = await started(name, {
      port: { container: 9092, host: port },
      environment: kafkaEnvironment(address),
      answers: () => kafkaAnswers([address]),
      prepare: () => makeTransactionCoordinator([address]),
    });
    return { address, ...kafka };
  }
  if (name === 'redis') {
    const redis = await started(name, {
      port: { container: 6379, host: port },
      environment: {},
      answers: () => redisAnswers(port, host),
    });
    return { address: `redis://${host}:${port}`, ...redis };
  }
  const address = `postgres://postgres:postgres@${host}:${port}/postgres`;
  const { postgresAnswers } = await import('./postgres-local.ts');
  const postgres = await started(name, {
    port: { container: 5432, host: port },
    // Trust, as local servers do it: roles belong to the whole server, and every test sets passwords of its own.
    environment: { POSTGRES_PASSWORD: 'postgres', POSTGRES_HOST_AUTH_METHOD: 'trust', TZ: 'UTC' },
    command: ['postgres', '-c', 'max_connections=300'],
    answers: () => postgresAnswers(address),
  });
  return { address, ...postgres };
}
