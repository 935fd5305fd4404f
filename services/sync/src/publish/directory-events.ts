import { appendEvents, type OutgoingEvent } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { QueryResultRow } from 'pg';

/**
 * Tells everybody else how these users are now. Call it in the transaction that changed them and raised their
 * `revision`, while their rows are locked: an event per user, roles and merged ids included.
 */
export async function publishUsers(tx: SqlClient, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  const { rows } = await tx.query(
    `SELECT u.*,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('roleId', r.role_id, 'name', r.name) ORDER BY r.name), '[]')
        FROM role r WHERE r.role_id = ANY(u.role_ids)) AS roles,
       ARRAY(SELECT DISTINCT p FROM role r, unnest(r.permissions) p WHERE r.role_id = ANY(u.role_ids) ORDER BY p) AS permissions,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('acdUserId', m.acd_user_id, 'webexUserId', m.webex_user_id,
                                                     'identityId', m.identity_id) ORDER BY m.user_id), '[]')
        FROM directory_user m WHERE m.merged_into_user_id = u.user_id) AS other_acd_ids
     FROM directory_user u WHERE u.user_id = ANY($1::uuid[]) ORDER BY u.user_id`,
    [userIds],
  );
  await appendEvents(tx, rows.map(toUserChanged));
}

function toUserChanged(row: QueryResultRow): OutgoingEvent {
  return {
    topic: TOPICS.userChanged,
    payload: {
      tenantId: row.tenant_id,
      acdId: row.acd_id,
      userId: row.user_id,
      revision: row.revision,
      occurredAtMs: row.changed_at_ms,
      acdUserId: row.acd_user_id,
      webexUserId: row.webex_user_id,
      identityId: row.identity_id,
      otherAcdIds: row.other_acd_ids,
      firstName: row.first_name,
      lastName: row.last_name,
      email: row.email,
      active: row.active,
      acdState: row.acd_state,
      contactCenterEnabled: row.contact_center_enabled,
      teamId: row.team_id,
      roles: row.roles,
      permissions: row.permissions,
      windowsLogin: row.windows_login,
      companyStartDate: row.company_start_date,
      departmentStartDate: row.department_start_date,
      mergedIntoUserId: row.merged_into_user_id,
    },
  };
}

/** The same for teams. */
export async function publishTeams(tx: SqlClient, teamIds: readonly string[]): Promise<void> {
  if (teamIds.length === 0) return;
  const { rows } = await tx.query('SELECT * FROM directory_team WHERE team_id = ANY($1::uuid[]) ORDER BY team_id', [
    teamIds,
  ]);
  await appendEvents(tx, rows.map(toTeamChanged));
}

function toTeamChanged(row: QueryResultRow): OutgoingEvent {
  return {
    topic: TOPICS.teamChanged,
    payload: {
      tenantId: row.tenant_id,
      acdId: row.acd_id,
      teamId: row.team_id,
      revision: row.revision,
      occurredAtMs: row.changed_at_ms,
      name: row.name,
      source: row.source,
      acdTeamId: row.acd_team_id,
      type: row.team_type,
      acdState: row.acd_state,
      isDefault: row.is_default,
      deleted: row.deleted,
      mergedIntoTeamId: row.merged_into_team_id,
    },
  };
}

/** The same for queues. */
export async function publishQueues(tx: SqlClient, queueIds: readonly string[]): Promise<void> {
  if (queueIds.length === 0) return;
  const { rows } = await tx.query('SELECT * FROM directory_queue WHERE queue_id = ANY($1::uuid[]) ORDER BY queue_id', [
    queueIds,
  ]);
  await appendEvents(tx, rows.map(toQueueChanged));
}

function toQueueChanged(row: QueryResultRow): OutgoingEvent {
  return {
    topic: TOPICS.queueChanged,
    payload: {
      tenantId: row.tenant_id,
      acdId: row.acd_id,
      queueId: row.queue_id,
      revision: row.revision,
      occurredAtMs: row.changed_at_ms,
      acdQueueId: row.acd_queue_id,
      name: row.name,
      channel: row.channel,
      channelType: row.channel_type,
      direction: row.direction,
      serviceLevelThresholdSeconds: row.service_level_threshold_seconds,
      acdState: row.acd_state,
    },
  };
}
