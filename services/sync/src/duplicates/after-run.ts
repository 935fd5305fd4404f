import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { publishTeams, publishUsers } from '../publish/directory-events.ts';
import { dropOutdone } from './duplicate-repository.ts';
import { findDuplicates } from './find-duplicates.ts';
import { exchangeDirectory } from './merge-repository.ts';
import { lockTeams } from './merge-teams.ts';
import { lockUsers } from './merge-users.ts';
import { deactivateUnspared } from './spare-survivors.ts';

/** Users and teams per transaction. */
const BATCH = 500;

export interface FinishedRun {
  tenantId: string;
  acdId: string;
  runId: string;
  nowMs: number;
}

/**
 * What follows from a run's changes: merged users and teams go on as whichever of their ids is alive, and who came or
 * went is compared with the others (SYNC-07), because the new id may be there days before the old one goes, or after.
 * May be called again for the same run.
 */
export async function afterRun(pool: Pool, run: FinishedRun): Promise<{ duplicates: number; exchanged: number }> {
  const exchanged = await settleMerges(pool, run);
  await inTransaction(pool, (tx) => deactivateUnspared(tx, run));
  let duplicates = 0;
  let isAny = false;
  for (let afterSeq = -1; ; ) {
    const { rows } = await pool.query<{ seq: number; kind: string; item_id: string }>(
      `SELECT seq, kind, item_id FROM sync_change
       WHERE run_id = $1 AND seq > $2 AND kind IN ('user', 'team') AND change <> 'change'
         AND outcome = 'applied' ORDER BY seq LIMIT $3`,
      [run.runId, afterSeq, BATCH],
    );
    isAny ||= rows.length > 0;
    const idsOf = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.item_id);
    duplicates += await inTransaction(pool, (tx) =>
      findDuplicates(tx, { ...run, userIds: idsOf('user'), teamIds: idsOf('team') }),
    );
    if (rows.length < BATCH) break;
    afterSeq = rows.at(-1)!.seq;
  }
  if (isAny) duplicates -= await dropOutdone(pool, run.runId);
  return { duplicates, exchanged };
}

/**
 * Survivors whose id is gone while the id of one merged into them is alive: the two exchange what they have of the
 * directory. A survivor that a run deactivated is active again; a person's word stays (SYNC-08).
 */
async function settleMerges(pool: Pool, run: FinishedRun): Promise<number> {
  const users = await pairsOf(pool, run, { table: 'directory_user', id: 'user_id', into: 'merged_into_user_id' });
  const teams = await pairsOf(pool, run, { table: 'directory_team', id: 'team_id', into: 'merged_into_team_id' });
  for (const pair of users) await inTransaction(pool, (tx) => settleUsers(tx, pair, run.nowMs));
  for (const pair of teams) await inTransaction(pool, (tx) => settleTeams(tx, pair, run.nowMs));
  return users.length + teams.length;
}

type Pair = [survivorId: string, mergedId: string];

/** `o` are constants of this file. */
async function pairsOf(pool: Pool, run: FinishedRun, o: { table: string; id: string; into: string }): Promise<Pair[]> {
  const { rows } = await pool.query(
    `SELECT DISTINCT ON (s.${o.id}) s.${o.id} AS survivor, m.${o.id} AS merged
     FROM ${o.table} m JOIN ${o.table} s ON s.${o.id} = m.${o.into}
     WHERE m.acd_id = $1 AND m.${o.into} IS NOT NULL AND m.acd_state = 'active' AND s.acd_state <> 'active'
     ORDER BY s.${o.id}, m.acd_state_since_ms DESC, m.${o.id}`,
    [run.acdId],
  );
  return rows.map((row) => [row.survivor, row.merged]);
}

async function settleUsers(tx: SqlClient, [survivorId, mergedId]: Pair, nowMs: number): Promise<void> {
  const rows = await lockUsers(tx, [survivorId]);
  const [survivor, merged] = [survivorId, mergedId].map((id) => rows.find((row) => row.id === id));
  if (!survivor || survivor.alive || merged?.mergedIntoId !== survivorId || !merged.alive) return;
  await exchangeDirectory(tx, 'user', [survivorId, mergedId]);
  await tx.query(
    `UPDATE directory_user SET revision = revision + 1, changed_at_ms = $3,
       active = active OR (user_id = $1 AND activation_by = 'sync')
     WHERE user_id IN ($1, $2)`,
    [survivorId, mergedId, nowMs],
  );
  await publishUsers(tx, [survivorId, mergedId]);
}

async function settleTeams(tx: SqlClient, [survivorId, mergedId]: Pair, nowMs: number): Promise<void> {
  const rows = await lockTeams(tx, [survivorId]);
  const [survivor, merged] = [survivorId, mergedId].map((id) => rows.find((row) => row.id === id));
  if (!survivor || survivor.alive || merged?.mergedIntoId !== survivorId || !merged.alive) return;
  await exchangeDirectory(tx, 'team', [survivorId, mergedId]);
  await tx.query('UPDATE directory_team SET revision = revision + 1, changed_at_ms = $3 WHERE team_id IN ($1, $2)', [
    survivorId,
    mergedId,
    nowMs,
  ]);
  await publishTeams(tx, [survivorId, mergedId]);
}
