import { fileURLToPath } from 'node:url';

export { createAcdChangedHandler, findAcd, listActiveAcds } from './acd-copies.ts';
export {
  type AcdLease,
  type AcdLeases,
  type AcdLeasesOptions,
  createAcdLeases,
  LeaseRevokedError,
} from './leases/acd-leases.ts';
export { dataServerConfig } from './roles/data-server-config.ts';
export {
  countWorkers,
  createRoleReports,
  type RoleNews,
  type RoleReport,
  type RoleReports,
  type RoleReportsOptions,
  readRoleReports,
  WORKER_TTL_MS,
} from './roles/role-reports.ts';
export { SERVED_VARIANTS, whyNotServed } from './roles/served-variants.ts';
export { type WorkerOf, worksFor } from './roles/worker-of.ts';
export { acdSealedTargets } from './sealed-targets.ts';
export { createTokenSource, NoAccessToken, type TokenSource, type TokenSourceOptions } from './token-source.ts';
export {
  createWebexAccess,
  type WebexAccess,
  type WebexAccessConfig,
  type WebexAccessOptions,
} from './webex-access.ts';
export { type SubscriptionJobDeps, startSubscriptionJob } from './webhooks/subscription-job.ts';
export {
  destinationUrlOf,
  type KeptSubscription,
  planSubscription,
  type SubscriptionPlan,
  type WebhookKind,
} from './webhooks/subscription-policy.ts';
export {
  createTendSubscriptionStep,
  type Subscriptions,
  type TendSubscriptionDeps,
} from './webhooks/tend-subscription-step.ts';
export { type WebhookRouteDeps, webhookRoute } from './webhooks/webhook-route.ts';

/** SQL files of the tables that all this lives in; run with the service's own. */
export const acdMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
