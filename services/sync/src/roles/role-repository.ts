import type { SqlClient } from '@wxcc-wfo/service-kit';

/** A named set of permissions of a tenant. */
export interface Role {
  roleId: string;
  tenantId: string;
  name: string;
  permissions: string[];
  /** The default agent role: what contact-center enabled users get (SYNC-02, SYNC-03). */
  isAgentRole: boolean;
  revision: number;
  createdAtMs: number;
  changedAtMs: number;
}

export function toRole(row: Record<string, unknown>): Role {
  return {
    roleId: row.role_id as string,
    tenantId: row.tenant_id as string,
    name: row.name as string,
    permissions: row.permissions as string[],
    isAgentRole: row.is_agent_role as boolean,
    revision: row.revision as number,
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  };
}

/** One role of the tenant; `lock` takes its row lock. */
export async function findRole(
  sql: SqlClient,
  key: { tenantId: string; roleId: string },
  lock = false,
): Promise<Role | undefined> {
  const { rows } = await sql.query(
    `SELECT * FROM role WHERE role_id = $1 AND tenant_id = $2 ${lock ? 'FOR UPDATE' : ''}`,
    [key.roleId, key.tenantId],
  );
  return rows[0] && toRole(rows[0]);
}

/** Inserts a role; the name is unique within the tenant (23505). */
export async function insertRole(sql: SqlClient, role: Role): Promise<void> {
  await sql.query(
    `INSERT INTO role (role_id, tenant_id, name, permissions, is_agent_role, revision, created_at_ms, changed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      role.roleId,
      role.tenantId,
      role.name,
      role.permissions,
      role.isAgentRole,
      role.revision,
      role.createdAtMs,
      role.changedAtMs,
    ],
  );
}

/** Writes name and permissions as a new revision. The row must be locked. */
export async function updateRole(
  tx: SqlClient,
  roleId: string,
  o: { name: string; permissions: readonly string[]; nowMs: number },
): Promise<void> {
  await tx.query(
    'UPDATE role SET name = $2, permissions = $3, changed_at_ms = $4, revision = revision + 1 WHERE role_id = $1',
    [roleId, o.name, o.permissions, o.nowMs],
  );
}

/** What keeps a role from being deleted: users who have it, and ACDs whose new users get it. */
export async function usesOfRole(
  tx: SqlClient,
  key: { tenantId: string; roleId: string },
): Promise<{ users: number; settings: number }> {
  const { rows } = await tx.query(
    `SELECT (SELECT count(*)::int FROM directory_user
             WHERE role_ids @> ARRAY[$2::uuid] AND tenant_id = $1 AND merged_into_user_id IS NULL) AS users,
            (SELECT count(*)::int FROM sync_setting WHERE tenant_id = $1 AND default_role_id = $2) AS settings`,
    [key.tenantId, key.roleId],
  );
  return { users: rows[0]!.users, settings: rows[0]!.settings };
}
