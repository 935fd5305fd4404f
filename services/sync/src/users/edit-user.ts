import { type Clock, inTransaction, requireIfMatch, type SqlClient, sqlState } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { appendAudit } from '../audit/audit-repository.ts';
import { conflict, notFound, refused } from '../listing/refusals.ts';
import { publishUsers } from '../publish/directory-events.ts';
import { type EditContext, editUser, type Finding, refuseReadOnly, type UserEdit } from './edit-user-policy.ts';
import type { User } from './user.ts';
import { findLoginOwner, findUser, writeWfoSide } from './user-repository.ts';

const UNIQUE_VIOLATION = '23505';

export interface EditDeps {
  pool: Pool;
  clock: Clock;
}

export interface EditRequest {
  tenantId: string;
  userId: string;
  subject: string;
  ifMatch: string | undefined;
  sent: UserEdit & Readonly<Record<string, unknown>>;
}

/** Edits a user's WFO side; row, audit entry and event are saved together or not at all. */
export async function saveUserEdit(
  { pool, clock }: EditDeps,
  request: EditRequest,
): Promise<{ user: User; warnings: Finding[] }> {
  const { tenantId, userId, sent } = request;
  try {
    return await inTransaction(pool, async (tx) => {
      const user = await findUser(tx, { tenantId, userId }, true);
      if (!user) throw notFound('user', userId, 'GET /v1/users');
      const readBy = `GET /v1/users/${userId}`;
      requireIfMatch(request.ifMatch, { revision: user.revision, what: 'The user', readBy });
      if (user.mergedIntoUserId !== null) throw merged(user.mergedIntoUserId);
      const edited = editUser(sent, await contextOf(tx, user, sent));
      const errors = [...refuseReadOnly(sent), ...(edited.ok ? [] : edited.refusals)];
      if (!edited.ok || errors.length > 0) throw refused('The user', errors);
      if (edited.changed.length === 0) return { user, warnings: edited.warnings };
      const nowMs = clock.nowMs();
      if (edited.changed.includes('windowsLogin')) await refuseUsedLogin(tx, user, edited.after.windowsLogin);
      await writeWfoSide(tx, userId, { wfo: edited.after, mergedIntoUserId: null, nowMs });
      await appendAudit(tx, {
        tenantId,
        acdId: user.acdId,
        subject: request.subject,
        action: 'user-edited',
        target: { kind: 'user', id: userId },
        changes: edited.changed.map((field) => ({ field, before: user[field], after: edited.after[field] })),
        occurredAtMs: nowMs,
      });
      await publishUsers(tx, [userId]);
      return { user: (await findUser(tx, { tenantId, userId }))!, warnings: edited.warnings };
    });
  } catch (error) {
    // Two edits at once took the same login: the index refused the second one.
    if (sqlState(error) === UNIQUE_VIOLATION && typeof sent.windowsLogin === 'string') {
      await refuseUsedLogin(pool, { tenantId, userId }, sent.windowsLogin.trim());
    }
    throw error;
  }
}

/** What the edit's ids stand for, locked so that neither role nor team goes away meanwhile. */
async function contextOf(tx: SqlClient, user: User, edit: UserEdit): Promise<EditContext> {
  const { rows: teams } = await tx.query(
    `SELECT merged_into_team_id AS "mergedIntoTeamId", deleted FROM directory_team
     WHERE team_id = $1 AND acd_id = $2 FOR SHARE`,
    [edit.teamId ?? user.teamId, user.acdId],
  );
  const { rows: roles } = await tx.query(
    'SELECT role_id FROM role WHERE tenant_id = $1 AND role_id = ANY ($2::uuid[]) ORDER BY role_id FOR SHARE',
    [user.tenantId, edit.roleIds ?? []],
  );
  const { rows: agents } = await tx.query(
    `SELECT coalesce((SELECT default_role_id FROM sync_setting WHERE acd_id = $2),
                     (SELECT role_id FROM role WHERE tenant_id = $1 AND is_agent_role)) AS role_id`,
    [user.tenantId, user.acdId],
  );
  return {
    user,
    team: teams[0] as EditContext['team'],
    knownRoleIds: new Set(roles.map((row) => row.role_id)),
    agentRoleId: agents[0]?.role_id ?? null,
  };
}

async function refuseUsedLogin(
  sql: SqlClient,
  user: Pick<User, 'tenantId' | 'userId'>,
  login: string | null,
): Promise<void> {
  const owner = login === null ? undefined : await findLoginOwner(sql, { tenantId: user.tenantId, login });
  if (!owner || owner.userId === user.userId) return;
  throw conflict({
    title: 'The Windows login is in use',
    detail: `${owner.name || 'A user without a name'} (${owner.userId}) has this Windows login.`,
    field: 'windowsLogin',
    remedy: 'Take it from that user first, or merge the two if they are the same person (POST /v1/merges).',
  });
}

function merged(into: string): Error {
  return conflict({
    title: 'The user was merged',
    detail: `The user was merged into ${into}, which stands for it.`,
    remedy: `Edit ${into}, or undo the merge (GET /v1/merges?itemId=${into}).`,
  });
}
