import { dataServerConfig } from '@wxcc-wfo/acd';
import { baseConfig } from '@wxcc-wfo/service-kit';
import { webexConfig } from '@wxcc-wfo/webex';
import { type Static, Type } from 'typebox';

/** The environment of `media-import`. */
export const mediaImportConfig = Type.Object({
  ...baseConfig,
  SEALING_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal recording keys, tokens and webhook secrets at rest, `id:base64,…`, the first seals.',
  }),
  HANDOVER_KEYS: Type.String({
    format: 'keyring',
    secret: true,
    description: 'Keys that seal what siblings hand to each other, `id:base64,…`, the first seals.',
  }),
  MEDIA_FOLDER: Type.String({ description: 'Folder of the media store; shared with the segmenter (MED-06).' }),
  ...webexConfig,
  ...dataServerConfig,
  WEBEX_ALLOWED_FILE_HOSTS: Type.Array(Type.String(), {
    default: ['*.amazonaws.com'],
    description:
      'File stores (`host`, `host:port` or `*.suffix`) that recordings may be downloaded from beside WEBEX_ALLOWED_HOSTS, comma separated. No credential is sent there.',
  }),
  IMPORT_CONCURRENCY: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 64,
    description: 'Downloads at the same time; an ACD takes at most three quarters of them.',
  }),
  WEBHOOK_PUBLIC_BASE: Type.Optional(
    Type.String({
      format: 'uri',
      description: 'Public https address that leads to this service; without it recordings are found by polling only.',
    }),
  ),
  WEBHOOK_CHECK_MS: Type.Integer({
    default: 300_000,
    minimum: 1_000,
    description: 'How often an ACD’s webhook subscription is looked after.',
  }),
  IMPORT_CHECK_MS: Type.Integer({ default: 1000, minimum: 50, description: 'How often due imports are looked for.' }),
  IMPORT_FIRST_RETRY_MS: Type.Integer({ default: 2000, minimum: 10, description: 'The first back-off of an import.' }),
  IMPORT_SETTLE_SECONDS: Type.Integer({
    default: 600,
    minimum: 0,
    description: 'How long after a call’s end it is looked at once more for recordings that were added.',
  }),
  IMPORT_GIVE_UP_HOURS: Type.Integer({
    default: 720,
    minimum: 1,
    description: 'How long the ACD keeps captures; what was not had until then is listed as failed.',
  }),
});
export type MediaImportConfig = Static<typeof mediaImportConfig>;
