import { type AcdChanged, dataServerOf } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/** The right to run the sync of one ACD. The epoch grows with each claim: a commit under an older one is refused. */
export interface SyncLease {
  acd: AcdChanged;
  owner: string;
  epoch: number;
  failures: number;
  lastStartedAtMs: number | null;
}

/** Somebody else runs this ACD's sync now; whatever we still hold of the run is void. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
  constructor(acdId: string) {
    super(`The lease on syncing ACD ${acdId} went to another replica; this run's commit is refused.`);
  }
}

/** The ACD was deleted, handed to another data server or taken off sync while its run was on. */
export class RunRevokedError extends Error {
  override name = 'RunRevokedError';
  constructor(acdId: string) {
    super(`ACD ${acdId} is no longer this run's to read; the run ends.`);
  }
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

/** Makes those of these ACDs due at once whose last run failed: a new token is a reason to try again. */
export async function makeFailedRunsDue(tx: SqlClient, acdIds: readonly string[]): Promise<void> {
  await tx.query('UPDATE sync_lease SET next_run_at_ms = 0 WHERE acd_id = ANY($1::uuid[]) AND failures > 0', [acdIds]);
}

/** Somebody asked for a run, or decided about one. */
export async function makeRunDue(tx: SqlClient, acdId: string): Promise<void> {
  await tx.query('UPDATE sync_lease SET next_run_at_ms = 0 WHERE acd_id = $1', [acdId]);
}

interface ClaimRow {
  epoch: number;
  failures: number;
  last_started_at_ms: number | null;
  configuration: AcdChanged;
}

/**
 * Claims the ACD that has been due longest and that nobody syncs; null when there is none. Due are the authorized ACDs
 * of this data server (ACD-04), and those with an approved run to be applied, for which Webex is not needed.
 */
export async function claimSync(
  client: SqlClient,
  o: { owner: string; dataServer: string; nowMs: number; leaseMs: number },
): Promise<SyncLease | null> {
  const { rows } = await client.query<ClaimRow>(
    `UPDATE sync_lease l SET owner = $1, epoch = l.epoch + 1, lease_expires_at_ms = $2::bigint + $3::bigint
     FROM acd WHERE acd.acd_id = l.acd_id AND l.acd_id = (
       SELECT s.acd_id FROM sync_lease s JOIN acd a ON a.acd_id = s.acd_id
       WHERE s.next_run_at_ms <= $2 AND (s.owner IS NULL OR s.lease_expires_at_ms < $2)
         AND a.data_servers->>'sync' = $4 AND NOT a.deleted
         AND (a.active OR EXISTS (SELECT FROM sync_run r WHERE r.acd_id = s.acd_id AND r.state = 'applying'))
       ORDER BY s.next_run_at_ms, s.acd_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
     RETURNING l.epoch, l.failures, l.last_started_at_ms, acd.configuration`,
    [o.owner, o.nowMs, o.leaseMs, o.dataServer],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    acd: row.configuration,
    owner: o.owner,
    epoch: row.epoch,
    failures: row.failures,
    lastStartedAtMs: row.last_started_at_ms,
  };
}

/**
 * Proves, under the row's lock, that the lease is still ours, and prolongs it. In a transaction this is the fence: a
 * replica that takes over waits for our commit or finds us refused.
 * @throws LeaseLostError
 * @throws RunRevokedError when the ACD is not what was claimed any more: the lease is still ours, to be handed back
 */
export async function holdLease(
  client: SqlClient,
  lease: SyncLease,
  o: { nowMs: number; leaseMs: number },
): Promise<void> {
  const { rows } = await client.query<{ deleted: boolean; data_server: string | null }>(
    `UPDATE sync_lease l SET lease_expires_at_ms = $4::bigint + $5::bigint
     FROM acd WHERE l.acd_id = $1 AND l.owner = $2 AND l.epoch = $3 AND acd.acd_id = l.acd_id
     RETURNING acd.deleted, acd.data_servers->>'sync' AS data_server`,
    [lease.acd.acdId, lease.owner, lease.epoch, o.nowMs, o.leaseMs],
  );
  const now = rows[0];
  if (!now) throw new LeaseLostError(lease.acd.acdId);
  if (now.deleted || now.data_server !== dataServerOf(lease.acd, 'sync')) throw new RunRevokedError(lease.acd.acdId);
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

/** Gives the lease back; a run that waits for its turn makes the ACD due again at once. */
export async function releaseSync(client: SqlClient, lease: SyncLease, end: SyncEnd): Promise<void> {
  await client.query(
    `UPDATE sync_lease l SET owner = NULL, lease_expires_at_ms = NULL,
       next_run_at_ms = CASE WHEN EXISTS (
           SELECT FROM sync_run r WHERE r.acd_id = l.acd_id
             AND (r.state = 'queued' OR (r.state = 'applying' AND $7::jsonb IS NULL))) THEN 0 ELSE $4::bigint END,
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

/** Gives the lease back as if it had not been taken, for the next replica (ordered stop, another data server). */
export async function handBackSync(client: SqlClient, lease: SyncLease): Promise<void> {
  await client.query(
    'UPDATE sync_lease SET owner = NULL, lease_expires_at_ms = NULL WHERE acd_id = $1 AND owner = $2 AND epoch = $3',
    [lease.acd.acdId, lease.owner, lease.epoch],
  );
}
