import { type Static, Type } from 'typebox';
import { EpochMs, Ownership } from '../primitives.ts';

/** A new access token lies ready in the hand-over store; the token itself never travels (AUTH-06). */
export const TokenRefreshed = Type.Object(
  {
    ...Ownership,
    version: Type.Integer({ minimum: 1, description: 'Grows with every token of this ACD.' }),
    occurredAtMs: EpochMs,
    accessTokenExpiresAtMs: EpochMs,
    refreshTokenExpiresAtMs: EpochMs,
  },
  {
    $id: 'token-refreshed',
    description: 'A new access token lies ready; it carries ids, a version and expiries only.',
  },
);
export type TokenRefreshed = Static<typeof TokenRefreshed>;
