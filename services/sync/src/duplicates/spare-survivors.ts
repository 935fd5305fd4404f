import type { SqlClient } from '@wxcc-wfo/service-kit';
import { publishUsers } from '../publish/directory-events.ts';

const SPARED = 'another id of the same user is active in the ACD: the user goes on as that one (SYNC-07)';

/**
 * Whoever was merged is one user under several ids: where the plan says that one id goes while another one is there, or
 * comes with this very run, nobody is deactivated. To be called when the plan is whole and before it is judged; gives how
 * many deactivations it took out of the plan.
 */
export async function spareSurvivors(tx: SqlClient, runId: string): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE sync_change c SET change = 'mark', before = c.before - 'active', after = c.after - 'active',
       reasons = c.reasons || $2::text
     WHERE c.run_id = $1 AND c.kind = 'user' AND c.change = 'deactivate' AND EXISTS (
       SELECT FROM directory_user m
       LEFT JOIN sync_change p ON p.run_id = $1 AND p.kind = 'user' AND p.item_id = m.user_id
       WHERE m.merged_into_user_id = c.item_id AND coalesce(p.after->>'acdState', m.acd_state) = 'active')`,
    [runId, SPARED],
  );
  return rowCount ?? 0;
}

/**
 * The other half, once the plan is applied and the ids are exchanged: whom it spared although the merge was undone
 * meanwhile, or the other id went, is deactivated after all. Nobody is active whose id is gone (SYNC-04).
 */
export async function deactivateUnspared(tx: SqlClient, o: { runId: string; nowMs: number }): Promise<void> {
  const { rows } = await tx.query(
    `UPDATE directory_user u SET active = false, activation_by = 'sync', revision = u.revision + 1, changed_at_ms = $2
     FROM sync_change c
     WHERE c.run_id = $1 AND c.kind = 'user' AND c.change = 'mark' AND c.item_id = u.user_id
       AND u.active AND u.acd_state <> 'active' AND u.merged_into_user_id IS NULL
     RETURNING u.user_id`,
    [o.runId, o.nowMs],
  );
  await publishUsers(
    tx,
    rows.map((row) => row.user_id),
  );
}
