import { type Bus, createBus, createRelay, type Relay } from '@wxcc-wfo/bus';
import { createPool, createSealer, type Logger, parseKeyring, type Sealer } from '@wxcc-wfo/service-kit';
import {
  checkUrl,
  closeWebexConnections,
  createOAuthClient,
  createSharedQuota,
  type OAuthClient,
  type SharedQuota,
  type WebexEndpoints,
} from '@wxcc-wfo/webex';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { OAuthConfig } from './config.ts';
import { createHandover, type Handover } from './tokens/handover-client.ts';
import type { KeptToken } from './tokens/token-keeper.ts';
import { RETRY_RULES, type RetryRules } from './tokens/token-policy.ts';

export interface Clock {
  nowMs(): number;
  random(): number;
}

export interface Seals {
  atRest: Sealer;
}

/** What the features of `oauth` need, made once. */
export interface Wiring {
  config: OAuthConfig;
  logger: Logger;
  clock: Clock;
  pool: Pool;
  redis: Redis;
  bus: Bus;
  relay: Relay;
  seals: Seals;
  handover: Handover;
  retryRules: RetryRules;
  endpoints: WebexEndpoints;
  quota: SharedQuota;
  oauthClient: OAuthClient;
  /** Whether a Webex URL may be called in this deployment. */
  mayCall(url: string): boolean;
  /** Hands a token over; a Redis that is away is not an error, the hand-over job comes after. */
  handOver(token: KeptToken): Promise<void>;
  redirectUrl(): string;
  close(): Promise<void>;
}

export function createWiring(config: OAuthConfig, logger: Logger, publicUrl: () => string): Wiring {
  const pool = createPool({ url: config.DATABASE_URL, applicationName: 'oauth', max: config.DATABASE_POOL_SIZE });
  const redis = new Redis(config.REDIS_URL, {
    maxRetriesPerRequest: 1,
    commandTimeout: 2000,
    enableOfflineQueue: false,
  });
  redis.on('error', (error) => logger.warn({ err: error }, 'redis is away; tokens stay in Postgres meanwhile'));
  const bus = createBus({
    brokers: config.KAFKA_BROKERS,
    clientId: 'oauth',
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    logger,
  });
  const endpoints: WebexEndpoints = {
    apiUrl: '',
    oauthAuthorizeUrl: config.WEBEX_AUTHORIZE_URL,
    oauthTokenUrl: config.WEBEX_TOKEN_URL,
    peopleMeUrl: config.WEBEX_PEOPLE_ME_URL,
    allowedHosts: config.WEBEX_ALLOWED_HOSTS,
    allowPrivateAddresses: config.WEBEX_ALLOW_PRIVATE_ADDRESSES,
  };
  const quota = createSharedQuota({ redis, requestsPerMinute: config.WEBEX_REQUESTS_PER_MINUTE });
  const handover = createHandover(redis, createSealer(parseKeyring(config.HANDOVER_KEYS)));
  return {
    config,
    logger,
    clock: { nowMs: () => Date.now(), random: () => Math.random() },
    pool,
    redis,
    bus,
    relay: createRelay({ bus, pool, logger }),
    seals: { atRest: createSealer(parseKeyring(config.SEALING_KEYS)) },
    handover,
    retryRules: { ...RETRY_RULES, confirmRefusalMs: config.REFUSAL_CONFIRM_SECONDS * 1000 },
    endpoints,
    quota,
    oauthClient: createOAuthClient({ endpoints, quota }),
    mayCall(url) {
      try {
        checkUrl(url, endpoints);
        return true;
      } catch {
        return false;
      }
    },
    async handOver(token) {
      try {
        await handover.put(token);
      } catch (error) {
        logger.warn({ acdId: token.acdId, err: error }, 'token not handed over yet; it will be tried again');
      }
    },
    redirectUrl: () => config.OAUTH_REDIRECT_URL ?? `${publicUrl()}/v1/authorization/callback`,
    async close() {
      quota.close();
      redis.disconnect();
      await closeWebexConnections();
      await pool.end();
    },
  };
}
