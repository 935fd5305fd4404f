import { USER_ACD_STATES } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import { READ_ONLY_FIELDS } from './edit-user-policy.ts';
import { permissionsOf, type User } from './user.ts';

const Id = (description: string) => Type.String({ format: 'uuid', description });
const WebexIdText = (description: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description });
const Search = (description: string) => Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description });
const AcdState = Type.Unsafe<User['acdState']>({
  type: 'string',
  enum: [...USER_ACD_STATES],
  description: 'What the ACD’s directory says of the user.',
});
const Text = (description: string) => Type.String({ description });
const TextOrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

/** The only kind of ACD that has a directory here. */
const PROFILE_TYPE = 'webex-contact-center';

const AcdIds = {
  acdUserId: Text('The ACD id: the user’s id in Webex Contact Center, its TID in 1.0.'),
  webexUserId: Text('The user’s id in Webex Contact Center, in every variant.'),
  identityId: TextOrNull('The Common Identity id of the same person.'),
};

const userFields = {
  userId: Id('The WFO user.'),
  acdId: Id('The ACD connection.'),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  ...AcdIds,
  acdProfile: Type.Object(
    {
      acdId: Id('The ACD connection.'),
      userId: Text('The ACD id.'),
      type: Type.Literal(PROFILE_TYPE, { description: 'Of which kind of ACD the user is.' }),
    },
    { description: 'What makes the user one of the ACD; who has none is not recorded (SYNC-02, SCR-04).' },
  ),
  otherAcdIds: Type.Array(Type.Object(AcdIds), { description: 'Ids of users that were merged into this one.' }),
  firstName: TextOrNull('Of the ACD, read-only here.'),
  lastName: TextOrNull('Of the ACD, read-only here.'),
  email: TextOrNull('Of the ACD, read-only here.'),
  acdState: AcdState,
  contactCenterEnabled: Type.Boolean({ description: 'Whether the ACD lets the user handle contacts.' }),
  active: Type.Boolean({ description: 'Whether the user is active in WFO.' }),
  activationBy: Type.Unsafe<User['activationBy']>({
    type: 'string',
    enum: ['sync', 'wfo'],
    description: 'Who decided that last: a run, or a person, whose word a run does not overrule.',
  }),
  team: Type.Object({ teamId: Id('The team.'), name: Text('Its name.') }, { description: 'The one team of the user.' }),
  roles: Type.Array(Type.Object({ roleId: Id('The role.'), name: Text('Its name.') }), {
    description: 'The user’s roles.',
  }),
  permissions: Type.Array(Type.String(), { description: 'What the roles permit together.' }),
  windowsLogin: TextOrNull('By which screen recording finds the user.'),
  companyStartDate: Text('YYYY-MM-DD.'),
  departmentStartDate: Text('YYYY-MM-DD.'),
  mergedIntoUserId: TextOrNull('The user that stands for this one since they were merged.'),
  createdAt: Type.String({ format: 'date-time', description: 'When the user came to WFO.' }),
  changedAt: Type.String({ format: 'date-time', description: 'When it was last changed.' }),
};

const example = {
  userId: '1b7f8a52-8f0e-5c0a-9a38-52f0a3a7b101',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  revision: 4,
  acdUserId: '93912f11-6017-404b-bf14-5331890b1797',
  webexUserId: '93912f11-6017-404b-bf14-5331890b1797',
  identityId: '1d21e231-1234-4578-9a83-a17ef7c5c102',
  acdProfile: {
    acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
    userId: '93912f11-6017-404b-bf14-5331890b1797',
    type: PROFILE_TYPE,
  } as const,
  otherAcdIds: [],
  firstName: 'Ada',
  lastName: 'Example',
  email: 'ada@contactcentre.example',
  acdState: 'active' as const,
  contactCenterEnabled: true,
  active: true,
  activationBy: 'sync' as const,
  team: { teamId: 'd1f1a3c0-0a4e-5a39-8a51-4b1d2b0c7e33', name: 'Default team' },
  roles: [{ roleId: 'e6a7d7a4-3d6e-5c7e-8f0b-1a2b3c4d5e6f', name: 'Agent' }],
  permissions: ['capture-contacts', 'record-screen', 'view-own-contacts'],
  windowsLogin: 'CONTOSO\\ada',
  companyStartDate: '2026-01-15',
  departmentStartDate: '2026-01-15',
  mergedIntoUserId: null,
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-20T10:00:00.000Z',
};

const Warning = Type.Object({
  field: Text('What it is about.'),
  reason: Text('What will happen.'),
  remedy: Text('What to do if that is not wanted.'),
});

export const UserView = Type.Object(userFields, { description: 'One WFO user.', examples: [example] });
export const EditedUser = Type.Object(
  { ...userFields, warnings: Type.Array(Warning, { description: 'What was done, but will not last.' }) },
  { description: 'The user as it is now.', examples: [{ ...example, warnings: [] }] },
);
export const UserPage = Type.Object(
  { items: Type.Array(Type.Object(userFields), { description: 'The users.' }), nextCursor: NextCursor },
  { description: 'A page in order of last and first name.', examples: [{ items: [example], nextCursor: null }] },
);

export const UserQuery = Type.Object(
  {
    acdId: Type.Optional(Id('Only users of this ACD.')),
    name: Type.Optional(
      Search('Beginning of “last first” or “first last”, whatever case, accents and punctuation: `muller an`.'),
    ),
    email: Type.Optional(Search('Beginning of the e-mail address.')),
    acdUserId: Type.Optional(
      WebexIdText('Any id by which the ACD knows or knew the user: its id, TID or Common Identity id.'),
    ),
    identityId: Type.Optional(WebexIdText('The Common Identity id, now or before a merge.')),
    windowsLogin: Type.Optional(Search('The whole Windows login, whatever its case.')),
    teamId: Type.Optional(Id('Only users of this team.')),
    roleId: Type.Optional(Id('Only users who have this role.')),
    active: Type.Optional(Type.Boolean({ description: 'Only users who are active in WFO, or who are not.' })),
    acdState: Type.Optional(AcdState),
    contactCenterEnabled: Type.Optional(Type.Boolean({ description: 'Only users who are, or who are not.' })),
    includeMerged: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether users that were merged into others are listed, too.' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
);
export type UserQuery = Static<typeof UserQuery>;

const readOnly = Object.fromEntries(
  Object.entries(READ_ONLY_FIELDS).map(([field, reason]) => [
    field,
    Type.Optional(Type.Unknown({ description: `Read-only, refused: ${reason}` })),
  ]),
);

export const EditUser = Type.Object(
  {
    windowsLogin: Type.Optional(
      Type.Union([Type.String({ maxLength: 400 }), Type.Null()], {
        description: '`DOMAIN\\user`, `user@domain` or the plain user name; unique in the tenant; null takes it away.',
      }),
    ),
    active: Type.Optional(
      Type.Boolean({ description: 'Not true for a user that the ACD deleted or holds Not Active.' }),
    ),
    teamId: Type.Optional(Id('The one team that the user moves to, of the same ACD.')),
    roleIds: Type.Optional(
      Type.Array(Id('A role of the tenant.'), {
        maxItems: 50,
        uniqueItems: true,
        description: 'All roles of the user; the agent role comes back to contact-center enabled users (SYNC-03).',
      }),
    ),
    ...readOnly,
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays.',
    examples: [{ windowsLogin: 'CONTOSO\\ada', teamId: 'd1f1a3c0-0a4e-5a39-8a51-4b1d2b0c7e33' }],
  },
);

export const UserParams = Type.Object({ userId: Id('The WFO user.') });
export const AcdUserParams = Type.Object({
  id: WebexIdText('The user’s id, its TID or its Common Identity id, now or before a merge.'),
});
export const AcdUserQuery = Type.Object(
  { acdId: Type.Optional(Id('The ACD, where several of the tenant’s know the id.')) },
  { additionalProperties: false },
);

const iso = (ms: number) => new Date(ms).toISOString();

export function userView(user: User): Static<typeof UserView> {
  const { teamId, teamName, createdAtMs, changedAtMs } = user;
  return {
    userId: user.userId,
    acdId: user.acdId,
    revision: user.revision,
    acdUserId: user.acdUserId,
    webexUserId: user.webexUserId,
    identityId: user.identityId,
    acdProfile: { acdId: user.acdId, userId: user.acdUserId, type: PROFILE_TYPE },
    otherAcdIds: user.otherAcdIds,
    firstName: user.firstName,
    lastName: user.lastName,
    email: user.email,
    acdState: user.acdState,
    contactCenterEnabled: user.contactCenterEnabled,
    active: user.active,
    activationBy: user.activationBy,
    team: { teamId, name: teamName },
    roles: user.roles.map(({ roleId, name }) => ({ roleId, name })),
    permissions: permissionsOf(user),
    windowsLogin: user.windowsLogin,
    companyStartDate: user.companyStartDate,
    departmentStartDate: user.departmentStartDate,
    mergedIntoUserId: user.mergedIntoUserId,
    createdAt: iso(createdAtMs),
    changedAt: iso(changedAtMs),
  };
}
