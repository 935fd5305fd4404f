import { baseConfig } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';

// Nothing here needs Redis.
const { REDIS_URL: _unused, ...base } = baseConfig;

/** The environment of `segmenter`. */
export const segmenterConfig = Type.Object({
  ...base,
  INTERNAL_API_KEY: Type.String({
    pattern: '^wfo_[a-z0-9-]+_[A-Za-z0-9_-]{20,}$',
    secret: true,
    description: 'API key that this service presents to its siblings',
  }),
  MEDIA_FOLDER: Type.String({ minLength: 1, description: 'Folder of the media store that media-import writes to' }),
  MEDIA_IMPORT_URL: Type.String({ format: 'uri', description: 'Where media-import answers; it gives recording keys' }),
  HANDOVER_KEYS: Type.String({
    format: 'keyring',
    minLength: 1,
    secret: true,
    description: 'Keys that seal what siblings hand to each other, `id:base64,…`, the first seals',
  }),
  LINK_SIGNING_KEY: Type.String({
    minLength: 32,
    secret: true,
    description: 'Signs links to audio; the same for all replicas. A new one ends all links',
  }),
  LINK_LIFETIME_SECONDS: Type.Integer({
    default: 900,
    minimum: 10,
    maximum: 86_400,
    description: 'How long a link to audio plays',
  }),
  SEGMENTER_BATCH_SIZE: Type.Integer({
    default: 500,
    minimum: 1,
    maximum: 5_000,
    description: 'Most events that are handled in one transaction',
  }),
  SEGMENTER_CONCURRENCY: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 50,
    description: 'Partitions that one process handles at a time, each on a database connection of its own',
  }),
});
export type SegmenterConfig = Static<typeof segmenterConfig>;
