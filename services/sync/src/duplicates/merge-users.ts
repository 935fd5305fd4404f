import type { SqlClient } from '@wxcc-wfo/service-kit';
import { conflict } from '../listing/refusals.ts';
import { publishUsers } from '../publish/directory-events.ts';
import { findLoginOwner, touchUsers, writeWfoSide } from '../users/user-repository.ts';
import { type MergeableUser, mergeUsers, takesOver, undoUserMerge, type WfoSide } from './merge-policy.ts';
import { exchangeDirectory, type Merge, type MergeSnapshot } from './merge-repository.ts';

interface UserRow extends MergeableUser {
  id: string;
  tenantId: string;
  acdId: string;
  webexId: string;
  mergedIntoId: string | null;
  isDefaultTeam: boolean;
}

export interface MergeRows {
  mergeId: string;
  tenantId: string;
  survivorId: string;
  mergedId: string;
  nowMs: number;
}

/** Users of these ids and all that were merged into them, locked in the order of their ids. */
export async function lockUsers(tx: SqlClient, ids: readonly string[]): Promise<UserRow[]> {
  await tx.query(
    `SELECT 1 FROM directory_user WHERE user_id = ANY ($1::uuid[]) OR merged_into_user_id = ANY ($1::uuid[])
     ORDER BY user_id FOR UPDATE`,
    [ids],
  );
  const { rows } = await tx.query(
    `SELECT u.*, t.is_default FROM directory_user u JOIN directory_team t USING (team_id)
     WHERE user_id = ANY ($1::uuid[]) OR merged_into_user_id = ANY ($1::uuid[]) ORDER BY user_id`,
    [ids],
  );
  return rows.map((row) => ({
    id: row.user_id,
    tenantId: row.tenant_id,
    acdId: row.acd_id,
    webexId: row.webex_user_id,
    mergedIntoId: row.merged_into_user_id,
    isDefaultTeam: row.is_default,
    alive: row.acd_state === 'active',
    wfo: {
      active: row.active,
      activationBy: row.activation_by,
      teamId: row.team_id,
      roleIds: row.role_ids,
      windowsLogin: row.windows_login,
      companyStartDate: row.company_start_date,
      departmentStartDate: row.department_start_date,
    },
  }));
}

/** Merges two users whose rows are locked, and publishes all whose row changed. */
export async function mergeUserRows(tx: SqlClient, o: MergeRows): Promise<MergeSnapshot> {
  const rows = await lockUsers(tx, [o.survivorId, o.mergedId]);
  const survivor = rows.find((row) => row.id === o.survivorId)!;
  const merged = rows.find((row) => row.id === o.mergedId)!;
  const behind = rows.filter((row) => row.mergedIntoId === o.mergedId);
  const survivorAfter = mergeUsers(survivor, merged, { isDefaultTeam: () => survivor.isDefaultTeam });
  if (takesOver(survivor, merged)) await exchangeDirectory(tx, 'user', [o.survivorId, o.mergedId]);
  // The merged one first: it gives the Windows login free.
  const retired = { ...merged.wfo, active: false };
  await writeWfoSide(tx, o.mergedId, { wfo: retired, mergedIntoUserId: o.survivorId, nowMs: o.nowMs });
  await writeWfoSide(tx, o.survivorId, { wfo: survivorAfter.wfo, mergedIntoUserId: null, nowMs: o.nowMs });
  const repointed = behind.map((row) => row.id);
  await pointTo(tx, { ids: repointed, userId: o.survivorId, nowMs: o.nowMs });
  await publishUsers(tx, [o.survivorId, o.mergedId, ...repointed]);
  const part = ({ alive, wfo }: MergeableUser): MergeableUser => ({ alive, wfo });
  return {
    keys: Object.fromEntries([merged, ...behind].map((row) => [row.id, row.webexId])),
    repointed,
    wfo: { survivorBefore: part(survivor), survivorAfter, mergedBefore: part(merged) },
  };
}

/** Takes a merge back: each row has its own id of the ACD again, with what the directory says of it by now. */
export async function undoUserRows(tx: SqlClient, merge: Merge, nowMs: number): Promise<void> {
  const { survivorId, mergedId, snapshot, tenantId } = merge;
  await giveKeysBack(tx, merge);
  const rows = await lockUsers(tx, [survivorId]);
  const survivor = rows.find((row) => row.id === survivorId)!;
  const merged = rows.find((row) => row.id === mergedId)!;
  const after = undoUserMerge(snapshot.wfo!, {
    survivor: survivor.wfo,
    survivorAlive: survivor.alive,
    mergedAlive: merged.alive,
  });
  const own = await stillPossible(tx, after.survivor, survivor.acdId);
  const others = await stillPossible(tx, after.merged, merged.acdId);
  // The survivor first: it gives the Windows login free.
  await writeWfoSide(tx, survivorId, { wfo: own, mergedIntoUserId: null, nowMs });
  await refuseUsedLogin(tx, { tenantId, userId: mergedId, login: others.windowsLogin });
  await writeWfoSide(tx, mergedId, { wfo: others, mergedIntoUserId: null, nowMs });
  await pointTo(tx, { ids: snapshot.repointed, userId: mergedId, nowMs });
  // Others that stand behind the survivor may have exchanged ids with it.
  const behind = rows.filter((row) => ![survivorId, mergedId, ...snapshot.repointed].includes(row.id));
  await touchUsers(
    tx,
    behind.map((row) => row.id),
    nowMs,
  );
  await publishUsers(
    tx,
    rows.map((row) => row.id),
  );
}

async function giveKeysBack(tx: SqlClient, { survivorId, snapshot }: Merge): Promise<void> {
  for (const [id, key] of Object.entries(snapshot.keys)) {
    const rows = await lockUsers(tx, [survivorId]);
    const holder = rows.find((row) => row.webexId === key);
    if (holder && holder.id !== id) await exchangeDirectory(tx, 'user', [holder.id, id]);
  }
}

async function pointTo(tx: SqlClient, o: { ids: readonly string[]; userId: string; nowMs: number }): Promise<void> {
  await tx.query('UPDATE directory_user SET merged_into_user_id = $2 WHERE user_id = ANY ($1::uuid[])', [
    o.ids,
    o.userId,
  ]);
  await touchUsers(tx, o.ids, o.nowMs);
}

/** What was before may be gone by now: roles that were deleted are left out, a team that is gone is replaced. */
async function stillPossible(tx: SqlClient, wfo: WfoSide, acdId: string): Promise<WfoSide> {
  const { rows } = await tx.query(
    `SELECT ARRAY(SELECT role_id FROM role WHERE role_id = ANY ($1::uuid[]) ORDER BY role_id) AS role_ids,
       coalesce((SELECT coalesce(merged_into_team_id, team_id) FROM directory_team WHERE team_id = $2 AND NOT deleted),
                (SELECT team_id FROM directory_team WHERE acd_id = $3 AND is_default AND NOT deleted), $2) AS team_id`,
    [wfo.roleIds, wfo.teamId, acdId],
  );
  return { ...wfo, roleIds: rows[0]!.role_ids, teamId: rows[0]!.team_id };
}

async function refuseUsedLogin(
  tx: SqlClient,
  o: { tenantId: string; userId: string; login: string | null },
): Promise<void> {
  const owner = o.login === null ? undefined : await findLoginOwner(tx, { tenantId: o.tenantId, login: o.login });
  if (!owner || owner.userId === o.userId) return;
  throw conflict({
    title: 'The merge cannot be undone',
    detail: `The merged user had a Windows login that ${owner.name || 'another user'} (${owner.userId}) has by now.`,
    remedy: `Take the login from that user first: PATCH /v1/users/${owner.userId}.`,
  });
}
