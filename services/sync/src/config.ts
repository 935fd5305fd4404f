import { dataServerConfig } from '@wxcc-wfo/acd';
import { baseConfig } from '@wxcc-wfo/service-kit';
import { webexConfig } from '@wxcc-wfo/webex';
import { type Static, Type } from 'typebox';

/** The environment of `sync`. */
export const syncConfig = Type.Object({
  ...baseConfig,
  SEALING_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal the copies of access tokens at rest, `id:base64,…`, the first seals.',
  }),
  HANDOVER_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys with which oauth seals the access tokens that it hands over, `id:base64,…`.',
  }),
  ...webexConfig,
  ...dataServerConfig,
  SYNC_CHECK_MS: Type.Integer({
    default: 5_000,
    minimum: 50,
    description: 'How often it is looked for ACDs whose synchronization interval is over.',
  }),
  SYNC_LEASE_MS: Type.Integer({
    default: 15_000,
    minimum: 1_000,
    description: 'After how long the run of a killed replica is taken over by another one.',
  }),
  SYNC_CONCURRENCY: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 50,
    description: 'How many ACDs one process syncs at once.',
  }),
  SYNC_KEPT_PLANS: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 1_000,
    description: 'Of how many finished runs of an ACD the changes are kept.',
  }),
  SYNC_KEPT_RUNS: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 100_000,
    description: 'How many finished runs of an ACD are kept.',
  }),
});
export type SyncConfig = Static<typeof syncConfig>;
