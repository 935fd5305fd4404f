import type { SealedTarget } from '@wxcc-wfo/service-kit';
import { accessTokenBinding } from './token-source.ts';
import { secretBinding } from './webhooks/tend-subscription-step.ts';

/** What a service with `acdMigrationsFolder`’s tables stores encrypted, for its rotation of keys (AUTH-06). */
export const acdSealedTargets: readonly SealedTarget[] = [
  {
    table: 'access_token',
    keyColumns: ['acd_id'],
    bindingColumns: ['version'],
    column: 'sealed',
    binding: (row) => accessTokenBinding(row.acd_id, row.version),
  },
  {
    table: 'webhook_subscription',
    keyColumns: ['acd_id'],
    column: 'secret_sealed',
    binding: (row) => secretBinding(row.acd_id),
  },
];
