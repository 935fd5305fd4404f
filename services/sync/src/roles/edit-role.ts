import { randomUUID } from 'node:crypto';
import { inTransaction, type ProblemError, requireIfMatch, type SqlClient, sqlState } from '@wxcc-wfo/service-kit';
import { type AuditChange, appendAudit } from '../audit/audit-repository.ts';
import { conflict, notFound } from '../listing/refusals.ts';
import { ensureAgentRole } from '../settings/settings-repository.ts';
import { addRolePublication, type DirectoryWorkDeps } from './directory-work-job.ts';
import type { Permission } from './permissions.ts';
import { findRole, insertRole, type Role, updateRole, usesOfRole } from './role-repository.ts';

const UNIQUE_VIOLATION = '23505';

export interface RoleRequest {
  tenantId: string;
  subject: string;
}

interface KnownRoleRequest extends RoleRequest {
  roleId: string;
  ifMatch: string | undefined;
}

/** Makes a role. The default agent role is there before, so that nobody takes its name. */
export async function createRole(
  { pool, clock }: DirectoryWorkDeps,
  request: RoleRequest,
  draft: { name: string; permissions: readonly Permission[] },
): Promise<Role> {
  const nowMs = clock.nowMs();
  const name = draft.name.trim();
  const role = {
    roleId: randomUUID(),
    tenantId: request.tenantId,
    name,
    permissions: [...draft.permissions].sort(),
    isAgentRole: false,
    revision: 1,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  };
  return await refusingUsedName(name, () =>
    inTransaction(pool, async (tx) => {
      await ensureAgentRole(tx, request.tenantId, nowMs);
      await insertRole(tx, role);
      await audit(tx, request, { role, action: 'role-created', changes: differences({}, role), nowMs });
      return (await findRole(tx, role))!;
    }),
  );
}

/** Changes name or permissions; the users who have the role are published anew by the directory's work. */
export async function editRole(
  { pool, clock }: DirectoryWorkDeps,
  request: KnownRoleRequest,
  edit: { name?: string; permissions?: readonly Permission[] },
): Promise<Role> {
  return await refusingUsedName(edit.name?.trim() ?? '', () =>
    inTransaction(pool, async (tx) => {
      const role = await lockRole(tx, request);
      const after = {
        name: edit.name?.trim() ?? role.name,
        permissions: edit.permissions ? [...edit.permissions].sort() : role.permissions,
      };
      const changes = differences(role, after);
      if (changes.length === 0) return role;
      const nowMs = clock.nowMs();
      await updateRole(tx, role.roleId, { ...after, nowMs });
      await addRolePublication(tx, { tenantId: role.tenantId, roleId: role.roleId, nowMs });
      await audit(tx, request, { role, action: 'role-edited', changes, nowMs });
      return (await findRole(tx, role))!;
    }),
  );
}

/** Deletes a role that nobody has and no setting names; never the default agent role. */
export async function deleteRole({ pool, clock }: DirectoryWorkDeps, request: KnownRoleRequest): Promise<void> {
  await inTransaction(pool, async (tx) => {
    // Under the role's lock nobody can get it: who gives a role to a user holds the role's row, too.
    const role = await lockRole(tx, request);
    const refusal = refusalOfDeletion(role, await usesOfRole(tx, role));
    if (refusal) throw refusal;
    await tx.query('DELETE FROM role WHERE role_id = $1', [role.roleId]);
    await audit(tx, request, {
      role,
      action: 'role-deleted',
      changes: differences(role, {}),
      nowMs: clock.nowMs(),
    });
  });
}

function refusalOfDeletion(role: Role, uses: { users: number; settings: number }): ProblemError | undefined {
  const title = 'The role cannot be deleted';
  if (role.isAgentRole) {
    return conflict({
      title,
      detail: `“${role.name}” is the default agent role, which contact-center enabled users get (SYNC-02).`,
      remedy: 'Edit its name or permissions instead.',
    });
  }
  if (uses.users > 0) {
    return conflict({
      title,
      detail: `${uses.users} user(s) have the role “${role.name}”.`,
      remedy: `Take it from them first: GET /v1/users?roleId=${role.roleId}.`,
    });
  }
  if (uses.settings === 0) return undefined;
  return conflict({
    title,
    detail: `New users of ${uses.settings} ACD(s) get the role “${role.name}”.`,
    remedy: 'Name another role in their sync settings first.',
  });
}

async function lockRole(tx: SqlClient, request: KnownRoleRequest): Promise<Role> {
  const role = await findRole(tx, request, true);
  if (!role) throw notFound('role', request.roleId, 'GET /v1/roles');
  const readBy = `GET /v1/roles/${role.roleId}`;
  requireIfMatch(request.ifMatch, { revision: role.revision, what: `The role “${role.name}”`, readBy });
  return role;
}

const AUDITED = ['name', 'permissions'] as const;

function differences(before: Partial<Role>, after: Partial<Role>): AuditChange[] {
  return AUDITED.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).map((field) => ({
    field,
    before: before[field] ?? null,
    after: after[field] ?? null,
  }));
}

async function audit(
  tx: SqlClient,
  { tenantId, subject }: RoleRequest,
  o: { role: { roleId: string }; action: string; changes: AuditChange[]; nowMs: number },
): Promise<void> {
  const target = { kind: 'role', id: o.role.roleId } as const;
  const { action, changes, nowMs: occurredAtMs } = o;
  await appendAudit(tx, { tenantId, acdId: null, subject, action, target, changes, occurredAtMs });
}

async function refusingUsedName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw conflict({
      title: 'Such a role exists already',
      detail: `The tenant has a role named ${name}.`,
      field: 'name',
      remedy: 'Choose another name.',
    });
  }
}
