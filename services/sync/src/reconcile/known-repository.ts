import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { QueryResultRow } from 'pg';
import type { KnownItem } from './queue-policy.ts';
import type { KnownTeam } from './team-policy.ts';
import type { KnownUser } from './user-policy.ts';

/** The ids of something stored: ours and Webex's. */
export interface ItemIds {
  itemId: string;
  webexId: string;
}

/** What is stored of one kind: by the ids of a page, and page by page the ids of what is not gone from the ACD. */
export interface KnownItems<K> {
  find(sql: SqlClient, acdId: string, webexIds: readonly string[]): Promise<K[]>;
  listPresentIds(sql: SqlClient, o: { acdId: string; afterItemId: string | null; limit: number }): Promise<ItemIds[]>;
}

/** `table` and `columns` are constants of this file. */
function knownItems<K>(o: { from: string; itemId: string; webexId: string; columns: string }): KnownItems<K> {
  const ids = `${o.itemId} AS "itemId", ${o.webexId} AS "webexId"`;
  return {
    async find(sql, acdId, webexIds) {
      const { rows } = await sql.query<K & QueryResultRow>(
        `SELECT ${ids}, ${o.columns} FROM ${o.from} acd_id = $1 AND ${o.webexId} = ANY($2) ORDER BY ${o.itemId}`,
        [acdId, webexIds],
      );
      return rows;
    },
    async listPresentIds(sql, { acdId, afterItemId, limit }) {
      const { rows } = await sql.query<ItemIds & QueryResultRow>(
        `SELECT ${ids} FROM ${o.from}
           acd_id = $1 AND acd_state <> 'deleted' AND ($2::uuid IS NULL OR ${o.itemId} > $2::uuid)
         ORDER BY ${o.itemId} LIMIT $3`,
        [acdId, afterItemId, limit],
      );
      return rows;
    },
  };
}

export const knownUsers = knownItems<KnownUser>({
  from: 'directory_user WHERE',
  itemId: 'user_id',
  webexId: 'webex_user_id',
  columns: `acd_user_id AS "acdUserId", identity_id AS "identityId", external_id AS "externalId",
    first_name AS "firstName", last_name AS "lastName", email, contact_center_enabled AS "contactCenterEnabled",
    acd_state AS "acdState", active, activation_by AS "activationBy", role_ids AS "roleIds",
    merged_into_user_id IS NOT NULL AS "isMerged"`,
});

export const knownTeams = knownItems<KnownTeam>({
  from: `directory_team WHERE source = 'acd' AND`,
  itemId: 'team_id',
  webexId: 'acd_team_id',
  columns: `name, team_type AS type, acd_state AS "acdState"`,
});

export const knownQueues = knownItems<KnownItem>({
  from: 'directory_queue WHERE',
  itemId: 'queue_id',
  webexId: 'acd_queue_id',
  columns: `name, acd_state AS "acdState", jsonb_build_object('channel', channel, 'channelType', channel_type,
    'direction', direction, 'serviceLevelThresholdSeconds', service_level_threshold_seconds) AS fields`,
});

/** Sites, entry points or auxiliary codes. */
export const knownReferenceItems = (kind: 'site' | 'entry-point' | 'auxiliary-code'): KnownItems<KnownItem> =>
  knownItems<KnownItem>({
    from: `reference_item WHERE kind = '${kind}' AND`,
    itemId: 'item_id',
    webexId: 'acd_item_id',
    columns: `name, acd_state AS "acdState", facts AS fields`,
  });
