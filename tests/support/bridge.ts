import { mkdirSync, rmSync } from 'node:fs';
import type { FaultRequest, TaskGroundTruth } from '@wxcc-wfo/simulator';
import {
  type ServerAddresses,
  startWatchdog,
  type TopicLedger,
  testAddresses,
  topicLedger,
  uniqueName,
} from '@wxcc-wfo/testkit';
import pg from 'pg';
import { callService, connectAcd } from '../../scripts/demo/connect-acd.ts';
import { PUBLIC_BASE, type SimulatorAddresses, startSimulator } from '../../scripts/demo/start-simulator.ts';
import { apiKeyEntries, loadDeploymentSecrets } from '../../scripts/stack/deployment-secrets.ts';
import { ROOT, type ServiceName } from '../../scripts/stack/services.ts';
import { drawPorts, type RunningService, type Stack, startStack } from '../../scripts/stack/start-stack.ts';
import { seedOfRun } from './seeded.ts';
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
  /** Keys beside the operator's and the services' own. */
  apiKeys?: readonly { id: string; sha256: string; scopes: string[]; tenantId: string | null | 'own' }[];
  /** How long access tokens live; two weeks unless told. */
  accessTokenSeconds?: number;
}

/** The whole product as processes over real servers, with a simulated tenant, in a database and topics of its own. */
export interface Bridge {
  seed: number;
  servers: ServerAddresses;
  stack: Stack;
  simulator: SimulatorAddresses;
  requestsPerMinute: number;
  acdId: string;
  topicPrefix: string;
  databaseName: string;
  /** Asks its database as the servers' administrator. */
  sql(text: string): Promise<pg.QueryResult>;
  /** All of `contact-segmented` so far. */
  contacts: TopicLedger;
  replicasOf(service: ServiceName): RunningService[];
  webhooks: WebhookDoor;
  /** Calls the simulated tenant's control API. */
  control<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  fault(fault: FaultRequest): Promise<void>;
  groundTruth(): Promise<TaskGroundTruth[]>;
  /** Calls a service as the tenant's operator. */
  call<T>(service: ServiceName, path: string, init?: { method?: string; body?: unknown }): Promise<T>;
  /** Runs part of a test; where it fails, the message names the seed and the logs, which are kept. */
  told<T>(part: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const DEFAULT_REQUESTS_PER_MINUTE = 1_200;

export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const seed = seedOfRun();
  const servers = options.servers ?? testAddresses;
  const name = uniqueName('test-bridge');
  const databaseName = name.replaceAll('-', '_');
  const topicPrefix = `${name}.`;
  const dataFolder = `${ROOT}/.data/${name}`;
  const requestsPerMinute = options.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE;
  mkdirSync(dataFolder, { recursive: true });
  const watchdog = startWatchdog();
  const closing: (() => unknown)[] = [() => watchdog.close()];
  let keepLogs = process.env.WFO_TEST_KEEP_LOGS === 'true';
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await dropDatabase(servers.postgresAdminUrl, databaseName);
    if (!keepLogs) rmSync(dataFolder, { recursive: true, force: true });
  };

  try {
    let stack: Stack | undefined;
    const replicasOf = (service: ServiceName) => stack?.services.filter((one) => one.service === service) ?? [];
    const webhooks = await openWebhookDoor((service) => replicasOf(service).map((one) => one.url));
    closing.push(() => webhooks.close());
    const ports = await drawPorts();
    const simulator = await startSimulator({
      dataFolder,
      watchdog,
      environment: {
        SIM_SEED: String(seed),
        SIM_TASKS: '0',
        SIM_TALK_SCALE: '0.1',
        SIM_RECORDING_DELAY_MS: '300',
        SIM_QUOTA_PER_MINUTE: String(requestsPerMinute),
        SIM_RESOLVE: `${PUBLIC_BASE}=${webhooks.url}`,
        ...options.simulator,
      },
    });
    closing.push(() => simulator.process.stop('SIGTERM', 3_000));
    const secrets = loadDeploymentSecrets(`${dataFolder}/secrets.json`);
    const moreKeys = (options.apiKeys ?? []).map((key) => ({
      ...key,
      tenantId: key.tenantId === 'own' ? secrets.tenantId : key.tenantId,
    }));
    stack = await startStack({
      dataFolder,
      servers,
      databaseName,
      topicPrefix,
      ports,
      partitions: 3,
      replicas: options.replicas ?? 1,
      webex: {
        WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
        WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
        WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
        WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
        WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBEX_REQUESTS_PER_MINUTE: String(requestsPerMinute),
        WEBHOOK_PUBLIC_BASE: PUBLIC_BASE,
      },
      environment: {
        POLL_INTERVAL_MS: '1000',
        IMPORT_CHECK_MS: '250',
        IMPORT_FIRST_RETRY_MS: '300',
        WEBHOOK_CHECK_MS: '2000',
        API_KEYS: JSON.stringify([...JSON.parse(apiKeyEntries(secrets)), ...moreKeys]),
        ...options.environment,
      },
    });
    closing.push(() => stack?.stop());
    const contacts = await topicLedger(servers.kafkaBrokers, `${topicPrefix}contact-segmented`);
    closing.push(() => contacts.close());
    const running = stack;
    const control = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
      callControl<T>(`${simulator.controlUrl}${path}`, method, body);
    const { accessTokenSeconds } = options;
    if (accessTokenSeconds !== undefined) await control('POST', '/control/oauth', { accessTokenSeconds });
    const acdId = await connectAcd(stack, simulator);
    const adminUrl = new URL(servers.postgresAdminUrl);
    adminUrl.pathname = `/${databaseName}`;
    const database = new pg.Pool({ connectionString: adminUrl.href, max: 1 });
    database.on('error', () => undefined); // its server is stopped by some tests
    closing.push(() => database.end());
    return {
      seed,
      servers,
      stack,
      simulator,
      requestsPerMinute,
      acdId,
      topicPrefix,
      databaseName,
      sql: (text) => database.query(text),
      contacts,
      replicasOf,
      webhooks,
      control,
      fault: (fault) => control('POST', '/control/faults', fault),
      groundTruth: async () =>
        (await control<{ tasks: TaskGroundTruth[] }>('GET', '/control/ground-truth')).tasks.filter((one) => one.ended),
      call: (service, path, init) => callService(running, `${running.url(service)}${path}`, init),
      async told(part) {
        try {
          return await part();
        } catch (error) {
          keepLogs = true;
          (error as Error).message += `\nRepeat with WFO_TEST_SEED=${seed}. The logs are in ${dataFolder}/logs.`;
          throw error;
        }
      },
      stop,
    };
  } catch (error) {
    keepLogs = true;
    await stop();
    (error as Error).message += `\nThe logs are in ${dataFolder}/logs.`;
    throw error;
  }
}

async function callControl<T>(url: string, method: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  try {
    await client.connect();
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } catch {
    // Servers of its own may be gone already.
  } finally {
    await client.end().catch(() => undefined);
  }
}
