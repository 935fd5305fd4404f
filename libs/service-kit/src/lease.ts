import { randomUUID } from 'node:crypto';
import type { SqlClient } from './pool.ts';

export interface LeaseOptions {
  pool: SqlClient;
  /** What is leased, unique in the service's schema, e.g. `refresh:${acdId}` */
  name: string;
  /** How long a holder that went silent keeps it; by the clock of the database */
  ttlMs: number;
  /** Who asks; default: a random id of this object */
  holder?: string;
}

/** Work that one of N replicas does. Migration 0002_lease.sql of the kit creates the table. */
export interface Lease {
  /** The fencing epoch if it is ours now (also when it was already), null while somebody else holds it. */
  acquire(): Promise<number | null>;
  /** Extends it; false when it was lost, then the work must stop. */
  renew(): Promise<boolean>;
  /** Gives it up at once; nothing happens if it is not ours any more. */
  release(): Promise<void>;
  /** Throws LeaseLostError unless it is still ours under this epoch; locks the row until the transaction `tx` ends. */
  assertHeld(tx: SqlClient): Promise<void>;
  /** What `acquire` gave last, null after `release` or a failed `renew`. */
  readonly epoch: number | null;
}

/** Somebody else took the lease over: what was about to be committed must not be. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** A lease in table `lease`. The epoch only grows, so a paused holder that wakes up is recognised by its old one. */
export function createLease(o: LeaseOptions): Lease {
  const holder = o.holder ?? randomUUID();
  let epoch: number | null = null;
  return {
    get epoch() {
      return epoch;
    },
    async acquire() {
      const { rows } = await o.pool.query<{ epoch: number }>(
        `INSERT INTO lease AS l (name, epoch, holder, expires_at)
         VALUES ($1, 1, $2, now() + $3 * interval '1 millisecond')
         ON CONFLICT (name) DO UPDATE SET
           epoch = CASE WHEN l.holder = $2 AND l.expires_at > now() THEN l.epoch ELSE l.epoch + 1 END,
           holder = $2, expires_at = now() + $3 * interval '1 millisecond'
         WHERE l.holder = $2 OR l.holder IS NULL OR l.expires_at <= now()
         RETURNING epoch`,
        [o.name, holder, o.ttlMs],
      );
      epoch = rows[0]?.epoch ?? null;
      return epoch;
    },
    async renew() {
      const { rowCount } = await o.pool.query(
        `UPDATE lease SET expires_at = now() + $4 * interval '1 millisecond'
         WHERE name = $1 AND holder = $2 AND epoch = $3 AND expires_at > now()`,
        [o.name, holder, epoch, o.ttlMs],
      );
      if (rowCount !== 1) epoch = null;
      return rowCount === 1;
    },
    async release() {
      await o.pool.query(
        'UPDATE lease SET holder = NULL, expires_at = now() WHERE name = $1 AND holder = $2 AND epoch = $3',
        [o.name, holder, epoch],
      );
      epoch = null;
    },
    async assertHeld(tx) {
      const { rowCount } = await tx.query(
        'SELECT 1 FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3 FOR UPDATE',
        [o.name, holder, epoch],
      );
      if (rowCount !== 1) throw new LeaseLostError(`The lease '${o.name}' is held by somebody else now.`);
    },
  };
}
