import { mkdirSync, rmSync } from 'node:fs';
import {
  type ServerAddresses,
  startWatchdog,
  type TopicLedger,
  testAddresses,
  topicLedger,
  uniqueName,
  type Watchdog,
} from '@wxcc-wfo/testkit';
import pg from 'pg';
import { callService, connectAcd } from '../../scripts/demo/connect-acd.ts';
import { type SimulatorAddresses, startSimulator } from '../../scripts/demo/start-simulator.ts';
import { loadDeploymentSecrets } from '../../scripts/stack/deployment-secrets.ts';
import { ROOT, type ServiceName } from '../../scripts/stack/services.ts';
import {
  drawPorts,
  type RunningService,
  type Stack,
  startStack,
  type WebexEnvironment,
} from '../../scripts/stack/start-stack.ts';
import { type MoreKey, serviceEnvironment, simulatorEnvironment, webexEnvironment } from './bridge-environment.ts';
import { seedOfRun } from './seeded.ts';
import { type TenantControl, tenantControl } from './tenant-control.ts';
import { openWebhookDoor, type WebhookDoor } from './webhook-door.ts';

export interface BridgeOptions {
  /** The run's servers unless given. */
  servers?: ServerAddresses;
  replicas?: number;
  /** The tenant's quota, told to both sides. */
  requestsPerMinute?: number;
  /** More SIM_ variables. */
  simulator?: Record<string, string>;
  /** More variables of all services. */
  environment?: Record<string, string>;
  apiKeys?: readonly MoreKey[];
  /** Where Webex is for the services, if not where the simulated tenant is. */
  webex?(own: WebexEnvironment, tenant: SimulatorAddresses): WebexEnvironment;
  /** How long access tokens live; two weeks unless told. */
  accessTokenSeconds?: number;
}

/** The whole product as processes over real servers, with a simulated tenant, in a database and topics of its own. */
export interface Bridge extends TenantControl {
  seed: number;
  servers: ServerAddresses;
  stack: Stack;
  /** Address of the simulated tenant and its organization. */
  tenant: Pick<SimulatorAddresses, 'baseUrl' | 'controlUrl' | 'orgId'>;
  requestsPerMinute: number;
  acdId: string;
  topicPrefix: string;
  /** All of `contact-segmented` so far. */
  contacts: TopicLedger;
  webhooks: WebhookDoor;
  /** Asks its database as the servers' administrator. */
  sql(text: string): Promise<pg.QueryResult>;
  /** Calls a service as the tenant's operator; throws the problem's own words. */
  call<T>(service: ServiceName, path: string, init?: { method?: string; body?: unknown }): Promise<T>;
  /** Runs part of a test; where it fails, the message names the seed and the logs, which are kept. */
  told<T>(part: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const DEFAULT_REQUESTS_PER_MINUTE = 1_200;

/** What was started and how it is taken down again, in reverse order. */
interface Scene {
  seed: number;
  name: string;
  dataFolder: string;
  servers: ServerAddresses;
  watchdog: Watchdog;
  requestsPerMinute: number;
  keepLogs: boolean;
  onStop(close: () => unknown): void;
  stop(): Promise<void>;
  /** Adds to a failure how to repeat it and where to look. */
  told(error: unknown): unknown;
}

/** Starts the simulated tenant and all services, and connects the ACD through the OAuth code flow. */
export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const scene = setScene(options);
  try {
    return await startAll(scene, options);
  } catch (error) {
    const told = scene.told(error);
    await scene.stop();
    throw told;
  }
}

function setScene(options: BridgeOptions): Scene {
  const seed = seedOfRun();
  const name = uniqueName('test-bridge');
  const dataFolder = `${ROOT}/.data/${name}`;
  const servers = options.servers ?? testAddresses;
  mkdirSync(dataFolder, { recursive: true });
  const watchdog = startWatchdog();
  const closing: (() => unknown)[] = [() => watchdog.close(), () => dropDatabase(servers, databaseOf(name))];
  const scene: Scene = {
    seed,
    name,
    dataFolder,
    servers,
    watchdog,
    requestsPerMinute: options.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE,
    keepLogs: process.env.WFO_TEST_KEEP_LOGS === 'true',
    onStop: (close) => closing.push(close),
    async stop() {
      const failures: unknown[] = [];
      for (const close of closing.splice(0).reverse()) {
        await Promise.resolve(close()).catch((error: unknown) => failures.push(error));
      }
      if (!scene.keepLogs) rmSync(dataFolder, { recursive: true, force: true });
      if (failures.length > 0) throw failures[0];
    },
    told(error) {
      scene.keepLogs = true;
      (error as Error).message += `\nRepeat with WFO_TEST_SEED=${seed}. The logs are in ${dataFolder}/logs.`;
      return error;
    },
  };
  return scene;
}

async function startAll(scene: Scene, options: BridgeOptions): Promise<Bridge> {
  const { seed, servers, dataFolder, requestsPerMinute } = scene;
  const topicPrefix = `${scene.name}.`;
  let services: RunningService[] = [];
  const webhooks = await openWebhookDoor((name) =>
    services.filter((one) => one.service === name).map((one) => one.url),
  );
  scene.onStop(() => webhooks.close());
  const environment = simulatorEnvironment({ seed, requestsPerMinute, webhooksUrl: webhooks.url });
  const tenant = await startSimulator({ ...scene, environment: { ...environment, ...options.simulator } });
  scene.onStop(() => tenant.process.stop('SIGTERM', 3_000));
  const secrets = loadDeploymentSecrets(`${dataFolder}/secrets.json`);
  const ownWebex = webexEnvironment(tenant.baseUrl, requestsPerMinute);
  const stack = await startStack({
    dataFolder,
    servers,
    databaseName: databaseOf(scene.name),
    topicPrefix,
    ports: await drawPorts(),
    partitions: 3,
    replicas: options.replicas ?? 1,
    webex: options.webex?.(ownWebex, tenant) ?? ownWebex,
    environment: { ...serviceEnvironment(secrets, options.apiKeys ?? []), ...options.environment },
  });
  services = stack.services;
  scene.onStop(() => stack.stop());
  const contacts = await topicLedger(servers.kafkaBrokers, `${topicPrefix}contact-segmented`);
  scene.onStop(() => contacts.close());
  const database = new pg.Pool({ connectionString: databaseUrl(servers, databaseOf(scene.name)), max: 1 });
  database.on('error', () => undefined); // its server is stopped by some tests
  scene.onStop(() => database.end());
  const control = tenantControl(tenant.controlUrl);
  const { accessTokenSeconds } = options;
  if (accessTokenSeconds !== undefined) await control.control('POST', '/control/oauth', { accessTokenSeconds });
  return {
    ...control,
    seed,
    servers,
    stack,
    tenant,
    requestsPerMinute,
    acdId: await connectAcd(stack, tenant),
    topicPrefix,
    contacts,
    webhooks,
    sql: (text) => database.query(text),
    call: (service, path, init) => callService(stack, `${stack.url(service)}${path}`, init),
    told: (part) =>
      part().catch((error: unknown) => {
        throw scene.told(error);
      }),
    stop: scene.stop,
  };
}

const databaseOf = (name: string): string => name.replaceAll('-', '_');

function databaseUrl(servers: ServerAddresses, name: string): string {
  const url = new URL(servers.postgresAdminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function dropDatabase(servers: ServerAddresses, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: servers.postgresAdminUrl });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).finally(() => client.end());
}
