import { mkdirSync } from 'node:fs';
import { freePort, type ServerAddresses, startWatchdog, unlessAborted, type Watchdog } from '@wxcc-wfo/testkit';
import { migrateAll } from '../migrate.ts';
import { apiKeyEntries, type DeploymentSecrets, loadDeploymentSecrets } from './deployment-secrets.ts';
import { type ManagedProcess, manageProcess, waitUntilReady } from './managed-process.ts';
import { ROOT, SERVICE_NAMES, type ServiceName } from './services.ts';

/**
 * Where Webex is for this deployment, as environment variables of the services; empty: the real one. A webhook base of one
 * service goes before the shared one, whose proxy must tell the services apart by path.
 */
export type WebexEnvironment = Partial<
  Record<
    | 'WEBEX_AUTHORIZE_URL'
    | 'WEBEX_TOKEN_URL'
    | 'WEBEX_PEOPLE_ME_URL'
    | 'WEBEX_ALLOWED_HOSTS'
    | 'WEBEX_ALLOWED_FILE_HOSTS'
    | 'WEBEX_ALLOW_PRIVATE_ADDRESSES'
    | 'WEBEX_REQUESTS_PER_MINUTE'
    | 'WEBEX_EXPECTED_PROCESSES'
    | 'WEBHOOK_PUBLIC_BASE'
    | 'CAPTURE_WEBHOOK_PUBLIC_BASE'
    | 'MEDIA_IMPORT_WEBHOOK_PUBLIC_BASE',
    string
  >
>;

export interface StackOptions {
  /** Holds secrets, recordings and logs. */
  dataFolder: string;
  servers: ServerAddresses;
  webex: WebexEnvironment;
  /** Separates deployments on shared servers. */
  databaseName?: string;
  topicPrefix?: string;
  partitions?: number;
  replicas?: number;
  /** More variables for all services, e.g. where traces go. */
  environment?: Record<string, string>;
  ports?: Partial<Record<ServiceName, number>>;
  onProgress?(line: string): void;
  /** Receives one line when a service that was ready has ended unasked. */
  onCrash?(line: string): void;
  /** Aborted during the start, it ends what has been started so far. */
  signal?: AbortSignal;
  /** The caller's own, who closes it. */
  watchdog?: Watchdog;
  /** How long a service may take for its ordered stop before it is killed (default 8 s). */
  stopGraceMs?: number;
}

export interface RunningService extends ManagedProcess {
  service: ServiceName;
  replica: number;
  url: string;
  /** Starts it (again) and waits until it is ready. */
  restart(): Promise<void>;
}

export interface Stack {
  services: RunningService[];
  /** Address of the first replica. */
  url(service: ServiceName): string;
  secrets: DeploymentSecrets;
  databaseUrls: Record<ServiceName, string>;
  mediaFolder: string;
  stop(): Promise<void>;
}

/** Draws a port for the first replica of every service, so that they can be told to others before they start. */
export async function drawPorts(): Promise<Record<ServiceName, number>> {
  const ports = {} as Record<ServiceName, number>;
  for (const name of SERVICE_NAMES) ports[name] = await freePort();
  return ports;
}

/** Migrates, then starts every service as a process of its own, and waits until all are ready. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const say = options.onProgress ?? (() => undefined);
  const { dataFolder, servers } = options;
  const secrets = loadDeploymentSecrets(`${dataFolder}/secrets.json`);
  const mediaFolder = `${dataFolder}/media`;
  mkdirSync(mediaFolder, { recursive: true });
  say('migrating the database and creating topics');
  const migration = migrateAll({
    postgresAdminUrl: servers.postgresAdminUrl,
    databaseName: options.databaseName ?? 'wfo',
    passwords: secrets.databasePasswords,
    kafkaBrokers: servers.kafkaBrokers,
    topicPrefix: options.topicPrefix ?? '',
    partitions: options.partitions ?? 6,
    replicationFactor: 1,
  });
  const databaseUrls = await unlessAborted(migration, options.signal);
  const ports = { ...(await drawPorts()), ...options.ports };
  const watchdog = options.watchdog ?? startWatchdog();
  let isReady = false;
  const services: RunningService[] = [];
  for (const service of SERVICE_NAMES) {
    for (let replica = 1; replica <= (options.replicas ?? 1); replica++) {
      const port = replica === 1 ? ports[service] : await freePort();
      const url = `http://127.0.0.1:${port}`;
      const managed = manageProcess(
        {
          name: replica === 1 ? service : `${service}-${replica}`,
          entry: `services/${service}/src/server.ts`,
          nodeOptions: [
            '--import',
            `${ROOT}/libs/service-kit/src/telemetry.ts`,
            '--disable-warning=ExperimentalWarning',
            ...MEMORY_OPTIONS,
          ],
          env: environmentOf(service, { options, secrets, databaseUrls, mediaFolder, ports, port }),
          logFile: `${dataFolder}/logs/${service}${replica === 1 ? '' : `-${replica}`}.log`,
          onCrash(reason) {
            if (isReady) options.onCrash?.(`${reason}; the end of its log is in ${managed.logFile}`);
          },
        },
        watchdog,
      );
      const restart = async () => {
        managed.start();
        await waitUntilReady(managed, `${url}/ready`);
      };
      services.push({ ...managed, service, replica, url, restart });
    }
  }
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop('SIGTERM', options.stopGraceMs)));
    if (watchdog !== options.watchdog) await watchdog.close();
  };
  say(`starting ${services.map((service) => service.name).join(', ')}`);
  try {
    await unlessAborted(Promise.all(services.map((service) => service.restart())), options.signal);
    isReady = true;
  } catch (error) {
    await stop();
    throw error;
  }
  const url = (service: ServiceName) => `http://127.0.0.1:${ports[service]}`;
  return { services, url, secrets, databaseUrls, mediaFolder, stop };
}

/**
 * On a machine with much memory V8 collects late and a service grows far beyond what it needs. A small young generation
 * and a bounded old one keep each process below 200 MB; the bound leaves room for pages and batches of unusual size.
 * A heap this small is collected by one thread, and one beside it, sooner than several have agreed on it.
 * Optimizing the WebAssembly of undici's HTTP parser takes 20 MB for a second, and what it parses is nothing beside
 * what it passes on. While the old generation is marked V8 would not collect the young one and let it grow to 20 MB
 * instead: the two may overlap.
 */
const MEMORY_OPTIONS = [
  '--max-semi-space-size=4',
  '--max-old-space-size=384',
  '--no-parallel-scavenge',
  '--v8-pool-size=1',
  '--liftoff-only',
  '--no-separate-gc-phases',
];

/** Where they are fixed glibc does not raise both with every large buffer, to keep up to 64 MB of what is free. */
const MALLOC_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};
/**
 * Large buffers (pages, downloads, requests to the broker) go back to the system when they are done with. Not for the
 * segmenter: it would fetch and give back memory for every piece of audio that it sends, at half the speed.
 */
const GIVE_BACK_ENVIRONMENT = { ...MALLOC_ENVIRONMENT, MALLOC_MMAP_THRESHOLD_: '131072' };

interface Facts {
  options: StackOptions;
  secrets: DeploymentSecrets;
  databaseUrls: Record<ServiceName, string>;
  mediaFolder: string;
  ports: Record<ServiceName, number>;
  port: number;
}

function environmentOf(service: ServiceName, facts: Facts): Record<string, string> {
  const { options, secrets, databaseUrls, mediaFolder, ports } = facts;
  const base: Record<string, string> = {
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(facts.port),
    PUBLIC_URL: `http://127.0.0.1:${ports[service]}`,
    DATABASE_URL: databaseUrls[service],
    REDIS_URL: options.servers.redisUrl,
    KAFKA_BROKERS: options.servers.kafkaBrokers.join(','),
    KAFKA_TOPIC_PREFIX: options.topicPrefix ?? '',
    API_KEYS: apiKeyEntries(secrets),
    INTERNAL_API_KEY: secrets.internal.key,
    HANDOVER_KEYS: secrets.handoverKeys,
    EVENT_BLOB_ORIGINS: SERVICE_NAMES.map((name) => `http://127.0.0.1:${ports[name]}`).join(','),
    OTEL_SERVICE_NAME: service,
    ...(service === 'segmenter' ? MALLOC_ENVIRONMENT : GIVE_BACK_ENVIRONMENT),
    ...options.environment,
  };
  const {
    WEBHOOK_PUBLIC_BASE: sharedBase,
    CAPTURE_WEBHOOK_PUBLIC_BASE: captureBase = sharedBase,
    MEDIA_IMPORT_WEBHOOK_PUBLIC_BASE: importBase = sharedBase,
    ...webex
  } = options.webex;
  const sealing = { SEALING_KEYS: secrets.sealingKeys[service] };
  const own: Record<ServiceName, Record<string, string | undefined>> = {
    oauth: { ...webex, ...sealing },
    capture: { ...webex, ...sealing, WEBHOOK_PUBLIC_BASE: captureBase },
    sync: { ...webex, ...sealing },
    'media-import': { ...webex, ...sealing, MEDIA_FOLDER: mediaFolder, WEBHOOK_PUBLIC_BASE: importBase },
    segmenter: {
      MEDIA_FOLDER: mediaFolder,
      MEDIA_IMPORT_URL: `http://127.0.0.1:${ports['media-import']}`,
      LINK_SIGNING_KEY: secrets.linkSigningKey,
    },
  };
  const chosen = Object.entries({ ...base, ...own[service] }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(chosen);
}
