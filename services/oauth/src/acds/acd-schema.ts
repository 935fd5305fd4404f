import { ACD_VARIANTS } from '@wxcc-wfo/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { CONFIRMATIONS } from './change-policy.ts';
import type { AcdForm } from './form-policy.ts';
import { ACD_TYPES } from './variant-policy.ts';

export const EXAMPLE_CLIENT_REF = '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10';
export const EXAMPLE_ORG_ID = '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2';

/** Text without control characters, which no database takes or no person sees. */
export const PLAIN_TEXT = '^[^\\u0000-\\u001f\\u007f]*$';

const QualityManagement = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether contacts are made at all.' }),
    voice: Type.Optional(
      Type.Boolean({ description: 'Contacts of calls. Default: true, or false where enabled is false.' }),
    ),
    digital: Type.Optional(Type.Boolean({ description: 'Contacts of chats and SMS conversations. Default: false.' })),
  },
  {
    additionalProperties: false,
    description: 'Quality Management with Voice, Digital, or both. Default: Voice.',
  },
);

const MetadataMapping = Type.Object(
  {
    acdMetadataName: Type.String({
      description:
        '<task or taskDetails>.<field>, <task or taskDetails>.<global variable>:<data type>, Customer segment or Consult.',
    }),
    metadataLabel: Type.String({ description: 'The label under which contacts show the value: 1 to 200 characters.' }),
  },
  { additionalProperties: false },
);

/**
 * Every field of both forms (ACD-01, ACD-02), each with its description and its default. Which of them belong to a
 * variant is said by `variant-policy.ts`, which refuses the others by name.
 */
const FORM = {
  type: Type.Optional(
    Type.Unsafe<AcdForm['type']>({
      type: 'string',
      enum: [...ACD_TYPES],
      description: 'The guide’s “Select ACD”. Default: “Cisco Webex Contact Center 2.0”. The variant says more.',
    }),
  ),
  variant: Type.Optional(
    Type.Unsafe<AcdForm['variant']>({
      type: 'string',
      enum: [...ACD_VARIANTS],
      description:
        'The connection variant (GET /v1/variants). Default: what type and useCmsV2 say, which without them is 2.0. 2.0-cmsv1 must be named.',
    }),
  ),
  useCmsV2: Type.Optional(
    Type.Boolean({
      description:
        '1.0 form only. The guide’s tick “Cisco Webex Contact Center 1.0”: CMSv2 requests, for a tenant on its way to 2.0. Default: false.',
    }),
  ),
  name: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: PLAIN_TEXT,
    description: 'Unique among the tenant’s ACDs.',
  }),
  clientRef: Type.Optional(
    Type.String({
      format: 'uuid',
      description: '2.0 only, where it must be given: the client record whose credentials are used.',
    }),
  ),
  username: Type.String({
    maxLength: 320,
    pattern: PLAIN_TEXT,
    description:
      'E-mail of the Webex administrator who authorizes, or whose API key it is; never a personal mailbox. No default.',
  }),
  apiUrl: Type.String({
    maxLength: 500,
    pattern: PLAIN_TEXT,
    description:
      '2.0: base URL of the API with its protocol, or a region: us1, anz1, eu1, eu2, jp1, ca1, sg1, in1, or US, ANZ, UK, EU, Japan. 1.0 form: complete with protocol and path. No default.',
  }),
  mediaApiUrl: Type.Optional(
    Type.String({
      maxLength: 500,
      pattern: PLAIN_TEXT,
      description: '1.0 form only, where it must be given: complete URL of the Media API, with protocol and path.',
    }),
  ),
  apiKey: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      pattern: PLAIN_TEXT,
      description:
        '1.0 form only. Sealed at once and never shown. Default: none, and the ACD is not authorized; in a change the one at hand stays.',
    }),
  ),
  webexOrgId: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: PLAIN_TEXT,
    description:
      'The Webex organization id: the guide’s “Tenant ID” or “Cisco Tenant ID” of the ACD page. Not the WFO tenant. No default.',
  }),
  qualityManagement: Type.Optional(QualityManagement),
  metadataMappings: Type.Optional(
    Type.Array(MetadataMapping, {
      maxItems: 500,
      default: [],
      description:
        '2.0 only. Custom metadata (CAP-04). Several names may share a label; the first of them that has a value in a task gives it.',
    }),
  ),
  synchronizationIntervalMinutes: Type.Optional(
    Type.Integer({ minimum: 10, maximum: 1440, default: 30, description: 'How often the directory is read.' }),
  ),
  captureDelayMinutes: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1440,
      default: 15,
      description: 'How long statistics wait after an interval.',
    }),
  ),
  dataRecapture: Type.Optional(
    Type.Unsafe<AcdForm['dataRecapture']>({
      type: ['object', 'null'],
      required: ['timeOfDay', 'timeZone'],
      additionalProperties: false,
      properties: {
        timeOfDay: {
          type: 'string',
          pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
          description: 'The guide’s “Recapture Time”: HH:MM in the zone.',
        },
        timeZone: { type: 'string', minLength: 1, maxLength: 100, description: 'A named IANA time zone.' },
      },
      default: null,
      description: 'Read the whole previous day again once a day. Default: null, which is off.',
    }),
  ),
  rteMessaging: Type.Optional(
    Type.Boolean({ default: false, description: 'Real-time event messages for screen recording.' }),
  ),
  acdFiltering: Type.Optional(Type.Unknown({ description: 'Not supported (ACD-03); it is refused.' })),
};

const EXAMPLE_2_0 = {
  name: 'Contact centre',
  clientRef: EXAMPLE_CLIENT_REF,
  username: 'admin@contactcentre.example',
  apiUrl: 'eu2',
  webexOrgId: EXAMPLE_ORG_ID,
  qualityManagement: { enabled: true, voice: true, digital: false },
  dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
};
const EXAMPLE_1_0 = {
  type: 'Cisco Customer Journey Platform',
  useCmsV2: true,
  name: 'Contact centre before the move',
  username: 'admin@contactcentre.example',
  apiUrl: 'https://rest-tenant.example/aws/api',
  mediaApiUrl: 'https://rd-tenant.example/cr/get-decrypted-recording',
  apiKey: 'as the provider gave it',
  webexOrgId: 'a1b2c3d4e5',
};

const Confirm = Type.Optional(
  Type.Array(Type.Unsafe<string>({ type: 'string', enum: [...CONFIRMATIONS] }), {
    description:
      'What is confirmed of that which stops (the 409 `confirmation-required` names it). Also as the query parameter `confirm`, separated by commas. Default: nothing.',
  }),
);

/** What creates an ACD connection. */
export const CreateAcd = Type.Object(FORM, { additionalProperties: false, examples: [EXAMPLE_2_0, EXAMPLE_1_0] });

export type CreateAcd = Static<typeof CreateAcd>;

/** The whole form once more: what is left out takes its default, but for the API key, which stays. */
export const ReplaceAcd = Type.Object(
  { ...FORM, confirm: Confirm },
  { additionalProperties: false, examples: [EXAMPLE_2_0, EXAMPLE_1_0] },
);

/** Some fields of the form: null takes one back to its default. */
export const PatchAcd = Type.Unsafe<Partial<AcdForm> & { confirm?: string[] }>({
  type: 'object',
  properties: {
    ...Object.fromEntries(
      Object.entries(FORM).map(([field, schema]) => [
        field,
        patchable(schema, CreateAcd.required.includes(field as never)),
      ]),
    ),
    confirm: Confirm,
  },
  additionalProperties: false,
  examples: [
    { qualityManagement: { digital: true }, dataRecapture: null },
    { username: 'new-admin@contactcentre.example', confirm: ['change-username'] },
  ],
});

/** A field of a patch: no default is filled in, and null is taken unless the field must be given. */
function patchable(schema: TSchema, mustBeGiven: boolean): TSchema {
  const { default: _default, type, ...rest } = schema as TSchema & { default?: unknown; type?: string | string[] };
  const nullable = !mustBeGiven && type !== undefined;
  return {
    ...rest,
    ...(type === undefined ? {} : { type: nullable ? [...new Set([type, 'null'].flat())] : type }),
    ...(nullable && 'enum' in rest ? { enum: [...(rest.enum as unknown[]), null] } : {}),
    ...(schema === FORM.qualityManagement ? mergeable(QualityManagement.properties) : {}),
  } as TSchema;
}

/** An object whose members are merged one by one. */
function mergeable(properties: Record<string, TSchema>): { properties: Record<string, TSchema>; required: string[] } {
  const members = Object.entries(properties).map(([name, one]) => [name, patchable(one, true)] as const);
  return { properties: Object.fromEntries(members), required: [] };
}
