import { type AcdLease, createAcdLeases } from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/**
 * Who syncs which ACD. Synced are the authorized ACDs of a data server (ACD-04), and those with an approved run to be
 * applied, for which Webex is not needed.
 */
export const syncLeases = createAcdLeases({
  table: 'sync_lease',
  dueColumn: 'next_run_at_ms',
  role: 'sync',
  isWorkedFor: `a.data_servers->>'sync' = $4 AND NOT a.deleted
    AND (a.active OR EXISTS (SELECT FROM sync_run r WHERE r.acd_id = s.acd_id AND r.state = 'applying'))`,
});

/** The right to run the sync of one ACD. */
export interface SyncLease extends AcdLease {
  lastStartedAtMs: number | null;
}

/** Claims the ACD that has been due longest and that nobody syncs; null when there is none. */
export async function claimSync(
  client: SqlClient,
  o: { owner: string; dataServer: string; nowMs: number; leaseMs: number },
): Promise<SyncLease | null> {
  const claimed = await syncLeases.claim(client, o);
  return claimed && { ...claimed.lease, lastStartedAtMs: claimed.row.last_started_at_ms as number | null };
}

/** ACDs that are new here are due at once; of known ones the next run comes no later than their interval says. */
export async function makeRunsDue(tx: SqlClient, acds: readonly AcdChanged[]): Promise<void> {
  await tx.query(
    `INSERT INTO sync_lease AS l (acd_id, tenant_id)
     SELECT acd_id, tenant_id FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS a(acd_id, tenant_id, minutes)
     ON CONFLICT (acd_id) DO UPDATE SET next_run_at_ms = CASE
       WHEN l.failures > 0 THEN 0
       ELSE least(l.next_run_at_ms, coalesce(l.last_started_at_ms, 0) +
         (SELECT minutes FROM unnest($1::uuid[], $3::int[]) AS m(acd_id, minutes) WHERE m.acd_id = l.acd_id) * 60000::bigint)
       END`,
    [
      acds.map((acd) => acd.acdId),
      acds.map((acd) => acd.tenantId),
      acds.map((acd) => acd.synchronizationIntervalMinutes),
    ],
  );
}

/** Somebody asked for a run, or decided about one. */
export async function makeRunDue(tx: SqlClient, acdId: string): Promise<void> {
  await tx.query('UPDATE sync_lease SET next_run_at_ms = 0 WHERE acd_id = $1', [acdId]);
}

/** How a turn under the lease ended. */
export interface SyncEnd {
  nowMs: number;
  nextRunAtMs: number;
  /** When this turn's interval began; null where it does not count as one: a dry run, or one that was resumed. */
  startedAtMs: number | null;
  /** What a person is told of the failure; null after a success. */
  problem: { code: string; detail: string; remedy: string } | null;
  /** Whether every kind was read completely and applied. */
  isComplete: boolean;
}

/**
 * Gives the lease back. A run that waits for its turn makes the ACD due again at once, unless one before it cannot be
 * applied: that one comes first, and is tried again at its own pace.
 */
export async function releaseSync(client: SqlClient, lease: SyncLease, end: SyncEnd): Promise<void> {
  await client.query(
    `UPDATE sync_lease l SET owner = NULL, lease_expires_at_ms = NULL,
       next_run_at_ms = CASE WHEN EXISTS (
           SELECT FROM sync_run r WHERE r.acd_id = l.acd_id
             AND (r.state = 'queued' OR r.state = 'applying')
             AND ($7::jsonb IS NULL OR NOT EXISTS (
               SELECT FROM sync_run x WHERE x.acd_id = l.acd_id AND x.state = 'applying'))) THEN 0 ELSE $4::bigint END,
       last_started_at_ms = coalesce($6::bigint, last_started_at_ms),
       last_success_at_ms = CASE WHEN $7::jsonb IS NULL THEN $5::bigint ELSE last_success_at_ms END,
       last_complete_at_ms = CASE WHEN $8 THEN $5::bigint ELSE last_complete_at_ms END,
       failures = CASE WHEN $7::jsonb IS NULL THEN 0 ELSE failures + 1 END,
       last_problem = $7::jsonb
     WHERE acd_id = $1 AND owner = $2 AND epoch = $3`,
    [
      lease.acd.acdId,
      lease.owner,
      lease.epoch,
      end.nextRunAtMs,
      end.nowMs,
      end.startedAtMs,
      end.problem && JSON.stringify(end.problem),
      end.isComplete,
    ],
  );
}
