import { type Clock, inTransaction, type Logger, type Repeating, repeat, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { publishUsers } from '../publish/directory-events.ts';
import { touchUsers } from '../users/user-repository.ts';

/** Users per transaction. */
const BATCH = 500;
const PAUSE_MS = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

export interface DirectoryWorkDeps {
  pool: Pool;
  clock: Clock;
}

interface Work {
  workId: number;
  tenantId: string;
  kind: 'publish-role' | 'move-team' | 'move-team-back';
  roleId: string;
  mergeId: string;
  fromTeamId: string;
  toTeamId: string;
  afterUserId: string;
}

/** A role changed: the users who have it are published anew. A second change before the end begins anew. */
export async function addRolePublication(
  tx: SqlClient,
  o: { tenantId: string; roleId: string; nowMs: number },
): Promise<void> {
  await tx.query(
    `INSERT INTO directory_work (tenant_id, kind, role_id, created_at_ms) VALUES ($1, 'publish-role', $2, $3)
     ON CONFLICT (role_id) WHERE kind = 'publish-role' DO UPDATE SET after_user_id = NULL`,
    [o.tenantId, o.roleId, o.nowMs],
  );
}

/** Teams were merged, or a merge was undone: users move. Work on the same merge that is not done yet is dropped. */
export async function addTeamMove(
  tx: SqlClient,
  o: {
    tenantId: string;
    kind: 'move-team' | 'move-team-back';
    mergeId: string;
    fromTeamId: string;
    toTeamId: string;
    nowMs: number;
  },
): Promise<void> {
  await tx.query('DELETE FROM directory_work WHERE merge_id = $1', [o.mergeId]);
  await tx.query(
    `INSERT INTO directory_work (tenant_id, kind, merge_id, from_team_id, to_team_id, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [o.tenantId, o.kind, o.mergeId, o.fromTeamId, o.toTeamId, o.nowMs],
  );
}

export interface DirectoryWork {
  start(): void;
  stop(): Promise<void>;
  lastTickMs(): number;
}

/** Works off what follows from edits, a batch of users per transaction; any number of replicas may do it. */
export function createDirectoryWork(deps: DirectoryWorkDeps & { logger: Logger }): DirectoryWork {
  const { logger } = deps;
  let loop: Repeating | undefined;
  return {
    start() {
      loop ??= repeat({ name: 'directory work', pauseMs: PAUSE_MS, logger, turn: () => workOnce(deps) });
    },
    stop: async () => await loop?.stop(),
    lastTickMs: () => loop?.lastTickMs() ?? Date.now(),
  };
}

/** Does one batch; false where there is nothing to do, or others are doing all of it. */
export async function workOnce({ pool, clock }: DirectoryWorkDeps): Promise<boolean> {
  return await inTransaction(pool, async (tx) => {
    const { rows } = await tx.query(
      `SELECT * FROM directory_work ORDER BY turns, work_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    if (!rows[0]) return false;
    await workBatch(tx, toWork(rows[0]), clock.nowMs());
    return true;
  });
}

function toWork(row: Record<string, unknown>): Work {
  return {
    workId: Number(row.work_id),
    tenantId: row.tenant_id as string,
    kind: row.kind as Work['kind'],
    roleId: row.role_id as string,
    mergeId: row.merge_id as string,
    fromTeamId: row.from_team_id as string,
    toTeamId: row.to_team_id as string,
    afterUserId: (row.after_user_id as string | null) ?? FIRST,
  };
}

async function workBatch(tx: SqlClient, work: Work, nowMs: number): Promise<void> {
  const userIds = await nextUsers(tx, work);
  if (work.kind === 'publish-role') await touchUsers(tx, userIds, nowMs);
  const changed = work.kind === 'publish-role' ? userIds : await moveUsers(tx, work, { userIds, nowMs });
  await publishUsers(tx, changed);
  if (userIds.length < BATCH) {
    await tx.query('DELETE FROM directory_work WHERE work_id = $1', [work.workId]);
  } else {
    await tx.query('UPDATE directory_work SET after_user_id = $2, turns = turns + 1 WHERE work_id = $1', [
      work.workId,
      userIds.at(-1),
    ]);
  }
}

async function nextUsers(tx: SqlClient, work: Work): Promise<string[]> {
  const [from, value] =
    work.kind === 'publish-role'
      ? ['directory_user u WHERE u.role_ids @> ARRAY[$4::uuid]', work.roleId]
      : work.kind === 'move-team'
        ? ['directory_user u WHERE u.team_id = $4', work.fromTeamId]
        : ['team_move m JOIN directory_user u USING (user_id) WHERE m.merge_id = $4', work.mergeId];
  const { rows } = await tx.query(
    `SELECT u.user_id FROM ${from} AND u.tenant_id = $1 AND u.user_id > $2 AND u.merged_into_user_id IS NULL
     ORDER BY u.user_id LIMIT $3`,
    [work.tenantId, work.afterUserId, BATCH, value],
  );
  return rows.map((row) => row.user_id);
}

/** Moves those who are still in the team that they are moved from: who was moved elsewhere since stays there. */
async function moveUsers(tx: SqlClient, work: Work, o: { userIds: string[]; nowMs: number }): Promise<string[]> {
  await tx.query('SELECT 1 FROM directory_user WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE', [
    o.userIds,
  ]);
  const { rows } = await tx.query(
    `UPDATE directory_user SET team_id = $3, revision = revision + 1, changed_at_ms = $4
     WHERE user_id = ANY ($1::uuid[]) AND team_id = $2 AND merged_into_user_id IS NULL RETURNING user_id`,
    [o.userIds, work.fromTeamId, work.toTeamId, o.nowMs],
  );
  const moved = rows.map((row) => row.user_id as string);
  if (work.kind === 'move-team') {
    await tx.query(
      `INSERT INTO team_move (merge_id, user_id, tenant_id) SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING`,
      [work.mergeId, moved, work.tenantId],
    );
  }
  return moved;
}
