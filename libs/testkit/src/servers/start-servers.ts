import { mkdirSync, rmSync } from 'node:fs';
import { unlessAborted } from '../unless-aborted.ts';
import { dockerEngineAnswers } from './docker-engine.ts';
import { startLocalKafka } from './kafka-local.ts';
import { outsideFolder, startLocalPostgres } from './postgres-local.ts';
import { startLocalRedis } from './redis-local.ts';
import type { ServerControl, ServerKind, ServerName } from './server-control.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export interface ServerAddresses {
  /** `host:port` of each bootstrap broker. */
  kafkaBrokers: string[];
  /** URL of a database and role that may create databases and roles. */
  postgresAdminUrl: string;
  redisUrl: string;
}

export interface RunningServers extends ServerAddresses {
  kind: Record<ServerName, ServerKind>;
  /** Stops what was started here, in order, and removes the data unless `keepData` was asked. Safe to call twice. */
  stop(): Promise<void>;
  /** Absent for servers from the environment: they aren't ours to stop. */
  kafka?: ServerControl;
  postgres?: ServerControl;
  redis?: ServerControl;
}

export interface StartServersOptions {
  /** Folder for the data of local servers; made if absent. */
  dataFolder: string;
  /** Keeps the data folder at `stop()`, so that the next start finds the data again. Containers don't keep theirs. */
  keepData?: boolean;
  /** Receives one line whenever something slow begins. */
  onProgress?(line: string): void;
  /** Aborted, it ends what has been started so far and the start fails with the signal's reason. */
  signal?: AbortSignal;
  /** The caller's own, who closes it; else one is started and ends with the servers. */
  watchdog?: Watchdog;
  /** PostgreSQL's fsync (default on). */
  fsync?: boolean;
  /** Where addresses are looked up; `process.env` unless given. */
  environment?: NodeJS.ProcessEnv;
}

const VARIABLES: Record<ServerName, string> = {
  kafka: 'KAFKA_BROKERS',
  postgres: 'POSTGRES_ADMIN_URL',
  redis: 'REDIS_URL',
};

interface Started {
  kind: ServerKind;
  address: string;
  control?: ServerControl;
  remove?(): Promise<void>;
}

/** Which kind serves what has no address in the environment; WFO_SERVERS=local keeps off a Docker engine that is there. */
async function kindToStart(environment: NodeJS.ProcessEnv): Promise<'testcontainers' | 'local'> {
  if (environment.WFO_SERVERS === 'local') return 'local';
  return (await dockerEngineAnswers()) ? 'testcontainers' : 'local';
}

async function startLocal(name: ServerName, options: StartServersOptions, watchdog: Watchdog): Promise<Started> {
  const folder = `${options.dataFolder}/${name}`;
  mkdirSync(folder, { recursive: true });
  const start = { folder, watchdog, onProgress: options.onProgress ?? (() => {}), signal: options.signal };
  if (name === 'kafka') return { kind: 'local', ...(await startLocalKafka(start)) };
  if (name === 'redis') return { kind: 'local', ...(await startLocalRedis(start)) };
  const { extraFolder, ...postgres } = await startLocalPostgres(start, { fsync: options.fsync ?? true });
  if (extraFolder === undefined || options.keepData) return { kind: 'local', ...postgres };
  watchdog.removeFolder(extraFolder);
  return { kind: 'local', ...postgres, remove: async () => rmSync(extraFolder, { recursive: true, force: true }) };
}

async function startContainer(name: ServerName, onProgress: (line: string) => void): Promise<Started> {
  onProgress(`starting ${name} in a container`);
  const { startContainer: start } = await import('./testcontainers-servers.ts');
  return { kind: 'testcontainers', ...(await start(name)) };
}

/**
 * Gives real Kafka, PostgreSQL and Redis, each from the first of: an address in the environment (KAFKA_BROKERS,
 * POSTGRES_ADMIN_URL, REDIS_URL); a container, when a Docker engine answers; a local process. Everything local listens
 * on 127.0.0.1 at a free port and ends with this process, however that ends. Fails with what is missing and what to do.
 */
export async function startServers(options: StartServersOptions): Promise<RunningServers> {
  const names: ServerName[] = ['kafka', 'postgres', 'redis'];
  const environment = options.environment ?? process.env;
  const given = (name: ServerName) => environment[VARIABLES[name]] || undefined;
  const kind = names.every(given) ? 'local' : await kindToStart(environment);
  let watchdog: Watchdog | undefined;
  const watched = () => {
    if (watchdog === undefined) {
      watchdog = options.watchdog ?? startWatchdog();
      if (!options.keepData) watchdog.removeFolder(options.dataFolder);
    }
    return watchdog;
  };

  const startOne = async (name: ServerName): Promise<Started> => {
    const address = given(name);
    if (address !== undefined) return { kind: 'environment', address };
    if (kind === 'testcontainers') {
      try {
        const container = startContainer(name, options.onProgress ?? (() => {}));
        return await unlessAborted(container, options.signal, (late) => late.remove?.());
      } catch (error) {
        options.signal?.throwIfAborted();
        // An engine without its images and without a registry to pull them from.
        options.onProgress?.(
          `no container for ${name} (${(error as Error).message}), starting a local process instead`,
        );
      }
    }
    return startLocal(name, options, watched());
  };
  const results = await Promise.allSettled(names.map(startOne));
  const started = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(started, watchdog, options);
    return stopping;
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined || options.signal?.aborted) {
    await stop();
    options.signal?.throwIfAborted();
    throw failed?.reason;
  }
  const [kafka, postgres, redis] = started as [Started, Started, Started];
  return {
    kafkaBrokers: kafka.address.split(',').map((broker) => broker.trim()),
    postgresAdminUrl: postgres.address,
    redisUrl: redis.address,
    kind: { kafka: kafka.kind, postgres: postgres.kind, redis: redis.kind },
    ...(kafka.control ? { kafka: kafka.control } : {}),
    ...(postgres.control ? { postgres: postgres.control } : {}),
    ...(redis.control ? { redis: redis.control } : {}),
    stop,
  };
}

async function stopAll(
  started: (Started | undefined)[],
  watchdog: Watchdog | undefined,
  options: StartServersOptions,
): Promise<void> {
  await Promise.allSettled(
    started.map(async (server) => {
      if (server?.kind === 'local') await server.control?.stop();
      await server?.remove?.();
    }),
  );
  if (watchdog === undefined) return;
  if (!options.keepData) rmSync(options.dataFolder, { recursive: true, force: true });
  if (watchdog !== options.watchdog) await watchdog.close();
}

/** Removes what stopped servers with `keepData` kept: the folder, and PostgreSQL's data where they had to lie outside. */
export function removeServerData(dataFolder: string): void {
  rmSync(dataFolder, { recursive: true, force: true });
  rmSync(outsideFolder(`${dataFolder}/postgres`), { recursive: true, force: true });
}
