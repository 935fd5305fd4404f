import { Type } from 'typebox';

const uuidOrNull = Type.Union([Type.String({ format: 'uuid' }), Type.Null()]);

/** One API key as the configuration names it: the hash only, never the key. */
export const ApiKeyEntry = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    scopes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    tenantId: uuidOrNull,
  },
  { additionalProperties: false },
);

/** Variables that every service takes; a service's own schema is `Type.Object({ ...baseConfig, … })`. */
export const baseConfig = {
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'Lines below this level are not written',
  }),
  HTTP_HOST: Type.String({ default: '127.0.0.1', description: 'Address that the HTTP server listens on' }),
  HTTP_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: 'Port that the HTTP server listens on; 0 takes a free one',
  }),
  HTTP_TRUST_PROXY: Type.Array(
    Type.String({ pattern: '^(loopback|linklocal|uniquelocal|[0-9a-fA-F.:]+(/\\d{1,3})?)$' }),
    {
      default: [],
      description: 'Addresses or CIDR ranges of proxies whose X-Forwarded-* headers are believed, comma separated',
    },
  ),
  PUBLIC_URL: Type.Optional(
    Type.String({
      format: 'uri',
      description:
        'How callers outside reach this service, and siblings its events beyond 900 kB, which wait while it is not set; default for all else: its own address',
    }),
  ),
  DATABASE_URL: Type.String({
    format: 'uri',
    pattern: '^postgres(ql)?://',
    secret: true,
    description: 'postgres:// address with the role of this service',
  }),
  DATABASE_POOL_SIZE: Type.Integer({
    default: 10,
    // One is kept to listen for rows to publish; with that one alone everything else would wait for ever.
    minimum: 3,
    maximum: 200,
    description: 'Most connections that one process holds to Postgres',
  }),
  REDIS_URL: Type.String({
    format: 'uri',
    pattern: '^rediss?://',
    secret: true,
    description: 'redis:// address, with password if it has one',
  }),
  KAFKA_BROKERS: Type.Array(Type.String({ pattern: '^[^:]+:\\d+$' }), {
    minItems: 1,
    description: 'Brokers to start from, host:port, comma separated',
  }),
  KAFKA_TOPIC_PREFIX: Type.String({
    default: '',
    pattern: '^[A-Za-z0-9._-]*$',
    description: 'Put before every topic and group name, so that deployments can share a cluster',
  }),
  KAFKA_SESSION_TIMEOUT_MS: Type.Integer({
    default: 15_000,
    minimum: 1_000,
    maximum: 300_000,
    description: 'A killed replica’s partitions go to the others after this; brokers take 6000 or more unless told',
  }),
  API_KEYS: Type.Array(ApiKeyEntry, {
    default: [],
    secret: true,
    description: 'JSON list of {id, sha256, scopes, tenantId|null}: API keys that are accepted, as hashes',
  }),
  INTERNAL_API_KEY: Type.Optional(
    Type.String({
      pattern: '^wfo_[a-z0-9-]+_[A-Za-z0-9_-]{20,}$',
      secret: true,
      description: 'API key that this service presents to its siblings',
    }),
  ),
  EVENT_BLOB_ORIGINS: Type.Array(Type.String({ format: 'uri', pattern: '^https?://' }), {
    default: [],
    description:
      'Addresses (as their PUBLIC_URL) of the siblings whose events beyond 900 kB are read over HTTP, comma separated; INTERNAL_API_KEY is shown to no other',
  }),
  OIDC_ISSUER: Type.Optional(Type.String({ format: 'uri', description: 'Issuer whose bearer tokens are accepted' })),
  OIDC_AUDIENCE: Type.Optional(Type.String({ description: 'Audience that a bearer token must name' })),
  OIDC_JWKS_URL: Type.Optional(
    Type.String({ format: 'uri', description: 'Where the issuer publishes its signing keys (JWKS)' }),
  ),
  OIDC_TENANT_CLAIM: Type.String({ default: 'tenant_id', description: 'Claim that names the tenant (a UUID)' }),
  OIDC_SCOPES_CLAIM: Type.String({
    default: 'scope',
    description: 'Claim that lists the scopes (space separated text or a list)',
  }),
  SHUTDOWN_DEADLINE_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    description: 'Milliseconds that an ordered stop may take before it is cut short',
  }),
  METRICS_HOST: Type.String({ default: '127.0.0.1', description: 'Address of the metrics port' }),
  METRICS_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description:
      'Own port that serves /metrics to scrapers without a credential; 0 opens none (/metrics on the HTTP port needs the scope metrics:read)',
  }),
  LISTENING_FILE: Type.Optional(
    Type.String({ description: 'File that gets {service, url, pid} as JSON once the service listens' }),
  ),
};
