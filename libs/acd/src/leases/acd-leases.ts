import { type AcdChanged, type DataServerRole, dataServerOf } from '@wxcc-wfo/contracts';
import { LeaseLostError, type SqlClient } from '@wxcc-wfo/service-kit';

/** The right to do one kind of work for one ACD. The epoch grows with each claim. */
export interface AcdLease {
  /** As it was when it was claimed. */
  acd: AcdChanged;
  owner: string;
  epoch: number;
  /** How many turns before this one failed, one after the other. */
  failures: number;
}

/** The lease is still ours, but the ACD was deleted, or is no longer this data server's to work for (ACD-04). */
export class LeaseRevokedError extends Error {
  override name = 'LeaseRevokedError';
}

/**
 * A table of the service with one row per ACD: `acd_id`, `owner`, `epoch`, `lease_expires_at_ms`, `failures` and
 * a column that says when it is due. All names and conditions are the service's own code, never input.
 */
export interface AcdLeasesOptions {
  table: string;
  /** Epoch ms from which on a row is due. */
  dueColumn: string;
  role: DataServerRole;
  /** Which ACDs are worked for: SQL over `a` (its row in `acd`), `s` (its row here) and `$4` (the data server). */
  isWorkedFor: string;
}

export interface AcdLeases {
  /** Takes the ACD that has been due longest and that nobody works for, with its row; null when there is none. */
  claim(
    client: SqlClient,
    o: { owner: string; dataServer: string; nowMs: number; leaseMs: number },
  ): Promise<{ lease: AcdLease; row: Record<string, unknown> } | null>;
  /**
   * Proves, under the row's lock, that the lease is still ours, and prolongs it. In a transaction this is the fence: a
   * replica that takes over waits for our commit or finds us refused.
   * @throws LeaseLostError when another replica has it now: whatever we still hold of the work is void
   * @throws LeaseRevokedError when the ACD is not what was claimed any more: the lease is to be handed back
   */
  hold(client: SqlClient, lease: AcdLease, o: { nowMs: number; leaseMs: number }): Promise<void>;
  /** Gives it back as if it had not been taken (ordered stop, another data server); nothing happens if it is not ours. */
  handBack(client: SqlClient, lease: AcdLease): Promise<void>;
  /** Makes those of these ACDs due at once whose last turn failed: a new token is a reason to try again. */
  makeFailedDue(tx: SqlClient, acdIds: readonly string[]): Promise<void>;
}

interface ClaimedRow extends Record<string, unknown> {
  epoch: number;
  failures: number;
  deleted: boolean;
  configuration: AcdChanged;
}

/** How the replicas of a service share its ACDs: one of them works for an ACD at a time, and whoever lost it commits nothing. */
export function createAcdLeases({ table, dueColumn, role, isWorkedFor }: AcdLeasesOptions): AcdLeases {
  return {
    async claim(client, o) {
      const { rows } = await client.query<ClaimedRow>(
        `UPDATE ${table} l SET owner = $1, epoch = l.epoch + 1, lease_expires_at_ms = $2::bigint + $3::bigint
         FROM acd WHERE acd.acd_id = l.acd_id AND l.acd_id = (
           SELECT s.acd_id FROM ${table} s JOIN acd a ON a.acd_id = s.acd_id
           WHERE s.${dueColumn} <= $2 AND (s.owner IS NULL OR s.lease_expires_at_ms < $2) AND (${isWorkedFor})
           ORDER BY s.${dueColumn}, s.acd_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED)
         RETURNING l.*, acd.deleted, acd.configuration`,
        [o.owner, o.nowMs, o.leaseMs, o.dataServer],
      );
      const row = rows[0];
      if (!row) return null;
      const acd = { ...row.configuration, deleted: row.deleted };
      return { lease: { acd, owner: o.owner, epoch: row.epoch, failures: row.failures }, row };
    },
    async hold(client, { acd, owner, epoch }, o) {
      const { rows } = await client.query<{ deleted: boolean; data_server: string | null }>(
        `UPDATE ${table} l SET lease_expires_at_ms = $4::bigint + $5::bigint
         FROM acd WHERE l.acd_id = $1 AND l.owner = $2 AND l.epoch = $3 AND acd.acd_id = l.acd_id
         RETURNING acd.deleted, acd.data_servers->>'${role}' AS data_server`,
        [acd.acdId, owner, epoch, o.nowMs, o.leaseMs],
      );
      const now = rows[0];
      if (!now) {
        const what = `The lease on ${role} of ACD ${acd.acdId} went to another replica`;
        throw new LeaseLostError(`${what}; what this one was about to commit is refused.`);
      }
      if (now.deleted !== acd.deleted || now.data_server !== dataServerOf(acd, role)) {
        throw new LeaseRevokedError(`ACD ${acd.acdId} is no longer this worker's: its ${role} is handed back.`);
      }
    },
    async handBack(client, { acd, owner, epoch }) {
      await client.query(
        `UPDATE ${table} SET owner = NULL, lease_expires_at_ms = NULL WHERE acd_id = $1 AND owner = $2 AND epoch = $3`,
        [acd.acdId, owner, epoch],
      );
    },
    async makeFailedDue(tx, acdIds) {
      await tx.query(`UPDATE ${table} SET ${dueColumn} = 0 WHERE acd_id = ANY($1::uuid[]) AND failures > 0`, [acdIds]);
    },
  };
}
