import { type Static, Type } from 'typebox';

const Iso = Type.String({ format: 'date-time' });
const EXAMPLE_ACD_ID = '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01';
const EXAMPLE_CLIENT_REF = '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10';
const EXAMPLE_ORG_ID = '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2';

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

/** What creates an ACD connection (ACD-01). Every field has a description and, where it may be left out, a default. */
export const CreateAcd = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: PLAIN_TEXT,
      description: 'Unique among the tenant’s ACDs.',
    }),
    clientRef: Type.String({ format: 'uuid', description: 'The client record whose credentials are used.' }),
    username: Type.String({
      maxLength: 320,
      pattern: PLAIN_TEXT,
      description: 'E-mail of the Webex administrator who authorizes; never a personal mailbox.',
    }),
    apiUrl: Type.String({
      maxLength: 500,
      description:
        'Base URL of the Webex Contact Center API with its protocol, or a region: us1, anz1, eu1, eu2, jp1, ca1, sg1, in1, or US, ANZ, UK, EU, Japan.',
    }),
    webexOrgId: Type.String({
      format: 'uuid',
      description: 'The Webex organization id (the guide’s “Tenant ID” of the ACD page). Not the WFO tenant.',
    }),
    qualityManagement: Type.Optional(QualityManagement),
    metadataMappings: Type.Optional(
      Type.Array(MetadataMapping, {
        maxItems: 500,
        default: [],
        description:
          'Custom metadata (CAP-04). Several names may share a label; the first of them that has a value in a task gives it.',
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
      Type.Union(
        [
          Type.Object(
            {
              timeOfDay: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'HH:MM in the zone.' }),
              timeZone: Type.String({ minLength: 1, maxLength: 100, description: 'A named IANA time zone.' }),
            },
            { additionalProperties: false },
          ),
          Type.Null(),
        ],
        { default: null, description: 'Read the whole previous day again once a day; null: off.' },
      ),
    ),
    rteMessaging: Type.Optional(
      Type.Boolean({ default: false, description: 'Real-time event messages for screen recording.' }),
    ),
    acdFiltering: Type.Optional(Type.Unknown({ description: 'Not supported (ACD-03); it is refused.' })),
  },
  {
    additionalProperties: false,
    examples: [
      {
        name: 'Contact centre',
        clientRef: EXAMPLE_CLIENT_REF,
        username: 'admin@contactcentre.example',
        apiUrl: 'eu2',
        webexOrgId: EXAMPLE_ORG_ID,
        qualityManagement: { enabled: true, voice: true, digital: false },
        metadataMappings: [{ acdMetadataName: 'taskDetails.channelType', metadataLabel: 'Channel Type' }],
        dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
      },
    ],
  },
);
export type CreateAcd = Static<typeof CreateAcd>;

const acdExample = {
  acdId: EXAMPLE_ACD_ID,
  wfoTenantId: 'd2f1f6a2-7c55-4a0c-b7b9-5d0a4f0a1e11',
  webexOrgId: EXAMPLE_ORG_ID,
  revision: 1,
  type: 'Cisco Webex Contact Center 2.0',
  variant: '2.0',
  name: 'Contact centre',
  clientRef: EXAMPLE_CLIENT_REF,
  username: 'admin@contactcentre.example',
  apiUrl: 'https://api.wxcc-eu2.cisco.com',
  authorization: 'not-authorized',
  qualityManagement: { enabled: true, voice: true, digital: false },
  metadataMappings: [{ acdMetadataName: 'taskDetails.channelType', metadataLabel: 'Channel Type' }],
  synchronizationIntervalMinutes: 30,
  captureDelayMinutes: 15,
  dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
  rteMessaging: false,
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-15T09:00:00.000Z',
};
const startExample = {
  authorizationUrl: 'https://webexapis.com/v1/authorize?response_type=code&client_id=C0ffee&state=…',
  expiresAt: '2026-01-15T09:15:00.000Z',
};

const acdFields = {
  acdId: Type.String({ description: 'The server id of this connection.' }),
  wfoTenantId: Type.String({ description: 'The WFO tenant. Not the Webex organization.' }),
  webexOrgId: Type.String({ description: 'The Webex organization id.' }),
  revision: Type.Integer({ description: 'Grows with every change.' }),
  type: Type.Literal('Cisco Webex Contact Center 2.0'),
  variant: Type.Literal('2.0'),
  name: Type.String(),
  clientRef: Type.String(),
  username: Type.String(),
  apiUrl: Type.String(),
  authorization: Type.String({ description: 'not-authorized, authorized or reauthorization-required.' }),
  qualityManagement: Type.Object({ enabled: Type.Boolean(), voice: Type.Boolean(), digital: Type.Boolean() }),
  metadataMappings: Type.Array(Type.Object({ acdMetadataName: Type.String(), metadataLabel: Type.String() })),
  synchronizationIntervalMinutes: Type.Integer(),
  captureDelayMinutes: Type.Integer(),
  dataRecapture: Type.Union([Type.Object({ timeOfDay: Type.String(), timeZone: Type.String() }), Type.Null()]),
  rteMessaging: Type.Boolean(),
  createdAt: Iso,
  changedAt: Iso,
};
const startFields = {
  authorizationUrl: Type.String({
    description: 'Open it in a private browser window and sign in as the administrator.',
  }),
  expiresAt: Iso,
};

/** An ACD connection as it is shown. No secret is in it. */
export const AcdView = Type.Object(acdFields, { description: 'One ACD connection.', examples: [acdExample] });

export const AcdPage = Type.Object(
  { items: Type.Array(Type.Object(acdFields)), next: Type.Union([Type.String(), Type.Null()]) },
  {
    description: 'A page in order of the names; `next` is the `after` of the next page, null at the end.',
    examples: [{ items: [acdExample], next: null }],
  },
);

export const AuthorizationStart = Type.Object(startFields, {
  description: 'Where the administrator signs in, good once.',
  examples: [startExample],
});

export const CreatedAcd = Type.Object(
  { ...acdFields, ...startFields },
  { description: 'The new ACD and where its administrator signs in.', examples: [{ ...acdExample, ...startExample }] },
);
