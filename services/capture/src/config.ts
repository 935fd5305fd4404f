import { dataServerConfig } from '@wxcc-wfo/acd';
import { baseConfig } from '@wxcc-wfo/service-kit';
import { webexConfig } from '@wxcc-wfo/webex';
import { type Static, Type } from 'typebox';

/** The environment of `capture`. */
export const captureConfig = Type.Object({
  ...baseConfig,
  SEALING_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal tokens and webhook secrets at rest, `id:base64,…`, the first seals.',
  }),
  HANDOVER_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys with which oauth seals the access tokens that it hands over, `id:base64,…`.',
  }),
  ...webexConfig,
  ...dataServerConfig,
  POLL_INTERVAL_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    description: 'From the end of one poll of an ACD to its next.',
  }),
  OVERLAP_MS: Type.Integer({
    default: 300_000,
    minimum: 0,
    maximum: 86_400_000,
    description: 'The end of what was read is read again for this long, because tasks become visible late.',
  }),
  INITIAL_LOOKBACK_MS: Type.Integer({
    default: 86_400_000,
    minimum: 0,
    maximum: 30 * 86_400_000,
    description: 'How far back the first poll of a new ACD begins; at most 30 days, which one query can span.',
  }),
  POLL_CONCURRENCY: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 100,
    description: 'How many ACDs one process polls at once; up to twice as many while polls wait or catch up.',
  }),
  POLL_LEASE_MS: Type.Integer({
    default: 15_000,
    minimum: 1_000,
    description: 'After how long the ACDs of a killed replica are polled by another one.',
  }),
  WEBHOOK_PUBLIC_BASE: Type.Optional(
    Type.String({
      format: 'uri',
      description: 'Public https address that leads to this service; without it capture polls only.',
    }),
  ),
  WEBHOOK_CHECK_MS: Type.Integer({
    default: 60_000,
    minimum: 1_000,
    description: 'How often an ACD’s webhook subscription is looked after.',
  }),
  HINT_COALESCE_MS: Type.Integer({
    default: 150,
    minimum: 0,
    maximum: 10_000,
    description: 'Webhooks that come within this time are answered by one query.',
  }),
});
export type CaptureConfig = Static<typeof captureConfig>;
