import { DATA_SERVER_ROLES, type DataServerRole, DEFAULT_DATA_SERVER } from '@wxcc-wfo/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { PLAIN_TEXT } from '../acds/acd-schema.ts';

const EXAMPLE_ID = '8f0c9d52-7d0e-4c47-9a55-1b8f4f2d6c31';
const EXAMPLE_ACD_ID = '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01';

const TITLES: Record<DataServerRole, string> = {
  sync: 'reading the directory',
  capture: 'capturing contacts',
  realTimeEvents: 'real-time events',
  mediaImport: 'importing recordings',
};

const perRole = <S extends TSchema>(of: (role: DataServerRole, title: string) => S) =>
  Object.fromEntries(DATA_SERVER_ROLES.map((role) => [role, of(role, TITLES[role])])) as Record<DataServerRole, S>;
const Iso = (description: string) => Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });

const Name = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: PLAIN_TEXT,
  description: 'Unique among the tenant’s data servers; its workers are started with DATA_SERVER=<name>.',
});
const Description = Type.String({ maxLength: 1000, pattern: PLAIN_TEXT, description: 'For people. Default: empty.' });
const Switches = Type.Object(
  perRole((_, title) =>
    Type.Optional(
      Type.Object(
        { enabled: Type.Boolean({ description: `Whether its workers do ${title}. Default: true.` }) },
        { additionalProperties: false, description: `The switch for ${title}.` },
      ),
    ),
  ),
  { additionalProperties: false, description: 'The switch of each role; one that is left out stays as it is.' },
);

export const CreateDataServer = Type.Object(
  { name: Name, description: Type.Optional(Description), roles: Type.Optional(Switches) },
  {
    additionalProperties: false,
    examples: [{ name: 'Frankfurt', description: 'Next to the recordings', roles: { sync: { enabled: false } } }],
  },
);
export type CreateDataServer = Static<typeof CreateDataServer>;

export const ChangeDataServer = Type.Object(
  { name: Type.Optional(Name), description: Type.Optional(Description), roles: Type.Optional(Switches) },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays as it is.',
    examples: [{ roles: { capture: { enabled: false } } }],
  },
);
export type ChangeDataServer = Static<typeof ChangeDataServer>;

const AcdRef = Type.Object({
  acdId: Type.String({ description: 'The server id of the ACD.' }),
  name: Type.String({ description: 'Its name.' }),
});
const RoleState = (title: string) =>
  Type.Object(
    {
      enabled: Type.Boolean({ description: `Whether its workers do ${title}.` }),
      assignedAcds: Type.Array(AcdRef, { description: 'The ACDs that are assigned to it.' }),
      acdsByDefault: Type.Array(AcdRef, { description: 'Those that it serves because nobody assigned them.' }),
      liveWorkers: Type.Union([Type.Integer(), Type.Null()], {
        description: 'How many processes told within a minute that they live; null: unknown, Redis is away.',
      }),
      flags: Type.Array(
        Type.Object({
          code: Type.Literal('nobody-serves', { description: 'What is the matter.' }),
          reason: Type.String({ description: 'Why nobody works.' }),
          remedy: Type.String({ description: 'What to do about it.' }),
        }),
        { description: 'Empty, or that ACDs are to be served and nobody does.' },
      ),
    },
    { description: `The role of ${title}.` },
  );

const dataServerFields = {
  dataServerId: Type.String({ description: 'The data server.' }),
  name: Type.String({ description: 'Its name.' }),
  description: Type.String({ description: 'For people.' }),
  isDefault: Type.Boolean({
    description: `Whether it is \`${DEFAULT_DATA_SERVER}\`, which serves what nobody assigned.`,
  }),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  roles: Type.Object(
    perRole((_, title) => RoleState(title)),
    { description: 'What it does in each role.' },
  ),
  createdAt: Iso('When it was created; null: it is the default one as nobody has changed it yet.'),
  changedAt: Iso('When it was changed last.'),
};

const acd = { acdId: EXAMPLE_ACD_ID, name: 'Contact centre' };
const served = { enabled: true, assignedAcds: [acd], acdsByDefault: [], liveWorkers: 2, flags: [] };
const example = {
  dataServerId: EXAMPLE_ID,
  name: 'Frankfurt',
  description: 'Next to the recordings',
  isDefault: false,
  revision: 3,
  roles: {
    sync: { enabled: false, assignedAcds: [], acdsByDefault: [], liveWorkers: 0, flags: [] },
    capture: served,
    realTimeEvents: { enabled: true, assignedAcds: [], acdsByDefault: [], liveWorkers: 0, flags: [] },
    mediaImport: {
      ...served,
      liveWorkers: 0,
      flags: [
        {
          code: 'nobody-serves',
          reason: 'No worker of the data server Frankfurt lives for the role mediaImport; 1 ACD waits.',
          remedy: 'Start the service media-import with DATA_SERVER=Frankfurt, or assign them to another data server.',
        },
      ],
    },
  },
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-16T10:30:00.000Z',
};

export const DataServerView = Type.Object(dataServerFields, { description: 'A data server.', examples: [example] });
export type DataServerView = Static<typeof DataServerView>;

export const DataServerList = Type.Object(
  { items: Type.Array(Type.Object(dataServerFields), { description: 'The default one first, then by name.' }) },
  { description: 'All data servers of the tenant.', examples: [{ items: [example] }] },
);

const chosen = { sync: null, capture: 'Frankfurt', realTimeEvents: null, mediaImport: 'Frankfurt' };

export const ChooseDataServers = Type.Object(
  perRole((_, title) =>
    Type.Union([Type.String({ minLength: 1, maxLength: 100, pattern: PLAIN_TEXT }), Type.Null()], {
      description: `Name of the data server for ${title}; null: the default one.`,
    }),
  ),
  { additionalProperties: false, description: 'All four roles: it is the whole choice.', examples: [chosen] },
);
export type ChooseDataServers = Static<typeof ChooseDataServers>;

export const ChosenDataServers = Type.Object(
  {
    acdId: Type.String({ description: 'The ACD.' }),
    assigned: Type.Object(
      perRole((_, title) =>
        Type.Union([Type.String(), Type.Null()], { description: `Chosen for ${title}; null: the default one.` }),
      ),
      { description: 'What was chosen.' },
    ),
    serving: Type.Object(
      perRole((_, title) =>
        Type.Union([Type.String(), Type.Null()], { description: `Who does ${title}; null: it is switched off.` }),
      ),
      { description: 'What follows from it, as every service is told.' },
    ),
  },
  {
    description: 'Who works for an ACD.',
    examples: [
      {
        acdId: EXAMPLE_ACD_ID,
        assigned: chosen,
        serving: { ...chosen, sync: 'default', realTimeEvents: 'default' },
      },
    ],
  },
);
