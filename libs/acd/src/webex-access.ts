import { once } from 'node:events';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { Logger, Sealer, SqlClient } from '@wxcc-wfo/service-kit';
import {
  createSharedQuota,
  createWebexClient,
  type SharedQuota,
  type WebexClient,
  type WorkKind,
} from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import { createTokenSource, type TokenSource } from './token-source.ts';

/** What the environment says of it (`baseConfig`, `webexConfig`). */
export interface WebexAccessConfig {
  REDIS_URL: string;
  WEBEX_REQUESTS_PER_MINUTE: number;
  WEBEX_EXPECTED_PROCESSES: number;
  WEBEX_ALLOWED_HOSTS: string[];
  /** Of those who download. */
  WEBEX_ALLOWED_FILE_HOSTS?: string[];
  WEBEX_ALLOW_PRIVATE_ADDRESSES: boolean;
}

export interface WebexAccessOptions {
  config: WebexAccessConfig;
  /** What the service asks Webex for: who goes first when the budget of a client id is short. */
  kind: WorkKind;
  /** A pool of the schema with `acdMigrationsFolder`'s tables. */
  sql: SqlClient;
  /** Opens the tokens that oauth hands over. */
  handover: Sealer;
  /** Seals the service's own copies of them. */
  atRest: Sealer;
  logger: Pick<Logger, 'warn'>;
  nowMs(): number;
}

export interface WebexAccess {
  redis: Redis;
  quota: SharedQuota;
  tokens: TokenSource;
  /**
   * A client for one ACD as it is given here. Ask anew with each piece of work and keep none: what lasts (connections,
   * budget, tokens) is shared by all, the rest is made in two microseconds, and a client that was kept would go on
   * calling the address and the organization that the ACD had before.
   */
  webexFor(acd: AcdChanged): WebexClient;
  /** Waits a little for Redis, so that the first work finds its tokens; without it work goes on, too. */
  waitForRedis(): Promise<void>;
}

const REDIS_AT_START_MS = 2_000;

/** How a service that works for ACDs calls Webex: its tokens, the shared budget, the hosts that may be called. */
export function createWebexAccess(options: WebexAccessOptions): WebexAccess {
  const { config, kind, sql, handover, atRest, logger, nowMs } = options;
  const redis = connectRedis(config.REDIS_URL, logger);
  const quota = createSharedQuota({
    redis,
    requestsPerMinute: config.WEBEX_REQUESTS_PER_MINUTE,
    expectedProcesses: config.WEBEX_EXPECTED_PROCESSES,
  });
  const tokens = createTokenSource({ sql, redis, handover, atRest, logger, nowMs });
  return {
    redis,
    quota,
    tokens,
    webexFor: ({ acdId, apiUrl, webexOrgId, quotaKey }) =>
      createWebexClient({
        endpoints: {
          apiUrl,
          allowedHosts: config.WEBEX_ALLOWED_HOSTS,
          fileHosts: config.WEBEX_ALLOWED_FILE_HOSTS ?? [],
          allowPrivateAddresses: config.WEBEX_ALLOW_PRIVATE_ADDRESSES,
        },
        quota,
        quotaKey,
        kind,
        orgId: webexOrgId,
        getAccessToken: (refused) => tokens.getAccessToken(acdId, refused),
      }),
    async waitForRedis() {
      if (redis.status === 'ready') return;
      await once(redis, 'ready', { signal: AbortSignal.timeout(REDIS_AT_START_MS) }).catch(() => {});
    },
  };
}

function connectRedis(url: string, logger: Pick<Logger, 'warn'>): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 2_000, enableOfflineQueue: false });
  redis.on('error', (error) => logger.warn({ err: error }, 'redis is away; working on with our own copies'));
  return redis;
}
