import { type Static, Type } from 'typebox';

const Iso = Type.String({ format: 'date-time' });

const QualityManagement = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether contacts are made at all.' }),
    voice: Type.Boolean({ default: true, description: 'Contacts of calls.' }),
    digital: Type.Boolean({ default: false, description: 'Contacts of chats and SMS conversations.' }),
  },
  { additionalProperties: false, default: { enabled: true, voice: true, digital: false } },
);

/** What creates an ACD connection (ACD-01). Every field has a description and, where it may be left out, a default. */
export const CreateAcd = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'Unique among the tenant’s ACDs.' }),
    clientRef: Type.String({ format: 'uuid', description: 'The client record whose credentials are used.' }),
    username: Type.String({
      maxLength: 320,
      description: 'E-mail of the Webex administrator who authorizes; never a personal mailbox.',
    }),
    apiUrl: Type.String({
      maxLength: 500,
      description: 'Base URL of the Webex Contact Center API with its protocol, or a region code such as us1 or eu2.',
    }),
    webexOrgId: Type.String({
      format: 'uuid',
      description: 'The Webex organization id (the guide’s “Tenant ID” of the ACD page). Not the WFO tenant.',
    }),
    qualityManagement: Type.Optional(QualityManagement),
    metadataMappings: Type.Optional(
      Type.Array(Type.Object({ acdMetadataName: Type.String(), metadataLabel: Type.String() }), {
        maxItems: 500,
        default: [],
        description: 'Custom metadata (CAP-04); must be empty in this release.',
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
  { additionalProperties: false },
);
export type CreateAcd = Static<typeof CreateAcd>;

/** An ACD connection as it is shown. No secret is in it. */
export const AcdView = Type.Object({
  acdId: Type.String({ description: 'The server id of this connection.' }),
  wfoTenantId: Type.String({ description: 'The WFO tenant. Not the Webex organization.' }),
  webexOrgId: Type.String({ description: 'The Webex organization id.' }),
  revision: Type.Integer(),
  type: Type.Literal('Cisco Webex Contact Center 2.0'),
  variant: Type.Literal('2.0'),
  name: Type.String(),
  clientRef: Type.String(),
  username: Type.String(),
  apiUrl: Type.String(),
  authorization: Type.String(),
  qualityManagement: QualityManagement,
  metadataMappings: Type.Array(Type.Object({ acdMetadataName: Type.String(), metadataLabel: Type.String() })),
  synchronizationIntervalMinutes: Type.Integer(),
  captureDelayMinutes: Type.Integer(),
  dataRecapture: Type.Union([Type.Object({ timeOfDay: Type.String(), timeZone: Type.String() }), Type.Null()]),
  rteMessaging: Type.Boolean(),
  createdAt: Iso,
  changedAt: Iso,
});

export const AuthorizationStart = Type.Object({
  authorizationUrl: Type.String({
    description: 'Open it in a private browser window and sign in as the administrator.',
  }),
  expiresAt: Iso,
});
