import type { SqlClient } from '@wxcc-wfo/service-kit';
import { publishQueues, publishTeams } from '../publish/directory-events.ts';
import type { StoredChange } from '../runs/change-repository.ts';
import type { ApplyContext } from './apply-users.ts';

/** Applies changes of the ACD's teams and publishes them; gives the ids of those that changed something. */
export async function applyTeams(tx: SqlClient, o: ApplyContext, changes: readonly StoredChange[]): Promise<string[]> {
  if (changes.length === 0) return [];
  const added = await tx.query<{ id: string }>(
    `INSERT INTO directory_team (team_id, tenant_id, acd_id, source, name, acd_team_id, team_type, acd_state,
       acd_state_since_ms, created_at_ms, changed_at_ms)
     SELECT c."itemId", $2, $3, 'acd', c.after->>'name', c."webexId", c.after->>'type', c.after->>'acdState', $4, $4, $4
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, change text, after jsonb)
     WHERE c.change = 'add' ORDER BY c."itemId" ON CONFLICT DO NOTHING RETURNING team_id AS id`,
    [JSON.stringify(changes), o.tenantId, o.acdId, o.nowMs],
  );
  await lock(tx, 'directory_team', 'team_id', changes);
  const changed = await tx.query<{ id: string }>(
    `UPDATE directory_team t SET name = coalesce(c.after->>'name', t.name),
       team_type = coalesce(c.after->>'type', t.team_type), acd_state = coalesce(c.after->>'acdState', t.acd_state),
       acd_state_since_ms = CASE WHEN t.acd_state = coalesce(c.after->>'acdState', t.acd_state)
         THEN t.acd_state_since_ms ELSE $2 END,
       revision = t.revision + 1, changed_at_ms = $2
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, change text, after jsonb)
     WHERE c.change <> 'add' AND t.team_id = c."itemId" AND t.acd_team_id = c."webexId"
       AND (t.name, t.team_type, t.acd_state) IS DISTINCT FROM (coalesce(c.after->>'name', t.name),
         coalesce(c.after->>'type', t.team_type), coalesce(c.after->>'acdState', t.acd_state))
     RETURNING t.team_id AS id`,
    [JSON.stringify(changes), o.nowMs],
  );
  const ids = [...added.rows, ...changed.rows].map((row) => row.id);
  await publishTeams(tx, ids);
  return ids;
}

/** The same for queues. */
export async function applyQueues(tx: SqlClient, o: ApplyContext, changes: readonly StoredChange[]): Promise<string[]> {
  if (changes.length === 0) return [];
  const added = await tx.query<{ id: string }>(
    `INSERT INTO directory_queue (queue_id, tenant_id, acd_id, acd_queue_id, name, channel, channel_type, direction,
       service_level_threshold_seconds, acd_state, created_at_ms, changed_at_ms)
     SELECT c."itemId", $2, $3, c."webexId", c.after->>'name', c.after->>'channel', c.after->>'channelType',
       c.after->>'direction', (c.after->>'serviceLevelThresholdSeconds')::float8, c.after->>'acdState', $4, $4
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, change text, after jsonb)
     WHERE c.change = 'add' ORDER BY c."itemId" ON CONFLICT DO NOTHING RETURNING queue_id AS id`,
    [JSON.stringify(changes), o.tenantId, o.acdId, o.nowMs],
  );
  await lock(tx, 'directory_queue', 'queue_id', changes);
  const changed = await tx.query<{ id: string }>(
    `UPDATE directory_queue q SET name = coalesce(c.after->>'name', q.name),
       channel = coalesce(c.after->>'channel', q.channel), channel_type = coalesce(c.after->>'channelType', q.channel_type),
       direction = coalesce(c.after->>'direction', q.direction),
       service_level_threshold_seconds = CASE WHEN c.after ? 'serviceLevelThresholdSeconds'
         THEN (c.after->>'serviceLevelThresholdSeconds')::float8 ELSE q.service_level_threshold_seconds END,
       acd_state = coalesce(c.after->>'acdState', q.acd_state), revision = q.revision + 1, changed_at_ms = $2
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, change text, after jsonb)
     WHERE c.change <> 'add' AND q.queue_id = c."itemId" AND q.acd_queue_id = c."webexId"
     RETURNING q.queue_id AS id`,
    [JSON.stringify(changes), o.nowMs],
  );
  const ids = [...added.rows, ...changed.rows].map((row) => row.id);
  await publishQueues(tx, ids);
  return ids;
}

/** The same for sites, entry points and auxiliary codes, of which nobody is told. */
export async function applyReferenceItems(
  tx: SqlClient,
  o: ApplyContext,
  changes: readonly StoredChange[],
): Promise<string[]> {
  if (changes.length === 0) return [];
  const added = await tx.query<{ id: string }>(
    `INSERT INTO reference_item (item_id, tenant_id, acd_id, kind, acd_item_id, name, facts, acd_state, created_at_ms, changed_at_ms)
     SELECT c."itemId", $2, $3, c.kind, c."webexId", c.after->>'name', c.after - 'name' - 'acdState', c.after->>'acdState', $4, $4
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, kind text, change text, after jsonb)
     WHERE c.change = 'add' ORDER BY c."itemId" ON CONFLICT DO NOTHING RETURNING item_id AS id`,
    [JSON.stringify(changes), o.tenantId, o.acdId, o.nowMs],
  );
  await lock(tx, 'reference_item', 'item_id', changes);
  const changed = await tx.query<{ id: string }>(
    `UPDATE reference_item r SET name = coalesce(c.after->>'name', r.name),
       facts = r.facts || (c.after - 'name' - 'acdState'), acd_state = coalesce(c.after->>'acdState', r.acd_state),
       changed_at_ms = $2
     FROM jsonb_to_recordset($1::jsonb) AS c("itemId" uuid, "webexId" text, change text, after jsonb)
     WHERE c.change <> 'add' AND r.item_id = c."itemId" AND r.acd_item_id = c."webexId"
     RETURNING r.item_id AS id`,
    [JSON.stringify(changes), o.nowMs],
  );
  return [...added.rows, ...changed.rows].map((row) => row.id);
}

/** `table` and `id` are constants of this file. */
async function lock(tx: SqlClient, table: string, id: string, changes: readonly StoredChange[]): Promise<void> {
  await tx.query(`SELECT FROM ${table} WHERE ${id} = ANY($1::uuid[]) ORDER BY ${id} FOR UPDATE`, [
    changes.map((change) => change.itemId),
  ]);
}
