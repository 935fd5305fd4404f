import type { UserChanged } from '@wxcc-wfo/contracts';
import type { WfoSide } from '../duplicates/merge-policy.ts';
import { parseWindowsLogin } from './windows-login-policy.ts';

/** What somebody wants to change of a user; what is left out stays. */
export interface UserEdit {
  windowsLogin?: string | null;
  active?: boolean;
  teamId?: string;
  roleIds?: readonly string[];
}

export interface Finding {
  field: string;
  reason: string;
  remedy: string;
}

/** What the user and the tenant are like, as far as an edit has to know it. */
export interface EditContext {
  user: WfoSide & Pick<UserChanged, 'acdState' | 'contactCenterEnabled' | 'mergedIntoUserId'>;
  /** The team that the edit names, if the user's ACD has it. */
  team: { mergedIntoTeamId: string | null; deleted: boolean } | undefined;
  knownRoleIds: ReadonlySet<string>;
  /** The role that contact-center enabled users get. */
  agentRoleId: string | null;
}

export type EditResult =
  | { ok: true; after: WfoSide; changed: (keyof UserEdit)[]; warnings: Finding[] }
  | { ok: false; refusals: Finding[] };

/** Fields that somebody may try to send, and why they can't be changed here. */
export const READ_ONLY_FIELDS: Record<string, string> = {
  firstName: 'First and last name follow the ACD’s directory (SYNC-04).',
  lastName: 'First and last name follow the ACD’s directory (SYNC-04).',
  email: 'The e-mail address follows the ACD’s directory.',
  acdUserId: 'The ACD id is the one that the ACD gave (SYNC-02).',
  webexUserId: 'The Webex id is the one that Webex gave.',
  identityId: 'The Common Identity id is the one that Webex gave.',
  acdState: 'It tells what the ACD’s directory says of the user.',
  contactCenterEnabled: 'It tells what the ACD’s directory says of the user.',
};

const READ_ONLY_REMEDY = 'Change it in Webex Contact Center; the next run brings it here.';

/** What refuses an edit that names read-only fields. */
export function refuseReadOnly(sent: Readonly<Record<string, unknown>>): Finding[] {
  return Object.entries(READ_ONLY_FIELDS)
    .filter(([field]) => sent[field] !== undefined)
    .map(([field, reason]) => ({ field, reason: `It is read-only: ${reason}`, remedy: READ_ONLY_REMEDY }));
}

/** The WFO side of a user after an edit (SYNC-03, -04, -05, -08), or all that refuses it at once. */
export function editUser(edit: UserEdit, context: EditContext): EditResult {
  const { user } = context;
  const login = edit.windowsLogin === undefined ? undefined : parseWindowsLogin(edit.windowsLogin);
  const refusals = [
    ...(login && !login.ok ? [{ field: 'windowsLogin', ...login.refusal }] : []),
    ...refusalsOfActivation(edit, context),
    ...refusalsOfTeam(edit, context),
    ...refusalsOfRoles(edit, context),
  ];
  if (refusals.length > 0) return { ok: false, refusals };
  const after: WfoSide = { ...user };
  if (login?.ok) after.windowsLogin = login.login;
  if (edit.active !== undefined && edit.active !== user.active) {
    after.active = edit.active;
    after.activationBy = 'wfo';
  }
  if (edit.teamId !== undefined) after.teamId = edit.teamId;
  if (edit.roleIds !== undefined) after.roleIds = [...edit.roleIds].sort();
  const changed = (['windowsLogin', 'active', 'teamId', 'roleIds'] as const).filter(
    (field) => JSON.stringify(sorted(after[field])) !== JSON.stringify(sorted(user[field])),
  );
  return { ok: true, after, changed, warnings: warningsOf(edit, context) };
}

const sorted = (value: unknown) => (Array.isArray(value) ? [...value].sort() : value);

function refusalsOfActivation({ active }: UserEdit, { user }: EditContext): Finding[] {
  if (active !== true || user.active || user.acdState === 'active') return [];
  const reason =
    user.acdState === 'deleted' ? 'The user was deleted in the ACD (SYNC-04).' : 'The user is Not Active in the ACD.';
  return [
    { field: 'active', reason, remedy: 'Restore the user in Webex Contact Center; the next run activates it here.' },
  ];
}

function refusalsOfTeam({ teamId }: UserEdit, { team, user }: EditContext): Finding[] {
  if (teamId === undefined || teamId === user.teamId) return [];
  const remedy = 'Take a team of the same ACD from GET /v1/teams.';
  if (!team || team.deleted) return [{ field: 'teamId', reason: 'The user’s ACD has no such team.', remedy }];
  if (team.mergedIntoTeamId === null) return [];
  return [
    {
      field: 'teamId',
      reason: `The team was merged into ${team.mergedIntoTeamId}.`,
      remedy: `Name ${team.mergedIntoTeamId}.`,
    },
  ];
}

function refusalsOfRoles({ roleIds }: UserEdit, { knownRoleIds }: EditContext): Finding[] {
  return (roleIds ?? [])
    .map((roleId, index) => ({ roleId, index }))
    .filter(({ roleId }) => !knownRoleIds.has(roleId))
    .map(({ roleId, index }) => ({
      field: `roleIds/${index}`,
      reason: `The tenant has no role ${roleId}.`,
      remedy: 'Take roles from GET /v1/roles.',
    }));
}

/** Taking the agent role is what the operator wants until the next run, so it is done and said. */
function warningsOf({ roleIds }: UserEdit, { user, agentRoleId }: EditContext): Finding[] {
  if (roleIds === undefined || agentRoleId === null || !user.contactCenterEnabled) return [];
  if (!user.roleIds.includes(agentRoleId) || roleIds.includes(agentRoleId)) return [];
  return [
    {
      field: 'roleIds',
      reason: 'The user is contact-center enabled, so the next run gives the agent role back (SYNC-03).',
      remedy: 'Take Contact Center from the user in Webex to keep the role off.',
    },
  ];
}
