import type { TeamChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/** One team: the ACD's, with its name, or one that was made here (SYNC-05). */
export interface Team {
  teamId: string;
  tenantId: string;
  acdId: string;
  revision: number;
  name: string;
  source: TeamChanged['source'];
  acdTeamId: string | null;
  type: TeamChanged['type'];
  acdState: TeamChanged['acdState'];
  isDefault: boolean;
  deleted: boolean;
  mergedIntoTeamId: string | null;
  createdAtMs: number;
  changedAtMs: number;
}

export function toTeam(row: Record<string, unknown>): Team {
  return {
    teamId: row.team_id as string,
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string,
    revision: row.revision as number,
    name: row.name as string,
    source: row.source as Team['source'],
    acdTeamId: row.acd_team_id as string | null,
    type: row.team_type as Team['type'],
    acdState: row.acd_state as Team['acdState'],
    isDefault: row.is_default as boolean,
    deleted: row.deleted as boolean,
    mergedIntoTeamId: row.merged_into_team_id as string | null,
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  };
}

/** One team of the tenant, a deleted or merged one included; `lock` takes its row lock. */
export async function findTeam(
  sql: SqlClient,
  key: { tenantId: string; teamId: string },
  lock = false,
): Promise<Team | undefined> {
  const { rows } = await sql.query(
    `SELECT * FROM directory_team WHERE team_id = $1 AND tenant_id = $2 ${lock ? 'FOR UPDATE' : ''}`,
    [key.teamId, key.tenantId],
  );
  return rows[0] && toTeam(rows[0]);
}

/** How many users are in a team, merged ones not counted. */
export async function countUsers(sql: SqlClient, teamId: string): Promise<number> {
  const { rows } = await sql.query(
    'SELECT count(*)::int AS users FROM directory_user WHERE team_id = $1 AND merged_into_user_id IS NULL',
    [teamId],
  );
  return rows[0]!.users;
}

/** Whether teams were merged into a team. */
export async function standsForOthers(sql: SqlClient, teamId: string): Promise<boolean> {
  const { rows } = await sql.query('SELECT 1 FROM directory_team WHERE merged_into_team_id = $1 LIMIT 1', [teamId]);
  return rows.length > 0;
}

/** Whether the tenant has this ACD. */
export async function hasAcd(sql: SqlClient, key: { tenantId: string; acdId: string }): Promise<boolean> {
  const { rows } = await sql.query('SELECT 1 FROM acd WHERE acd_id = $1 AND tenant_id = $2 AND NOT deleted', [
    key.acdId,
    key.tenantId,
  ]);
  return rows.length > 0;
}

/** Inserts a team that is made here; its name is unique among those of the ACD (23505). */
export async function insertLocalTeam(
  tx: SqlClient,
  team: Pick<Team, 'teamId' | 'tenantId' | 'acdId' | 'name'>,
  nowMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO directory_team (team_id, tenant_id, acd_id, source, name, created_at_ms, changed_at_ms)
     VALUES ($1, $2, $3, 'wfo', $4, $5, $5)`,
    [team.teamId, team.tenantId, team.acdId, team.name, nowMs],
  );
}

/** Renames or deletes a team that was made here, as a new revision. The row must be locked. */
export async function updateLocalTeam(
  tx: SqlClient,
  teamId: string,
  o: { name: string; deleted: boolean; nowMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE directory_team SET name = $2, deleted = $3, changed_at_ms = $4, revision = revision + 1
     WHERE team_id = $1`,
    [teamId, o.name, o.deleted, o.nowMs],
  );
}
