import { type Static, Type } from 'typebox';
import { ClosedEnum, EpochMs, Nullable, Ownership, WebexId } from '../primitives.ts';

export const ACD_AUTHORIZATION_STATES = ['not-authorized', 'authorized', 'reauthorization-required'] as const;

/** The whole configuration of one ACD without secrets (ACD-01, ACD-05); the last revision wins, `deleted` lasts. */
export const AcdChanged = Type.Object(
  {
    ...Ownership,
    revision: Type.Integer({ minimum: 1, description: 'Grows with every change of this ACD.' }),
    occurredAtMs: EpochMs,
    deleted: Type.Boolean({ description: 'True for ever once the ACD was deleted; all work for it stops.' }),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    variant: ClosedEnum(['2.0'], 'The connection variant (ACD-02); this release speaks the programmatic APIs.'),
    webexOrgId: WebexId,
    apiUrl: Type.String({ description: 'Base URL of the Webex Contact Center API with its protocol.' }),
    username: Type.String({ description: 'The administrator whose authorization is used.' }),
    quotaKey: Type.String({
      pattern: '^[0-9a-f]{16}$',
      description: 'Names the request budget; ACDs of one OAuth client share it (CAP-08). A hash, not the client id.',
    }),
    authorization: ClosedEnum(ACD_AUTHORIZATION_STATES, 'Whether a token can be had.'),
    qualityManagement: Type.Object({
      enabled: Type.Boolean(),
      voice: Type.Boolean(),
      digital: Type.Boolean(),
    }),
    metadataMappings: Type.Array(Type.Object({ acdMetadataName: Type.String(), metadataLabel: Type.String() }), {
      maxItems: 500,
    }),
    synchronizationIntervalMinutes: Type.Integer({ minimum: 10 }),
    captureDelayMinutes: Type.Integer({ minimum: 0 }),
    dataRecapture: Nullable(
      Type.Object({
        timeOfDay: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
        timeZone: Type.String({ minLength: 1 }),
      }),
    ),
    rteMessaging: Type.Boolean(),
  },
  { $id: 'acd-changed', description: 'The whole configuration of one ACD connection, without secrets.' },
);
export type AcdChanged = Static<typeof AcdChanged>;
