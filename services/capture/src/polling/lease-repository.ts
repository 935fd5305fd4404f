import { type AcdLease, createAcdLeases } from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/**
 * Polled are the authorized ACDs of a data server (ACD-04), and those of any that are deleted, or whose capture is
 * switched off, while they still have a webhook subscription to take back.
 */
const LEASES = {
  table: 'poll_state',
  dueColumn: 'next_poll_at_ms',
  role: 'capture',
  isWorkedFor: `(a.active AND a.data_servers->>'capture' = $4)
    OR ((a.deleted OR (a.active AND a.data_servers->>'capture' IS NULL))
        AND EXISTS (SELECT FROM webhook_subscription w WHERE w.acd_id = s.acd_id))`,
} as const;

/** Who polls which ACD. */
export const pollLeases = createAcdLeases(LEASES);

/** The same, for ACDs whose last poll went well. */
const quickLeases = createAcdLeases({
  ...LEASES,
  isWorkedFor: `(${LEASES.isWorkedFor}) AND s.failures = 0 AND NOT s.was_slow`,
});

export interface ClaimedPoll {
  lease: AcdLease;
  /** Its last poll failed or took long. */
  isTroubled: boolean;
}

/** Takes the ACD that has been due longest; with `quickOnly`, of those whose last poll went well. */
export async function claimPoll(
  client: SqlClient,
  o: Parameters<typeof pollLeases.claim>[1] & { quickOnly: boolean },
): Promise<ClaimedPoll | null> {
  const claimed = await (o.quickOnly ? quickLeases : pollLeases).claim(client, o);
  return claimed && { lease: claimed.lease, isTroubled: claimed.lease.failures > 0 || claimed.row.was_slow === true };
}

/** Makes ACDs due at once, those that were not known before as well. */
export async function makePollsDue(tx: SqlClient, acds: readonly AcdChanged[]): Promise<void> {
  await tx.query(
    `WITH turn AS (INSERT INTO hint_turn (acd_id) SELECT unnest($1::uuid[]) ON CONFLICT (acd_id) DO NOTHING)
     INSERT INTO poll_state (acd_id, tenant_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])
     ON CONFLICT (acd_id) DO UPDATE SET next_poll_at_ms = 0`,
    [acds.map((acd) => acd.acdId), acds.map((acd) => acd.tenantId)],
  );
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
  wasSlow: boolean;
  problem: Omit<PollProblem, 'sinceMs'> | null;
}

/** Gives the lease back and notes how the poll went; nothing happens when the lease is no longer ours. */
export async function releasePoll(client: SqlClient, lease: AcdLease, end: PollEnd): Promise<void> {
  await client.query(
    `UPDATE poll_state SET owner = NULL, lease_expires_at_ms = NULL, next_poll_at_ms = $4, last_poll_at_ms = $5,
       was_slow = $7,
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
      end.wasSlow,
    ],
  );
}
