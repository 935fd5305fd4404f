import { baseConfig } from '@wxcc-wfo/service-kit';
import { webexConfig } from '@wxcc-wfo/webex';
import { type Static, Type } from 'typebox';

// It consumes nothing.
const { KAFKA_SESSION_TIMEOUT_MS: _unused, ...base } = baseConfig;

/** The environment of `oauth`. */
export const oauthConfig = Type.Object({
  ...base,
  SEALING_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal tokens and client secrets at rest, `id:base64,…`, the first seals (AUTH-06).',
  }),
  HANDOVER_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal what is handed to sibling services, `id:base64,…`, the first seals.',
  }),
  WEBEX_AUTHORIZE_URL: Type.String({
    default: 'https://webexapis.com/v1/authorize',
    description: 'Where an administrator signs in.',
  }),
  WEBEX_TOKEN_URL: Type.String({
    default: 'https://webexapis.com/v1/access_token',
    description: 'Where codes and refresh tokens are exchanged.',
  }),
  WEBEX_PEOPLE_ME_URL: Type.String({
    default: 'https://webexapis.com/v1/people/me',
    description: 'Tells who authorized.',
  }),
  ...webexConfig,
  WEBEX_SCOPES: Type.String({
    default: 'cjp:config cjp:config_read cjp:config_write spark:people_read',
    description: 'OAuth scopes that are asked for, separated by spaces.',
  }),
  WEBEX_PKCE: Type.Boolean({
    default: true,
    description: 'Whether the sign-in uses PKCE (RFC 7636, S256); off only where the provider refuses it.',
  }),
  OAUTH_REDIRECT_URL: Type.Optional(
    Type.String({
      description: 'The redirect URI registered with Webex; default: PUBLIC_URL + /v1/authorization/callback.',
    }),
  ),
  REFUSAL_CONFIRM_SECONDS: Type.Integer({
    default: 900,
    minimum: 0,
    description: 'A refused refresh is believed when it is seen again this much later (AUTH-04).',
  }),
  EARLY_REFRESH_SECONDS: Type.Integer({
    default: 300,
    minimum: 0,
    description: 'A token that Webex refuses before its time is refreshed at once if it is at least this old.',
  }),
  LOST_PROBE_SECONDS: Type.Integer({
    default: 21_600,
    minimum: 1,
    description: 'How often a lost authorization is tried again, so that it heals without a person (AUTH-04).',
  }),
  REFRESH_CHECK_MS: Type.Integer({ default: 1000, minimum: 50, description: 'How often due tokens are looked for.' }),
  HANDOVER_CHECK_MS: Type.Integer({
    default: 5000,
    minimum: 100,
    description: 'How often the hand-over store is compared with Postgres.',
  }),
});
export type OAuthConfig = Static<typeof oauthConfig>;
