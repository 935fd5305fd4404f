export { type AccessControl, type AccessOptions, createAccessControl } from './access.ts';
export { accessOptions } from './access-config.ts';
export { type ApiKeyEntry, apiKeyId, coversScope, hashApiKey, newApiKey } from './api-key.ts';
export { type AppOptions, createApp, httpMetrics, requireTenant } from './app.ts';
export type { App } from './app-type.ts';
export { baseConfig } from './base-config.ts';
export type { Caller } from './caller.ts';
export { type Clock, createDatabaseClock, type DatabaseClock } from './clock.ts';
export { ConfigError, loadConfig } from './config.ts';
export { describeEnvironment } from './describe-environment.ts';
export { databaseCheck, type HealthReport, type LivenessTick, type ReadinessCheck, type Verdict } from './health.ts';
export { entityTag, requireIfMatch } from './if-match.ts';
export { jsonColumn, jsonColumnSql } from './json-column.ts';
export { keyRotationRoute } from './key-rotation-route.ts';
export { createLease, type Lease, LeaseLostError, type LeaseOptions } from './lease.ts';
export { type Lifecycle, type StopReport, type StopStep, stopInOrder } from './lifecycle.ts';
export { createLogger, type Logger, type LoggerOptions, serializeError } from './logger.ts';
export {
  defineMetrics,
  describeMetrics,
  type MetricDefinition,
  type MetricsOf,
  type Observed,
  serveMetrics,
} from './metrics.ts';
export { accessMigrationsFolder, type MigrateOptions, migrateService, schemaOf } from './migrate.ts';
export type { OidcOptions } from './oidc.ts';
export { createPool, type PoolOptions, type SqlClient } from './pool.ts';
export { ProblemError, type ProblemField, type ProblemOptions, problem } from './problem.ts';
export { redact, scrub } from './redaction.ts';
export { type Repeating, repeat } from './repeat.ts';
export {
  createRewrapJob,
  type KeyRotation,
  type RewrapJob,
  rewrapMetrics,
  type TargetRotation,
} from './rewrap-job.ts';
export type { SealedTarget } from './rewrap-repository.ts';
export { type RunningService, runService, type ServiceDefinition, type ServiceStart } from './run-service.ts';
export { explainSchemaError, type SchemaFinding } from './schema-errors.ts';
export { createSealer, type Keyring, newSealingKey, parseKeyring, SealError, type Sealer } from './sealer.ts';
export { type LinkVerdict, signLink, verifyLink } from './signed-link.ts';
export { isConflict, isTransient, sqlState } from './sql-error.ts';
export { onceReachable, type StartUpWait } from './start-up.ts';
export { tidyHeap } from './tidy-heap.ts';
export { inTransaction, readAsTenant, runTransaction, type TransactionOptions } from './transaction.ts';
