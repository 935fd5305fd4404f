import { randomUUID } from 'node:crypto';
import { TOPICS } from '@wxcc-wfo/contracts';
import { type App, createLogger, loadConfig, newApiKey, newSealingKey } from '@wxcc-wfo/service-kit';
import type { Simulator } from '@wxcc-wfo/simulator';
import { testAddresses, uniqueName } from '@wxcc-wfo/testkit';
import { buildApp } from '../src/app.ts';
import { oauthConfig } from '../src/config.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import type { OAuthDatabase } from './oauth-database.ts';

export const TOPICS_OUT = [TOPICS.acdChanged, TOPICS.tokenRefreshed, TOPICS.authorizationLost];

/** What every replica of one deployment shares. */
export interface Deployment {
  environment: Record<string, string>;
  tenantId: string;
  /** Keys of the tenant with every scope, of another tenant, of the tenant without a scope that counts, of the platform. */
  keys: { own: string; foreign: string; reader: string; platform: string };
  topicPrefix: string;
}

export function deployment(database: OAuthDatabase, simulator: Simulator): Deployment {
  const tenantId = randomUUID();
  const made = {
    own: newApiKey('own'),
    foreign: newApiKey('foreign'),
    reader: newApiKey('reader'),
    platform: newApiKey('platform'),
  };
  const topicPrefix = `${uniqueName('oauth')}.`;
  const entry = (id: keyof typeof made, scopes: string[], tenant: string | null) => ({
    id,
    sha256: made[id].sha256,
    scopes,
    tenantId: tenant,
  });
  return {
    tenantId,
    topicPrefix,
    keys: { own: made.own.key, foreign: made.foreign.key, reader: made.reader.key, platform: made.platform.key },
    environment: {
      DATABASE_URL: database.url,
      REDIS_URL: testAddresses.redisUrl,
      KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      SEALING_KEYS: `k1:${newSealingKey()}`,
      HANDOVER_KEYS: `k1:${newSealingKey()}`,
      WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
      WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
      WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
      WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      WEBEX_REQUESTS_PER_MINUTE: '100000',
      REFRESH_CHECK_MS: '50',
      HANDOVER_CHECK_MS: '100',
      API_KEYS: JSON.stringify([
        entry('own', ['*'], tenantId),
        entry('foreign', ['*'], randomUUID()),
        entry('reader', ['acds:read'], tenantId),
        entry('platform', ['*'], null),
      ]),
    },
  };
}

export interface RunningOAuth {
  wiring: Wiring;
  app: App;
  url: string;
  call(path: string, o?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export interface CallOptions {
  key?: string | null;
  method?: string;
  body?: unknown;
  /** The ETag that a change is meant for. */
  ifMatch?: string | null;
}

export interface Answer {
  status: number;
  etag: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  body: any;
}

/** `oauth` as `server.ts` starts it, in this process, over the run's real servers. */
export async function runOAuth(
  shared: Deployment,
  o: { environment?: Record<string, string>; jobs?: boolean; relay?: boolean; topics?: boolean } = {},
): Promise<RunningOAuth> {
  const config = loadConfig(oauthConfig, { ...shared.environment, ...o.environment });
  const logger = createLogger({ service: 'oauth', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  let url = '';
  const wiring = createWiring(config, logger, () => url);
  if (o.topics !== false) await wiring.bus.ensureTopics(TOPICS_OUT, { partitions: 1, replicationFactor: 1 });
  const app = await buildApp(wiring);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  if (o.relay !== false) await wiring.relay.start();
  if (o.jobs !== false) wiring.tokenJobs.start();
  return {
    wiring,
    app,
    url,
    async call(path, { key = shared.keys.own, method, body, ifMatch } = {}) {
      const answer = await fetch(`${url}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(key ? { authorization: `Bearer ${key}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch ? { 'if-match': ifMatch } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        etag: answer.headers.get('etag'),
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
    async stop() {
      await Promise.all([app.close(), wiring.tokenJobs.stopRefreshing()]);
      await wiring.tokenJobs.stopHandingOver();
      if (o.relay !== false) await wiring.relay.stop(o.topics === false ? 500 : 5_000);
      await wiring.close();
    },
  };
}

/** A client and an ACD of the simulated tenant, not authorized yet. */
export async function createAcd(
  oauth: RunningOAuth,
  simulator: Simulator,
  changes: Record<string, unknown> = {},
): Promise<{ acdId: string; authorizationUrl: string; clientRef: string }> {
  const { options } = simulator.tenant;
  const [client] = options.clients;
  const { body } = await oauth.call('/v1/clients', {
    body: { name: uniqueName('client'), clientId: client!.id, clientSecret: client!.secret },
  });
  const answer = await oauth.call('/v1/acds', {
    body: {
      name: uniqueName('acd'),
      clientRef: body.clientRef,
      username: options.adminEmail,
      apiUrl: simulator.baseUrl,
      webexOrgId: options.orgId,
      ...changes,
    },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return { ...answer.body, clientRef: body.clientRef };
}

/** The cookies that a sign-in got on its way, by its state: `browse` is the browser that has them. */
const cookies = new Map<string, string>();

/** What the administrator's browser does, from our own address over the login page; gives the address it is sent back to. */
export async function signIn(authorizationUrl: string, parameters: Record<string, string> = {}): Promise<string> {
  const opened = await fetch(authorizationUrl, { redirect: 'manual' });
  const login = opened.headers.get('location');
  if (!login) throw new Error(`The authorization URL answered ${opened.status}: ${await opened.text()}`);
  // The address at Webex itself was opened: nothing of ours is in between.
  const cookie = opened.headers.get('set-cookie')?.split(';')[0];
  if (!cookie) return await loginAt(authorizationUrl, parameters);
  const back = await loginAt(login, parameters);
  cookies.set(new URL(back).searchParams.get('state')!, cookie);
  return back;
}

async function loginAt(address: string, parameters: Record<string, string>): Promise<string> {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const answer = await fetch(url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (!location) throw new Error(`The login page answered ${answer.status}.`);
  return location;
}

/** The browser of that sign-in opens an address: its cookie comes along. */
export async function browse(address: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  const cookie = cookies.get(new URL(address).searchParams.get('state') ?? '');
  return await fetch(address, { method, headers: { ...headers, ...(cookie ? { cookie } : {}) } });
}

/** The address with another value of one parameter; an empty one is left out. */
export function replaced(address: string, name: string, value: string): string {
  const url = new URL(address);
  if (value === '') url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url.href;
}
