import { appendEvents } from '@wxcc-wfo/bus';
import { type AcdChanged, TOPICS, uuidV5 } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { AGENT_PERMISSIONS } from '../roles/permissions.ts';

/** How an ACD is synced, where its configuration in oauth leaves it open. */
export interface SyncSettings {
  /** 0 for settings that nobody changed yet. */
  revision: number;
  brakeShare: number;
  activateNewUsers: boolean;
  /** Null until the ACD's first run made it. */
  defaultTeamId: string | null;
  /** The role that contact-center enabled users get; null: the tenant's role "Agent". */
  defaultRoleId: string | null;
}

export const DEFAULT_BRAKE_SHARE = 0.2;
export const DEFAULT_TEAM_NAME = 'Default team';
export const AGENT_ROLE_NAME = 'Agent';

/** Made once per ACD and per tenant: two replicas make the same one. */
const defaultTeamIdOf = (acdId: string) => uuidV5(acdId, 'team:default');
const agentRoleIdOf = (tenantId: string) => uuidV5(tenantId, 'role:agent');

interface SettingsRow {
  revision: number | null;
  brake_share: number | null;
  activate_new_users: boolean | null;
  default_team_id: string | null;
  default_role_id: string | null;
}

export async function readSettings(sql: SqlClient, acdId: string): Promise<SyncSettings> {
  const { rows } = await sql.query<SettingsRow & Record<string, unknown>>(
    `SELECT s.revision, s.brake_share, s.activate_new_users, t.team_id AS default_team_id,
       (SELECT r.role_id FROM role r WHERE r.role_id = s.default_role_id) AS default_role_id
     FROM (SELECT $1::uuid AS acd_id) a LEFT JOIN sync_setting s USING (acd_id)
     LEFT JOIN directory_team t ON t.acd_id = a.acd_id AND t.is_default AND NOT t.deleted`,
    [acdId],
  );
  const row = rows[0]!;
  return {
    revision: row.revision ?? 0,
    brakeShare: row.brake_share ?? DEFAULT_BRAKE_SHARE,
    activateNewUsers: row.activate_new_users ?? true,
    defaultTeamId: row.default_team_id,
    defaultRoleId: row.default_role_id,
  };
}

/** What new users get, as it is or as the first run will make it; reads only. */
export async function resolveDefaults(
  sql: SqlClient,
  acd: Pick<AcdChanged, 'acdId' | 'tenantId'>,
): Promise<SyncSettings & { defaultTeamId: string; agentRoleId: string }> {
  const settings = await readSettings(sql, acd.acdId);
  const { rows } = await sql.query<{ role_id: string }>(
    'SELECT role_id FROM role WHERE tenant_id = $1 AND is_agent_role',
    [acd.tenantId],
  );
  return {
    ...settings,
    defaultTeamId: settings.defaultTeamId ?? defaultTeamIdOf(acd.acdId),
    agentRoleId: settings.defaultRoleId ?? rows[0]?.role_id ?? agentRoleIdOf(acd.tenantId),
  };
}

/** Makes the ACD's default team and the tenant's role "Agent" where they are missing (SYNC-02). */
export async function ensureDefaults(
  tx: SqlClient,
  acd: Pick<AcdChanged, 'acdId' | 'tenantId'>,
  nowMs: number,
): Promise<void> {
  await ensureAgentRole(tx, acd.tenantId, nowMs);
  const teamId = defaultTeamIdOf(acd.acdId);
  const { rowCount } = await tx.query(
    `INSERT INTO directory_team (team_id, tenant_id, acd_id, source, name, is_default, created_at_ms, changed_at_ms)
     SELECT $1, $2, $3, 'wfo', $4, true, $5, $5
     WHERE NOT EXISTS (SELECT FROM directory_team WHERE acd_id = $3 AND is_default AND NOT deleted)
     ON CONFLICT DO NOTHING`,
    [teamId, acd.tenantId, acd.acdId, DEFAULT_TEAM_NAME, nowMs],
  );
  if (rowCount !== 1) return;
  await appendEvents(tx, [
    {
      topic: TOPICS.teamChanged,
      payload: {
        tenantId: acd.tenantId,
        acdId: acd.acdId,
        teamId,
        revision: 1,
        occurredAtMs: nowMs,
        name: DEFAULT_TEAM_NAME,
        source: 'wfo',
        acdTeamId: null,
        type: null,
        acdState: null,
        isDefault: true,
        deleted: false,
        mergedIntoTeamId: null,
      },
    },
  ]);
}

/** Makes the tenant's default agent role where it has none; a role that is named so already becomes it. */
export async function ensureAgentRole(tx: SqlClient, tenantId: string, nowMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO role (role_id, tenant_id, name, permissions, is_agent_role, created_at_ms, changed_at_ms)
     SELECT $1, $2, $3, $4, true, $5, $5 WHERE NOT EXISTS (SELECT FROM role WHERE tenant_id = $2 AND is_agent_role)
     ON CONFLICT (tenant_id, lower(name)) DO UPDATE SET is_agent_role = true`,
    [agentRoleIdOf(tenantId), tenantId, AGENT_ROLE_NAME, AGENT_PERMISSIONS, nowMs],
  );
}

/** Writes all settings; the caller holds the ACD's row and has checked the revision. */
export async function writeSettings(
  tx: SqlClient,
  acd: Pick<AcdChanged, 'acdId' | 'tenantId'>,
  o: { settings: Omit<SyncSettings, 'defaultTeamId'>; nowMs: number; changedBy: string },
): Promise<void> {
  const { settings } = o;
  await tx.query(
    `INSERT INTO sync_setting (acd_id, tenant_id, revision, brake_share, activate_new_users, default_role_id, changed_at_ms, changed_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (acd_id) DO UPDATE SET revision = excluded.revision, brake_share = excluded.brake_share,
       activate_new_users = excluded.activate_new_users, default_role_id = excluded.default_role_id,
       changed_at_ms = excluded.changed_at_ms, changed_by = excluded.changed_by`,
    [
      acd.acdId,
      acd.tenantId,
      settings.revision,
      settings.brakeShare,
      settings.activateNewUsers,
      settings.defaultRoleId,
      o.nowMs,
      o.changedBy,
    ],
  );
}

/** Makes a team the one that new users join; gives both teams whose mark changed, to be published. */
export async function moveDefaultTeam(
  tx: SqlClient,
  o: { acdId: string; teamId: string; nowMs: number },
): Promise<string[]> {
  const { rows } = await tx.query<{ team_id: string }>(
    `UPDATE directory_team SET is_default = false, revision = revision + 1, changed_at_ms = $3
     WHERE acd_id = $1 AND is_default AND team_id <> $2 RETURNING team_id`,
    [o.acdId, o.teamId, o.nowMs],
  );
  const { rows: made } = await tx.query<{ team_id: string }>(
    `UPDATE directory_team SET is_default = true, revision = revision + 1, changed_at_ms = $3
     WHERE acd_id = $1 AND team_id = $2 AND NOT is_default AND NOT deleted AND merged_into_team_id IS NULL
     RETURNING team_id`,
    [o.acdId, o.teamId, o.nowMs],
  );
  return [...rows, ...made].map((row) => row.team_id);
}
