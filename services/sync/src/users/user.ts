import type { UserChanged } from '@wxcc-wfo/contracts';
import type { WfoSide } from '../duplicates/merge-policy.ts';

/** One user of WFO as it is stored, with the names that belong to its ids. */
export interface User extends WfoSide {
  tenantId: string;
  acdId: string;
  userId: string;
  revision: number;
  /** Of the directory: only runs, and merges of two users, write these. */
  webexUserId: string;
  acdUserId: string;
  identityId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  contactCenterEnabled: boolean;
  acdState: UserChanged['acdState'];
  teamName: string;
  roles: { roleId: string; name: string; permissions: string[] }[];
  /** Ids of users that were merged into this one. */
  otherAcdIds: UserChanged['otherAcdIds'];
  mergedIntoUserId: string | null;
  createdAtMs: number;
  changedAtMs: number;
  /** Place in the list. */
  sortKey: string;
}

/** `FROM directory_user u` and what belongs to a user; to be followed by WHERE. */
export const SELECT_USER = `
  SELECT u.*, t.name AS team_name, roles.roles, merged.ids AS other_acd_ids
  FROM directory_user u
  JOIN directory_team t ON t.team_id = u.team_id
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('roleId', r.role_id, 'name', r.name, 'permissions', r.permissions)
                              ORDER BY r.name_key, r.role_id), '[]') AS roles
    FROM role r WHERE r.role_id = ANY (u.role_ids)) roles
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('acdUserId', m.acd_user_id, 'webexUserId', m.webex_user_id,
                                                 'identityId', m.identity_id)
                              ORDER BY m.created_at_ms, m.user_id), '[]') AS ids
    FROM directory_user m WHERE m.merged_into_user_id = u.user_id) merged`;

export function toUser(row: Record<string, unknown>): User {
  return {
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string,
    userId: row.user_id as string,
    revision: row.revision as number,
    webexUserId: row.webex_user_id as string,
    acdUserId: row.acd_user_id as string,
    identityId: row.identity_id as string | null,
    firstName: row.first_name as string | null,
    lastName: row.last_name as string | null,
    email: row.email as string | null,
    contactCenterEnabled: row.contact_center_enabled as boolean,
    acdState: row.acd_state as User['acdState'],
    active: row.active as boolean,
    activationBy: row.activation_by as User['activationBy'],
    teamId: row.team_id as string,
    teamName: row.team_name as string,
    roleIds: row.role_ids as string[],
    roles: row.roles as User['roles'],
    windowsLogin: row.windows_login as string | null,
    companyStartDate: row.company_start_date as string,
    departmentStartDate: row.department_start_date as string,
    otherAcdIds: row.other_acd_ids as User['otherAcdIds'],
    mergedIntoUserId: row.merged_into_user_id as string | null,
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
    sortKey: row.sort_key as string,
  };
}

/** What all roles of a user permit together, each once, sorted. */
export function permissionsOf({ roles }: Pick<User, 'roles'>): string[] {
  return [...new Set(roles.flatMap(({ permissions }) => permissions))].sort();
}
