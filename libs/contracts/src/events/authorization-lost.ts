import { type Static, Type } from 'typebox';
import { EpochMs, ExtensibleEnum, Ownership } from '../primitives.ts';

/** Nobody can get a token for this ACD any more until a person authorizes it again (AUTH-04). */
export const AuthorizationLost = Type.Object(
  {
    ...Ownership,
    occurredAtMs: EpochMs,
    sinceMs: EpochMs,
    code: ExtensibleEnum(['refresh-token-refused', 'refresh-token-expired', 'never-authorized'], 'Why.'),
    detail: Type.String({ maxLength: 2000 }),
    remedy: Type.String({ maxLength: 2000 }),
    possibleCauses: Type.Array(Type.String({ maxLength: 500 }), { maxItems: 20 }),
  },
  { $id: 'authorization-lost', description: 'The authorization of one ACD is lost: why, since when, what to do.' },
);
export type AuthorizationLost = Static<typeof AuthorizationLost>;
