import { type SqlClient, sqlState } from '@wxcc-wfo/service-kit';
import { conflict } from '../listing/refusals.ts';
import { publishTeams } from '../publish/directory-events.ts';
import { addTeamMove } from '../roles/directory-work-job.ts';
import { takesOver } from './merge-policy.ts';
import { exchangeDirectory, type Merge, type MergeSnapshot } from './merge-repository.ts';
import type { MergeRows } from './merge-users.ts';

const UNIQUE_VIOLATION = '23505';

export interface MergeableTeamRow {
  id: string;
  tenantId: string;
  acdId: string;
  name: string;
  acdTeamId: string | null;
  alive: boolean;
  isDefault: boolean;
  mergedIntoId: string | null;
}

/** Teams of these ids and all that were merged into them, locked in the order of their ids; deleted ones are none. */
export async function lockTeams(tx: SqlClient, ids: readonly string[]): Promise<MergeableTeamRow[]> {
  const { rows } = await tx.query(
    `SELECT * FROM directory_team
     WHERE (team_id = ANY ($1::uuid[]) OR merged_into_team_id = ANY ($1::uuid[])) AND NOT deleted
     ORDER BY team_id FOR UPDATE`,
    [ids],
  );
  return rows.map((row) => ({
    id: row.team_id,
    tenantId: row.tenant_id,
    acdId: row.acd_id,
    name: row.name,
    acdTeamId: row.acd_team_id,
    alive: row.acd_state === 'active',
    isDefault: row.is_default,
    mergedIntoId: row.merged_into_team_id,
  }));
}

/** Merges two teams whose rows are locked, and publishes all whose row changed. Their users follow in batches. */
export async function mergeTeamRows(tx: SqlClient, o: MergeRows): Promise<MergeSnapshot> {
  const rows = await lockTeams(tx, [o.survivorId, o.mergedId]);
  const survivor = rows.find((row) => row.id === o.survivorId)!;
  const merged = rows.find((row) => row.id === o.mergedId)!;
  const behind = rows.filter((row) => row.mergedIntoId === o.mergedId);
  // The merged one's name may be given to the survivor: only teams that stand for themselves need different ones.
  await pointTo(tx, [o.mergedId, ...behind.map((row) => row.id)], o.survivorId);
  if (takesOver(survivor, merged)) await exchangeDirectory(tx, 'team', [o.survivorId, o.mergedId]);
  await publish(tx, [o.survivorId, o.mergedId, ...behind.map((row) => row.id)], o.nowMs);
  return {
    keys: Object.fromEntries([merged, ...behind].map((row) => [row.id, row.acdTeamId])),
    repointed: behind.map((row) => row.id),
  };
}

/** The merged team's users join the survivor; to be called when the merge has its record. */
export async function moveTeamUsers(tx: SqlClient, o: MergeRows): Promise<void> {
  const { mergeId, tenantId, nowMs } = o;
  await addTeamMove(tx, {
    kind: 'move-team',
    mergeId,
    tenantId,
    nowMs,
    fromTeamId: o.mergedId,
    toTeamId: o.survivorId,
  });
}

/** Takes a merge back; the users that it moved go back, unless they were moved elsewhere since. */
export async function undoTeamRows(tx: SqlClient, merge: Merge, nowMs: number): Promise<void> {
  const { survivorId, mergedId, snapshot, tenantId, mergeId } = merge;
  for (const [id, key] of Object.entries(snapshot.keys)) {
    const rows = await lockTeams(tx, [survivorId]);
    const holder = rows.find((row) => row.acdTeamId === key);
    if (holder && holder.id !== id) await exchangeDirectory(tx, 'team', [holder.id, id]);
  }
  const rows = await lockTeams(tx, [survivorId]);
  try {
    await pointTo(tx, [mergedId], null);
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw conflict({
      title: 'The merge cannot be undone',
      detail: 'The merged team was made here, and another team that was made here has its name by now.',
      remedy: 'Rename that team first: PATCH /v1/teams/{teamId}.',
    });
  }
  await pointTo(tx, snapshot.repointed, mergedId);
  await publish(
    tx,
    rows.map((row) => row.id),
    nowMs,
  );
  await addTeamMove(tx, {
    kind: 'move-team-back',
    mergeId,
    tenantId,
    nowMs,
    fromTeamId: survivorId,
    toTeamId: mergedId,
  });
}

async function pointTo(tx: SqlClient, ids: readonly string[], teamId: string | null): Promise<void> {
  await tx.query('UPDATE directory_team SET merged_into_team_id = $2 WHERE team_id = ANY ($1::uuid[])', [ids, teamId]);
}

async function publish(tx: SqlClient, ids: readonly string[], nowMs: number): Promise<void> {
  await tx.query(
    'UPDATE directory_team SET revision = revision + 1, changed_at_ms = $2 WHERE team_id = ANY ($1::uuid[])',
    [ids, nowMs],
  );
  await publishTeams(tx, ids);
}
