import { type Bus, createBus, createRelay, type Relay } from '@wxcc-wfo/bus';
import {
  createDatabaseClock,
  createPool,
  createRewrapJob,
  createSealer,
  type DatabaseClock,
  type Logger,
  parseKeyring,
  type RewrapJob,
  type Sealer,
} from '@wxcc-wfo/service-kit';
import {
  checkUrl,
  closeWebexConnections,
  createSharedQuota,
  type SharedQuota,
  type WebexEndpoints,
} from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { OAuthConfig } from './config.ts';
import { createOAuthMetrics, type OAuthMetrics } from './metrics.ts';
import { createProvider, type Provider } from './provider/provider-client.ts';
import { oauthSealedTargets } from './rotation/sealed-targets.ts';
import { createHandover, type HandedToken, type Handover } from './tokens/handover-client.ts';
import { createTokenJobs, type TokenJobs } from './tokens/token-jobs.ts';
import { RETRY_RULES, type RetryRules } from './tokens/token-policy.ts';

const CALLBACK = '/v1/authorization/callback';

/** What the features of `oauth` need, made once; nothing runs yet. */
export interface Wiring {
  config: OAuthConfig;
  logger: Logger;
  metrics: OAuthMetrics;
  clock: DatabaseClock;
  pool: Pool;
  redis: Redis;
  quota: SharedQuota;
  bus: Bus;
  relay: Relay;
  seals: { atRest: Sealer };
  handover: Handover;
  retryRules: RetryRules;
  provider: Provider;
  tokenJobs: TokenJobs;
  /** Seals what is stored anew after a change of SEALING_KEYS. */
  rewrapJob: RewrapJob;
  /** What stands for Webex in this deployment; the base of the data APIs is the ACD’s. */
  endpoints: WebexEndpoints;
  /** Whether a Webex URL may be called in this deployment. */
  mayCall(url: string): boolean;
  /** Hands a token over; a Redis that is away is not an error, the hand-over job comes after. */
  handOver(token: HandedToken): Promise<void>;
  redirectUrl(): string;
  /** Our own address of a sign-in: on the host that Webex redirects to, whose cookies come back with it. */
  startUrl(ticket: string): string;
  close(): Promise<void>;
}

export function createWiring(config: OAuthConfig, logger: Logger, publicUrl: () => string): Wiring {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: max } = config;
  const pool = createPool({ url, applicationName: 'oauth', max, logger });
  const redis = connectRedis(config, logger);
  const endpoints = endpointsOf(config);
  const quota = createSharedQuota({
    redis,
    requestsPerMinute: config.WEBEX_REQUESTS_PER_MINUTE,
    expectedProcesses: config.WEBEX_EXPECTED_PROCESSES,
  });
  const handover = createHandover(redis, createSealer(parseKeyring(config.HANDOVER_KEYS)));
  const metrics = createOAuthMetrics();
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: topicPrefix } = config;
  const bus = createBus({ brokers, clientId: 'oauth', topicPrefix, logger });
  const atRest = createSealer(parseKeyring(config.SEALING_KEYS));
  const wiring: Omit<Wiring, 'tokenJobs'> = {
    config,
    logger,
    metrics,
    clock: createDatabaseClock(pool),
    pool,
    redis,
    quota,
    bus,
    relay: createRelay({ bus, pool, logger, ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}) }),
    seals: { atRest },
    rewrapJob: createRewrapJob({ pool, sealer: atRest, targets: oauthSealedTargets, logger }),
    handover,
    retryRules: {
      ...RETRY_RULES,
      confirmRefusalMs: config.REFUSAL_CONFIRM_SECONDS * 1000,
      earlyAfterMs: config.EARLY_REFRESH_SECONDS * 1000,
      probeEveryMs: config.LOST_PROBE_SECONDS * 1000,
    },
    endpoints,
    provider: createProvider({ endpoints, quota }),
    mayCall(apiUrl) {
      try {
        checkUrl(apiUrl, endpoints);
        return true;
      } catch {
        return false;
      }
    },
    async handOver(token) {
      try {
        if (await handover.put(token)) metrics.oauth_handovers_total.add(1, { outcome: 'written' });
      } catch (error) {
        metrics.oauth_handovers_total.add(1, { outcome: 'failed' });
        logger.warn({ acdId: token.acdId, err: error }, 'token not handed over yet; it will be tried again');
      }
    },
    redirectUrl: () => config.OAUTH_REDIRECT_URL ?? `${publicUrl()}${CALLBACK}`,
    startUrl(ticket) {
      const redirect = wiring.redirectUrl();
      const base = redirect.endsWith(CALLBACK) ? redirect.slice(0, -CALLBACK.length) : publicUrl();
      // In the query, which no trace and no log line has.
      return `${base}/v1/authorization/start?ticket=${ticket}`;
    },
    async close() {
      quota.close();
      redis.disconnect();
      await closeWebexConnections();
      await pool.end();
    },
  };
  const whole = wiring as Wiring;
  return Object.assign(whole, { tokenJobs: createTokenJobs(whole) });
}

function endpointsOf(config: OAuthConfig): WebexEndpoints {
  return {
    apiUrl: '',
    oauthAuthorizeUrl: config.WEBEX_AUTHORIZE_URL,
    oauthTokenUrl: config.WEBEX_TOKEN_URL,
    peopleMeUrl: config.WEBEX_PEOPLE_ME_URL,
    allowedHosts: config.WEBEX_ALLOWED_HOSTS,
    allowPrivateAddresses: config.WEBEX_ALLOW_PRIVATE_ADDRESSES,
  };
}

/** Commands fail at once while Redis is away; the connection is made anew in the background, for as long as it takes. */
function connectRedis(config: OAuthConfig, logger: Logger): Redis {
  const redis = new Redis(config.REDIS_URL, {
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    enableOfflineQueue: false,
  });
  let isAway = false;
  redis.on('ready', () => {
    if (isAway) logger.info('redis is back');
    isAway = false;
  });
  redis.on('error', (error) => {
    if (!isAway) logger.warn({ err: error }, 'redis is away; tokens stay in Postgres meanwhile');
    isAway = true;
  });
  return redis;
}
