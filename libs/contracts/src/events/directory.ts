import { type Static, Type } from 'typebox';
import { ClosedEnum, EpochMs, Nullable, Ownership, Uuid, WebexId } from '../primitives.ts';
import { CHANNELS, DIRECTIONS } from './task-ended.ts';

export const USER_ACD_STATES = ['active', 'not-active', 'deleted'] as const;
export const ACD_STATES = ['active', 'inactive', 'deleted'] as const;
export const TEAM_TYPES = ['agent', 'capacity', 'unknown'] as const;

const Revision = Type.Integer({ minimum: 1, description: 'Grows by one with every change that is published.' });
const AcdUserId = { ...WebexId, description: 'The ACD id: the user’s id in Webex Contact Center, its TID in 1.0.' };
const IdentityId = Nullable({ ...WebexId, description: 'The Common Identity id of the same person.' });
const PersonName = Type.String({ maxLength: 500 });
const CalendarDate = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A calendar date, YYYY-MM-DD.' });

/** One WFO user that the ACD’s directory made (SYNC-02, SYNC-08), with everything that WFO keeps of it. */
export const UserChanged = Type.Object(
  {
    ...Ownership,
    userId: { ...Uuid, description: 'The WFO user; given once and kept.' },
    revision: Revision,
    occurredAtMs: EpochMs,
    acdUserId: AcdUserId,
    webexUserId: { ...WebexId, description: 'The user’s id in Webex Contact Center, in every variant.' },
    identityId: IdentityId,
    otherAcdIds: Type.Array(Type.Object({ acdUserId: AcdUserId, webexUserId: WebexId, identityId: IdentityId }), {
      description: 'Under these ids the same person was known as well: users that were merged into this one.',
    }),
    firstName: Nullable(PersonName),
    lastName: Nullable(PersonName),
    email: Nullable(Type.String({ maxLength: 500 })),
    active: Type.Boolean({ description: 'Whether the user is active in WFO.' }),
    acdState: ClosedEnum(USER_ACD_STATES, 'What the ACD’s directory says of the user.'),
    contactCenterEnabled: Type.Boolean(),
    teamId: { ...Uuid, description: 'The one WFO team that the user belongs to.' },
    roles: Type.Array(Type.Object({ roleId: Uuid, name: Type.String({ maxLength: 200 }) })),
    permissions: Type.Array(Type.String({ maxLength: 100 }), {
      description: 'What the roles permit together, each once, sorted: `capture-contacts`, `record-screen`, …',
    }),
    windowsLogin: Nullable(Type.String({ maxLength: 500, description: 'Set in WFO, never by the ACD.' })),
    companyStartDate: CalendarDate,
    departmentStartDate: CalendarDate,
    mergedIntoUserId: Nullable({ ...Uuid, description: 'The user that stands for this one since they were merged.' }),
  },
  { $id: 'user-changed', description: 'A WFO user, whole, after a sync or an edit changed it.' },
);
export type UserChanged = Static<typeof UserChanged>;

/** One WFO team: the ACD’s, with its name, or one that was created here (SYNC-05). */
export const TeamChanged = Type.Object(
  {
    ...Ownership,
    teamId: { ...Uuid, description: 'The WFO team; given once and kept.' },
    revision: Revision,
    occurredAtMs: EpochMs,
    name: Type.String({ maxLength: 500 }),
    source: ClosedEnum(['acd', 'wfo'], 'Who owns the name: a team of the ACD is read-only here.'),
    acdTeamId: Nullable(WebexId),
    type: Nullable(ClosedEnum(TEAM_TYPES, 'Agent based or capacity based; null for a team that was created here.')),
    acdState: Nullable(ClosedEnum(ACD_STATES, 'What the ACD says; null for a team that was created here.')),
    isDefault: Type.Boolean({ description: 'Whether new users of this ACD join it.' }),
    deleted: Type.Boolean({ description: 'True for ever once a team that was created here was deleted here.' }),
    mergedIntoTeamId: Nullable({ ...Uuid, description: 'The team that stands for this one since they were merged.' }),
  },
  { $id: 'team-changed', description: 'A WFO team, whole, after a sync or an edit changed it.' },
);
export type TeamChanged = Static<typeof TeamChanged>;

/** One service queue; a queue that went away is kept for history, marked. */
export const QueueChanged = Type.Object(
  {
    ...Ownership,
    queueId: { ...Uuid, description: 'The WFO queue; given once and kept.' },
    revision: Revision,
    occurredAtMs: EpochMs,
    acdQueueId: WebexId,
    name: Type.String({ maxLength: 500 }),
    channel: ClosedEnum(CHANNELS, 'What the queue serves.'),
    channelType: Type.String({ maxLength: 100, description: 'Webex’s word for the channel.' }),
    direction: ClosedEnum(DIRECTIONS, 'Whose contacts it holds.'),
    serviceLevelThresholdSeconds: Nullable(Type.Number({ minimum: 0 })),
    acdState: ClosedEnum(ACD_STATES, 'What the ACD says.'),
  },
  { $id: 'queue-changed', description: 'A service queue, whole, after a sync changed it.' },
);
export type QueueChanged = Static<typeof QueueChanged>;
