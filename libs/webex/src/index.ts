export { ACTIVITY_KINDS, type ActivityKind } from '@wxcc-wfo/contracts';
export { MAX_CAPTURE_IDS } from './captures/captures-client.ts';
export type { DirectoryClient } from './config/directory-client.ts';
export {
  createUnpublishedDirectory,
  type DirectoryAvailability,
  directoryOf,
} from './config/unpublished-directory.ts';
export {
  type Authorization,
  type Credentials,
  createApiKeyCredentials,
  createBearerCredentials,
} from './http/credentials.ts';
export type { OnUnknownValue } from './http/fields.ts';
export { closeWebexConnections } from './http/guarded-agents.ts';
export { checkUrl, type HostRules, isAllowedHost, isPrivateAddress } from './http/host-policy.ts';
export { WebexError, type WebexErrorKind } from './http/webex-error.ts';
export {
  type Authorizer,
  createOAuthClient,
  type OAuthClient,
  type OAuthClientOptions,
  orgIdOfToken,
  type TokenSet,
} from './oauth/oauth-client.ts';
export type * from './port.ts';
export { createSharedQuota, type SharedQuota, type SharedQuotaOptions } from './quota/shared-quota.ts';
export type { MetadataQuestion } from './search/metadata-fields.ts';
export { createWebexClient } from './webex-client.ts';
export { webexConfig } from './webex-config.ts';
export {
  signWebhook,
  verifyWebhook,
  type WebexWebhookEvent,
  type WebhookHeaders,
  type WebhookRefusal,
  type WebhookResult,
} from './webhook/verify-webhook.ts';
