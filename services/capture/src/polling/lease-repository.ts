import { type AcdChanged, dataServerOf } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/** The right to poll one ACD. The epoch grows with each claim: a commit under an older one is refused. */
export interface PollLease {
  acd: AcdChanged;
  owner: string;
  epoch: number;
  failures: number;
}

/** Somebody else polls this ACD now; whatever we still hold of this poll is void. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
  constructor(acdId: string) {
    super(`The lease on polling ACD ${acdId} went to another replica; this poll's commit is refused.`);
  }
}

/** The ACD was deleted, or handed to another data server, or its capture was switched off, while it was polled. */
export class PollRevokedError extends Error {
  override name = 'PollRevokedError';
  constructor(acdId: string) {
    super(`ACD ${acdId} is no longer this poll's to read; the poll is handed back.`);
  }
}

interface ClaimRow {
  epoch: number;
  failures: number;
  deleted: boolean;
  configuration: AcdChanged;
}

/** Makes ACDs due at once, those that were not known before as well. */
export async function makePollsDue(tx: SqlClient, acds: readonly AcdChanged[]): Promise<void> {
  await tx.query(
    `INSERT INTO poll_state (acd_id, tenant_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])
     ON CONFLICT (acd_id) DO UPDATE SET next_poll_at_ms = 0`,
    [acds.map((acd) => acd.acdId), acds.map((acd) => acd.tenantId)],
  );
}

/** Makes those of these ACDs due at once whose last poll failed. */
export async function makeFailedPollsDue(tx: SqlClient, acdIds: readonly string[]): Promise<void> {
  await tx.query('UPDATE poll_state SET next_poll_at_ms = 0 WHERE acd_id = ANY($1::uuid[]) AND failures > 0', [acdIds]);
}

/**
 * Claims the ACD that has been due longest and that nobody polls; null when there is none. Due are the authorized ACDs of
 * this data server (ACD-04), and those of any that are deleted, or whose capture is switched off, while they still have a
 * webhook subscription to take back.
 */
export async function claimPoll(
  client: SqlClient,
  o: { owner: string; dataServer: string; nowMs: number; leaseMs: number },
): Promise<PollLease | null> {
  const { rows } = await client.query<ClaimRow>(
    `UPDATE poll_state p SET owner = $1, epoch = p.epoch + 1, lease_expires_at_ms = $2::bigint + $3::bigint
     FROM acd WHERE acd.acd_id = p.acd_id AND p.acd_id = (
       SELECT s.acd_id FROM poll_state s JOIN acd a ON a.acd_id = s.acd_id
       WHERE s.next_poll_at_ms <= $2 AND (s.owner IS NULL OR s.lease_expires_at_ms < $2)
         AND ((a.active AND a.data_servers->>'capture' = $4)
              OR ((a.deleted OR (a.active AND a.data_servers->>'capture' IS NULL))
                  AND EXISTS (SELECT FROM webhook_subscription w WHERE w.acd_id = s.acd_id)))
       ORDER BY s.next_poll_at_ms, s.acd_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
     RETURNING p.epoch, p.failures, acd.deleted, acd.configuration`,
    [o.owner, o.nowMs, o.leaseMs, o.dataServer],
  );
  const row = rows[0];
  if (!row) return null;
  const acd = { ...row.configuration, deleted: row.deleted };
  return { acd, owner: o.owner, epoch: row.epoch, failures: row.failures };
}

/**
 * Proves, under the row's lock, that the lease is still ours, and prolongs it. In a transaction this is the fence: a
 * replica that takes over waits for our commit or finds us refused.
 * @throws LeaseLostError
 * @throws PollRevokedError when the ACD is not what was claimed any more: the lease is still ours, to be handed back
 */
export async function holdLease(
  client: SqlClient,
  lease: PollLease,
  o: { nowMs: number; leaseMs: number },
): Promise<void> {
  const { rows } = await client.query<{ deleted: boolean; data_server: string | null }>(
    `UPDATE poll_state p SET lease_expires_at_ms = $4::bigint + $5::bigint
     FROM acd WHERE p.acd_id = $1 AND p.owner = $2 AND p.epoch = $3 AND acd.acd_id = p.acd_id
     RETURNING acd.deleted, acd.data_servers->>'capture' AS data_server`,
    [lease.acd.acdId, lease.owner, lease.epoch, o.nowMs, o.leaseMs],
  );
  const now = rows[0];
  if (!now) throw new LeaseLostError(lease.acd.acdId);
  const isAsClaimed = now.deleted === lease.acd.deleted && now.data_server === dataServerOf(lease.acd, 'capture');
  if (!isAsClaimed) throw new PollRevokedError(lease.acd.acdId);
}

/** What a person is told of a failed poll. */
export interface PollProblem {
  code: string;
  detail: string;
  remedy: string;
  atMs: number;
  sinceMs: number;
}

export interface PollEnd {
  nowMs: number;
  nextPollAtMs: number;
  problem: Omit<PollProblem, 'sinceMs'> | null;
}

/** Gives the lease back and notes how the poll went; nothing happens when the lease is no longer ours. */
export async function releasePoll(client: SqlClient, lease: PollLease, end: PollEnd): Promise<void> {
  await client.query(
    `UPDATE poll_state SET owner = NULL, lease_expires_at_ms = NULL, next_poll_at_ms = $4, last_poll_at_ms = $5,
       last_success_at_ms = CASE WHEN $6::jsonb IS NULL THEN $5 ELSE last_success_at_ms END,
       failures = CASE WHEN $6::jsonb IS NULL THEN 0 ELSE failures + 1 END,
       last_error = CASE WHEN $6::jsonb IS NULL THEN NULL
         ELSE $6::jsonb || jsonb_build_object('sinceMs', coalesce((last_error->>'sinceMs')::bigint, $5::bigint)) END
     WHERE acd_id = $1 AND owner = $2 AND epoch = $3`,
    [
      lease.acd.acdId,
      lease.owner,
      lease.epoch,
      end.nextPollAtMs,
      end.nowMs,
      end.problem && JSON.stringify(end.problem),
    ],
  );
}

/** Gives the lease back as if it had not been taken, for the next replica (ordered stop, another data server). */
export async function handBackPoll(client: SqlClient, lease: PollLease): Promise<void> {
  await client.query(
    `UPDATE poll_state SET owner = NULL, lease_expires_at_ms = NULL WHERE acd_id = $1 AND owner = $2 AND epoch = $3`,
    [lease.acd.acdId, lease.owner, lease.epoch],
  );
}
