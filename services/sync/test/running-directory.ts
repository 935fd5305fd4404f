import { randomUUID } from 'node:crypto';
import { createLogger, loadConfig, newApiKey, newSealingKey } from '@wxcc-wfo/service-kit';
import { testAddresses, uniqueName } from '@wxcc-wfo/testkit';
import { buildApp } from '../src/app.ts';
import { syncConfig } from '../src/config.ts';
import { afterRun } from '../src/duplicates/after-run.ts';
import { workOnce } from '../src/roles/directory-work-job.ts';
import type { SyncRun } from '../src/runs/run-repository.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import { type SyncWorld, syncWorld } from './sync-world.ts';

export interface Answer {
  status: number;
  etag: string | null;
  location: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  body: any;
}

export interface Call {
  key?: string | null;
  method?: string;
  body?: unknown;
  ifMatch?: string;
}

/** The directory's HTTP side and its jobs over a real database, with a fake Webex directory and a clock to move. */
export interface RunningDirectory {
  world: SyncWorld;
  wiring: Wiring;
  url: string;
  topicPrefix: string;
  /** Keys: of the tenant with every scope, of another tenant, of the tenant without a scope that counts, of nobody's. */
  keys: { own: string; foreign: string; reader: string; platform: string };
  call(path: string, o?: Call): Promise<Answer>;
  /** PATCH or DELETE for the version that is there now. */
  change(path: string, body?: unknown): Promise<Answer>;
  /** A run with what follows from it. */
  run(): Promise<SyncRun>;
  /** The directory's work, to its end. */
  work(): Promise<void>;
  /** The WFO id of the user (or team) that an id of the ACD means. */
  userOf(acdUserId: string): Promise<string>;
  stop(): Promise<void>;
}

export async function runDirectory(): Promise<RunningDirectory> {
  const world = await syncWorld();
  const names = ['own', 'foreign', 'reader', 'platform'] as const;
  const made = Object.fromEntries(names.map((name) => [name, newApiKey(name)])) as Record<
    (typeof names)[number],
    ReturnType<typeof newApiKey>
  >;
  const tenants = { own: world.acd.tenantId, foreign: randomUUID(), reader: world.acd.tenantId, platform: null };
  const topicPrefix = `${uniqueName('sync')}.`;
  const config = loadConfig(syncConfig, {
    DATABASE_URL: world.database.url,
    REDIS_URL: testAddresses.redisUrl,
    KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    SEALING_KEYS: `k1:${newSealingKey()}`,
    HANDOVER_KEYS: `k1:${newSealingKey()}`,
    API_KEYS: JSON.stringify(
      names.map((id) => ({
        id,
        sha256: made[id].sha256,
        scopes: id === 'reader' ? ['users:read', 'teams:read', 'roles:read', 'duplicates:read'] : ['*'],
        tenantId: tenants[id],
      })),
    ),
  });
  const logger = createLogger({ service: 'sync', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const fail = (error: unknown) => {
    throw error;
  };
  const clock = { nowMs: () => world.nowMs, random: () => 0, synchronize: async () => {} };
  const wiring = { ...createWiring(config, { logger, onFatal: fail }), clock };
  const app = await buildApp(wiring, { isCaughtUp: () => true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const keys = { own: made.own.key, foreign: made.foreign.key, reader: made.reader.key, platform: made.platform.key };

  async function call(path: string, { key = keys.own, method, body, ifMatch }: Call = {}): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      etag: answer.headers.get('etag'),
      location: answer.headers.get('location'),
      body: text === '' ? null : JSON.parse(text),
    };
  }

  return {
    world,
    wiring,
    url,
    topicPrefix,
    keys,
    call,
    async change(path, body) {
      const { etag } = await call(path);
      return await call(path, { method: body === undefined ? 'DELETE' : 'PATCH', body, ifMatch: etag ?? '' });
    },
    async run() {
      const run = await world.run();
      const { tenantId, acdId } = world.acd;
      await afterRun(world.pool, { tenantId, acdId, runId: run.runId, nowMs: world.nowMs });
      return run;
    },
    async work() {
      while (await workOnce({ pool: world.pool, clock }));
    },
    async userOf(acdUserId) {
      const { status, body } = await call(`/v1/users/by-acd-id/${encodeURIComponent(acdUserId)}`);
      if (status !== 200) throw new Error(JSON.stringify(body));
      return body.userId;
    },
    async stop() {
      await app.close();
      await wiring.quota.close();
      wiring.redis.disconnect();
      await wiring.pool.end();
      await world.close();
    },
  };
}
