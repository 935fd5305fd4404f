import { ACD_VARIANTS } from '@wxcc-wfo/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { shownRequest } from '../authorization/authorization-route.ts';
import { AuthorizationStarted, startedExample } from '../authorization/authorization-schema.ts';
import type { Acd } from './acd.ts';
import { EXAMPLE_CLIENT_REF, EXAMPLE_ORG_ID } from './acd-schema.ts';
import type { SavedAcd as Saved } from './create-acd.ts';
import type { Refusal } from './refusal.ts';
import { ACD_TYPES, CAPABILITIES, type Capability, VARIANTS, warningsOfVariant } from './variant-policy.ts';

/** ACD connections as they are shown. No secret is in them. */

const Iso = (description: string) => Type.String({ format: 'date-time', description });
const OrNull = <S extends TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description });
export const EXAMPLE_ACD_ID = '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01';

export const Capabilities = Type.Object(
  Object.fromEntries(
    Object.entries(CAPABILITIES).map(([name, title]) => [name, Type.Boolean({ description: `${title}.` })]),
  ) as Record<Capability, ReturnType<typeof Type.Boolean>>,
  { description: 'What the variant can do (ACD-02).' },
);

export const AcdParams = Type.Object({
  acdId: Type.String({ format: 'uuid', description: 'The server id of the ACD.' }),
});

const Warning = Type.Object({
  field: Type.String({ description: 'The setting that it is about.' }),
  reason: Type.String({ description: 'What does not work as it may seem.' }),
  remedy: Type.String({ description: 'What to do about it.' }),
});

const acdFields = {
  acdId: Type.String({ description: 'The server id of this connection.' }),
  wfoTenantId: Type.String({ description: 'The WFO tenant. Not the Webex organization.' }),
  webexOrgId: Type.String({ description: 'The Webex organization id, the guide’s “Tenant ID” of the ACD page.' }),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  type: Type.String({ enum: [...ACD_TYPES], description: 'The guide’s “Select ACD”.' }),
  variant: Type.String({ enum: [...ACD_VARIANTS], description: 'The connection variant (GET /v1/variants).' }),
  useCmsV2: OrNull(Type.Boolean(), 'The tick of the 1.0 form; null in variant 2.0.'),
  name: Type.String({ description: 'Unique among the tenant’s ACDs.' }),
  clientRef: OrNull(Type.String(), 'The client record of variant 2.0; null where an API key is used.'),
  username: Type.String({ description: 'The account that authorizes, or whose API key it is.' }),
  apiUrl: Type.String({ description: 'Base URL of the API.' }),
  mediaApiUrl: OrNull(Type.String(), 'URL of the Media API of the 1.0 form; null in variant 2.0.'),
  apiKeySetAt: OrNull(
    Type.String({ format: 'date-time' }),
    'When the API key was set last; null: there is none. The key itself is never shown.',
  ),
  authorization: Type.String({
    description:
      'not-authorized, authorized or reauthorization-required. With an API key: authorized as soon as there is one.',
  }),
  qualityManagement: Type.Object(
    {
      enabled: Type.Boolean({ description: 'Whether contacts are made at all.' }),
      voice: Type.Boolean({ description: 'Contacts of calls.' }),
      digital: Type.Boolean({ description: 'Contacts of chats and SMS conversations.' }),
    },
    { description: 'The products that are enabled.' },
  ),
  metadataMappings: Type.Array(
    Type.Object({
      acdMetadataName: Type.String({ description: 'The name in Webex.' }),
      metadataLabel: Type.String({ description: 'The label under which contacts show the value.' }),
    }),
    { description: 'Custom metadata.' },
  ),
  synchronizationIntervalMinutes: Type.Integer({ description: 'How often the directory is read.' }),
  captureDelayMinutes: Type.Integer({ description: 'How long statistics wait after an interval.' }),
  dataRecapture: OrNull(
    Type.Object({
      timeOfDay: Type.String({ description: 'HH:MM in the zone.' }),
      timeZone: Type.String({ description: 'A named IANA time zone.' }),
    }),
    'When the whole previous day is read again; null: never.',
  ),
  rteMessaging: Type.Boolean({ description: 'Real-time event messages for screen recording.' }),
  capabilities: Capabilities,
  warnings: Type.Array(Warning, { description: 'What is saved all the same and does less than it seems to.' }),
  createdAt: Iso('When it was created.'),
  changedAt: Iso('When it was changed last.'),
};
const acdExample = {
  acdId: EXAMPLE_ACD_ID,
  wfoTenantId: 'd2f1f6a2-7c55-4a0c-b7b9-5d0a4f0a1e11',
  webexOrgId: EXAMPLE_ORG_ID,
  revision: 1,
  type: 'Cisco Webex Contact Center 2.0',
  variant: '2.0',
  useCmsV2: null,
  name: 'Contact centre',
  clientRef: EXAMPLE_CLIENT_REF,
  username: 'admin@contactcentre.example',
  apiUrl: 'https://api.wxcc-eu2.cisco.com',
  mediaApiUrl: null,
  apiKeySetAt: null,
  authorization: 'not-authorized',
  qualityManagement: { enabled: true, voice: true, digital: false },
  metadataMappings: [],
  synchronizationIntervalMinutes: 30,
  captureDelayMinutes: 15,
  dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
  rteMessaging: false,
  capabilities: VARIANTS['2.0'].capabilities,
  warnings: [],
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-15T09:00:00.000Z',
};
export const AcdView = Type.Object(acdFields, { description: 'One ACD connection.', examples: [acdExample] });

export const AcdPage = Type.Object(
  {
    items: Type.Array(Type.Object(acdFields), { description: 'The ACDs of this page.' }),
    next: OrNull(Type.String(), 'The `after` of the next page; null at the end.'),
  },
  { description: 'A page in order of the names.', examples: [{ items: [acdExample], next: null }] },
);

/** With a request to authorize where somebody has to sign in, which one with an API key never needs. */
export const SavedAcd = Type.Object(
  { ...acdFields, ...Type.Partial(AuthorizationStarted).properties },
  {
    description: 'The ACD as it is now, and where its administrator signs in, if somebody has to.',
    examples: [{ ...acdExample, ...startedExample }],
  },
);

/** An ACD that was saved, and where its administrator signs in, if somebody has to. */
export function shownSaved({ acd, started }: Saved): Static<typeof SavedAcd> {
  return { ...viewOf(acd), ...(started ? shownRequest(started) : {}) };
}

/** What is shown of an ACD. */
export function viewOf(acd: Acd): Static<typeof AcdView> {
  const { acdType, authorization, useCmsV2, capabilities } = VARIANTS[acd.variant];
  return {
    acdId: acd.acdId,
    wfoTenantId: acd.tenantId,
    webexOrgId: acd.webexOrgId,
    revision: acd.revision,
    type: acdType,
    variant: acd.variant,
    useCmsV2: authorization === 'oauth' ? null : useCmsV2,
    name: acd.name,
    clientRef: acd.clientRef,
    username: acd.username,
    apiUrl: acd.apiUrl,
    mediaApiUrl: acd.mediaApiUrl,
    apiKeySetAt: acd.apiKey && iso(acd.apiKey.setAtMs),
    authorization: acd.authorization,
    ...acd.configuration,
    capabilities,
    warnings: [...warningsOfVariant(acd.variant, acd.configuration), ...warningsOfKey(acd)],
    createdAt: iso(acd.createdAtMs),
    changedAt: iso(acd.changedAtMs),
  };
}

function warningsOfKey(acd: Acd): Refusal[] {
  if (VARIANTS[acd.variant].authorization === 'oauth' || acd.apiKey) return [];
  return [
    {
      field: 'apiKey',
      reason: 'There is no API key, so nothing is read from Webex.',
      remedy: 'Send it with PATCH /v1/acds/{acdId}.',
    },
  ];
}

const iso = (ms: number) => new Date(ms).toISOString();
