import type { SealedTarget } from '@wxcc-wfo/service-kit';
import { apiKeyBinding } from '../acds/credential-repository.ts';
import { requestBinding } from '../authorization/authorize.ts';
import { secretBinding } from '../clients/client-repository.ts';
import { tokenBinding } from '../tokens/token-repository.ts';

const token = (column: string, kind: 'access' | 'refresh' | 'previous-refresh'): SealedTarget => ({
  table: 'token',
  keyColumns: ['acd_id'],
  bindingColumns: ['version'],
  column,
  binding: (row) => tokenBinding(row.acd_id, row.version, kind),
});

/** Everything that `oauth` stores encrypted (AUTH-06). A test compares it with the schema’s columns of sealed texts. */
export const oauthSealedTargets: readonly SealedTarget[] = [
  token('sealed_access', 'access'),
  token('sealed_refresh', 'refresh'),
  token('sealed_previous_refresh', 'previous-refresh'),
  {
    table: 'oauth_client',
    keyColumns: ['client_ref'],
    column: 'sealed_secret',
    binding: (row) => secretBinding(row.client_ref),
  },
  {
    table: 'acd_api_key',
    keyColumns: ['acd_id'],
    bindingColumns: ['version'],
    column: 'sealed_key',
    binding: (row) => apiKeyBinding(row.acd_id, row.version),
  },
  {
    table: 'authorization_request',
    keyColumns: ['request_id'],
    column: 'sealed_secrets',
    binding: (row) => requestBinding(row.request_id),
  },
];
