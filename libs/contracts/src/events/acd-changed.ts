import { type Static, Type } from 'typebox';
import { ClosedEnum, EpochMs, Nullable, Ownership, WebexId } from '../primitives.ts';

/** The connection variants of the guide's table "Version and feature availability" (ACD-02). */
export const ACD_VARIANTS = ['1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1', '2.0'] as const;
export type AcdVariant = (typeof ACD_VARIANTS)[number];

/** What a data server works for an ACD (ACD-04). */
export const DATA_SERVER_ROLES = ['sync', 'capture', 'realTimeEvents', 'mediaImport'] as const;
export type DataServerRole = (typeof DATA_SERVER_ROLES)[number];

/** The data server that serves what nobody assigned. */
export const DEFAULT_DATA_SERVER = 'default';

export const ACD_AUTHORIZATION_STATES = ['not-authorized', 'authorized', 'reauthorization-required'] as const;

const DataServerName = Nullable(
  Type.String({ minLength: 1, maxLength: 100, description: 'Its name; null: the role is switched off, nobody works.' }),
);

/** The whole configuration of one ACD without secrets (ACD-01, ACD-05); the last revision wins, `deleted` lasts. */
export const AcdChanged = Type.Object(
  {
    ...Ownership,
    revision: Type.Integer({ minimum: 1, description: 'Grows with every change of this ACD.' }),
    occurredAtMs: EpochMs,
    deleted: Type.Boolean({ description: 'True for ever once the ACD was deleted; all work for it stops.' }),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    variant: ClosedEnum(ACD_VARIANTS, 'The connection variant (ACD-02).'),
    webexOrgId: WebexId,
    apiUrl: Type.String({ description: 'Base URL of the Webex Contact Center API with its protocol.' }),
    // Optional: events of 0.1 lie in the compacted topic without it.
    mediaApiUrl: Type.Optional(
      Nullable(Type.String({ description: 'Complete URL of the Media API of the 1.0 form; null in variant 2.0.' })),
    ),
    username: Type.String({ description: 'The administrator whose authorization is used.' }),
    quotaKey: Type.String({
      pattern: '^[0-9a-f]{16}$',
      description: 'Names the request budget; ACDs of one OAuth client share it (CAP-08). A hash, not the client id.',
    }),
    authorization: ClosedEnum(ACD_AUTHORIZATION_STATES, 'Whether a token can be had.'),
    // Optional as above; nothing was dropped before.
    droppedTokenVersion: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Tokens and API keys of this version and older are used no more: they belong to the account, the organization or the address of before. 0: none.',
      }),
    ),
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
    // Optional as above; `dataServerOf` reads it.
    dataServers: Type.Optional(
      Type.Object(
        { sync: DataServerName, capture: DataServerName, realTimeEvents: DataServerName, mediaImport: DataServerName },
        { description: 'The data server that works in each role for this ACD (ACD-04).' },
      ),
    ),
  },
  { $id: 'acd-changed', description: 'The whole configuration of one ACD connection, without secrets.' },
);
export type AcdChanged = Static<typeof AcdChanged>;

/** The data server that works in `role` for an ACD; null: nobody. An event of 0.1 named none, which is the default one. */
export function dataServerOf(acd: Pick<AcdChanged, 'dataServers'>, role: DataServerRole): string | null {
  return acd.dataServers ? acd.dataServers[role] : DEFAULT_DATA_SERVER;
}
