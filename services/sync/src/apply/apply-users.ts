import type { SqlClient } from '@wxcc-wfo/service-kit';
import { publishUsers } from '../publish/directory-events.ts';
import type { StoredChange } from '../runs/change-repository.ts';

/** What applying knows of the run. */
export interface ApplyContext {
  tenantId: string;
  acdId: string;
  nowMs: number;
  /** For new users whose planned team is gone meanwhile. */
  defaultTeamId: string;
}

/**
 * Applies changes of users and publishes them; gives the ids of those that changed something. The rows are read again
 * under their lock and only the fields of the plan are written, so that what a person edited since stays (SYNC-08).
 */
export async function applyUsers(
  tx: SqlClient,
  context: ApplyContext,
  changes: readonly StoredChange[],
): Promise<string[]> {
  if (changes.length === 0) return [];
  const added = await insertUsers(
    tx,
    context,
    changes.filter((change) => change.change === 'add'),
  );
  const changed = await updateUsers(
    tx,
    context,
    changes.filter((change) => change.change !== 'add'),
  );
  const userIds = [...added, ...changed];
  await publishUsers(tx, userIds);
  return userIds;
}

async function insertUsers(tx: SqlClient, o: ApplyContext, changes: readonly StoredChange[]): Promise<string[]> {
  if (changes.length === 0) return [];
  const { rows } = await tx.query<{ user_id: string }>(
    `INSERT INTO directory_user (user_id, tenant_id, acd_id, webex_user_id, acd_user_id, identity_id, external_id,
       first_name, last_name, email, contact_center_enabled, acd_state, acd_state_since_ms, active, activation_by,
       team_id, role_ids, company_start_date, department_start_date, created_at_ms, changed_at_ms)
     SELECT c."itemId", $2, $3, c."webexId", u."acdUserId", u."identityId", u."externalId", u."firstName", u."lastName",
       u.email, u."contactCenterEnabled", u."acdState", $4, u.active, CASE WHEN u.active THEN 'sync' ELSE 'wfo' END,
       coalesce((SELECT t.team_id FROM directory_team t WHERE t.team_id = u."teamId" AND NOT t.deleted
                   AND t.merged_into_team_id IS NULL), $5),
       u."roleIds", u."companyStartDate", u."departmentStartDate", $4, $4
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, after jsonb),
       jsonb_to_record(c.after) AS u("acdUserId" text, "identityId" text, "externalId" text, "firstName" text,
         "lastName" text, email text, "contactCenterEnabled" boolean, "acdState" text, active boolean, "teamId" uuid,
         "roleIds" uuid[], "companyStartDate" text, "departmentStartDate" text)
     ORDER BY c."itemId"
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [JSON.stringify(changes), o.tenantId, o.acdId, o.nowMs, o.defaultTeamId],
  );
  return rows.map((row) => row.user_id);
}

/** Of WFO's side only what the guide's tables name is written: activation, and a role that is added. */
async function updateUsers(tx: SqlClient, o: ApplyContext, changes: readonly StoredChange[]): Promise<string[]> {
  if (changes.length === 0) return [];
  await tx.query('SELECT FROM directory_user WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR UPDATE', [
    changes.map((change) => change.itemId),
  ]);
  const patches = changes.map(({ itemId, webexId, before, after }) => ({
    itemId,
    webexId,
    after,
    addedRoleIds: addedRoles(before, after),
  }));
  const { rows } = await tx.query<{ user_id: string }>(
    `WITH patch AS (
       SELECT c."itemId" AS user_id, c."webexId" AS webex_user_id, c."addedRoleIds" AS added_role_ids, c.after
       FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, "addedRoleIds" uuid[], after jsonb)
     ), wanted AS (
       SELECT u.user_id,
         CASE WHEN p.after ? 'acdUserId' THEN p.after->>'acdUserId' ELSE u.acd_user_id END AS acd_user_id,
         CASE WHEN p.after ? 'identityId' THEN p.after->>'identityId' ELSE u.identity_id END AS identity_id,
         CASE WHEN p.after ? 'externalId' THEN p.after->>'externalId' ELSE u.external_id END AS external_id,
         CASE WHEN p.after ? 'firstName' THEN p.after->>'firstName' ELSE u.first_name END AS first_name,
         CASE WHEN p.after ? 'lastName' THEN p.after->>'lastName' ELSE u.last_name END AS last_name,
         CASE WHEN p.after ? 'email' THEN p.after->>'email' ELSE u.email END AS email,
         coalesce((p.after->>'contactCenterEnabled')::boolean, u.contact_center_enabled) AS contact_center_enabled,
         coalesce(p.after->>'acdState', u.acd_state) AS acd_state,
         -- A person who decided since the plan was made is not overruled.
         CASE WHEN NOT (p.after ? 'active') OR (p.after->>'active' = 'true'
                AND (u.activation_by = 'wfo' OR u.merged_into_user_id IS NOT NULL))
              THEN u.active ELSE (p.after->>'active')::boolean END AS active,
         u.role_ids || ARRAY(SELECT a FROM unnest(p.added_role_ids) a WHERE a <> ALL (u.role_ids)
           AND EXISTS (SELECT FROM role r WHERE r.role_id = a)) AS role_ids
       FROM directory_user u JOIN patch p ON p.user_id = u.user_id AND p.webex_user_id = u.webex_user_id
     )
     UPDATE directory_user u SET acd_user_id = w.acd_user_id, identity_id = w.identity_id, external_id = w.external_id,
       first_name = w.first_name, last_name = w.last_name, email = w.email,
       contact_center_enabled = w.contact_center_enabled, acd_state = w.acd_state,
       acd_state_since_ms = CASE WHEN u.acd_state = w.acd_state THEN u.acd_state_since_ms ELSE $2 END,
       active = w.active, activation_by = CASE WHEN u.active = w.active THEN u.activation_by ELSE 'sync' END,
       role_ids = w.role_ids, revision = u.revision + 1, changed_at_ms = $2
     FROM wanted w WHERE w.user_id = u.user_id AND
       (u.acd_user_id, u.identity_id, u.external_id, u.first_name, u.last_name, u.email, u.contact_center_enabled,
        u.acd_state, u.active, u.role_ids)
       IS DISTINCT FROM
       (w.acd_user_id, w.identity_id, w.external_id, w.first_name, w.last_name, w.email, w.contact_center_enabled,
        w.acd_state, w.active, w.role_ids)
     RETURNING u.user_id`,
    [JSON.stringify(patches), o.nowMs],
  );
  return rows.map((row) => row.user_id);
}

function addedRoles(before: Record<string, unknown> | null, after: Record<string, unknown>): string[] {
  const had = new Set((before?.roleIds as string[] | undefined) ?? []);
  return ((after.roleIds as string[] | undefined) ?? []).filter((roleId) => !had.has(roleId));
}
