import type { SqlClient } from '@wxcc-wfo/service-kit';
import { OUTBOX_SHARDS } from './outbox.ts';

/**
 * Shares the shards fairly among the replicas that are alive. The lease only avoids double work: what keeps an old
 * owner from publishing behind a new one is Kafka's fencing of the shard's transactional id.
 */
export interface LeaseBook {
  /** Renews, hands over or takes leases; gives the shards that this owner holds now. */
  balance(): Promise<Set<number>>;
  release(shard: number): Promise<void>;
  leave(): Promise<void>;
}

export function createLeaseBook(db: SqlClient, o: { owner: string; leaseMs: number }): LeaseBook {
  let known = false;
  return {
    async balance() {
      if (!known) {
        await db.query(
          'INSERT INTO relay_lease (shard) SELECT generate_series(0, $1::int - 1) ON CONFLICT DO NOTHING',
          [OUTBOX_SHARDS],
        );
        known = true;
      }
      await db.query(
        `INSERT INTO relay_member (owner, expires_at) VALUES ($1, now() + $2::int * interval '1 millisecond')
         ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at`,
        [o.owner, o.leaseMs],
      );
      const { rows } = await db.query<{ shard: number }>(BALANCE, [o.owner, o.leaseMs, OUTBOX_SHARDS]);
      return new Set(rows.map((row) => row.shard));
    },
    async release(shard) {
      await db.query(`UPDATE relay_lease SET owner = NULL, expires_at = '-infinity' WHERE shard = $1 AND owner = $2`, [
        shard,
        o.owner,
      ]);
    },
    async leave() {
      await db.query(
        `WITH gone AS (DELETE FROM relay_member WHERE owner = $1)
         UPDATE relay_lease SET owner = NULL, expires_at = '-infinity' WHERE owner = $1`,
        [o.owner],
      );
    },
  };
}

// My quota is my rank among the living: the first ones take one more if the shards don't divide evenly.
// Of my own leases the lowest shards stay, the rest is handed over by not renewing it (released by the caller's loop);
// then free or expired ones are taken up to the quota. SKIP LOCKED: two replicas never wait for each other here.
const BALANCE = `
  WITH dead AS (
    DELETE FROM relay_member WHERE expires_at < now() - interval '1 minute'
  ), alive AS (
    SELECT owner, row_number() OVER (ORDER BY owner) - 1 AS rank, count(*) OVER () AS members
    FROM relay_member WHERE expires_at >= now() OR owner = $1
  ), quota AS (
    SELECT ($3::int / members + CASE WHEN rank < $3::int % members THEN 1 ELSE 0 END)::int AS n FROM alive WHERE owner = $1
  ), mine AS (
    SELECT shard, row_number() OVER (ORDER BY shard) AS nth FROM relay_lease WHERE owner = $1 AND expires_at >= now()
  ), free AS (
    SELECT shard FROM relay_lease
    WHERE owner IS NULL OR expires_at < now()
    ORDER BY shard
    LIMIT greatest(0, (SELECT n FROM quota) - (SELECT count(*) FROM mine))
    FOR UPDATE SKIP LOCKED
  ), wanted AS (
    SELECT shard FROM mine WHERE nth <= (SELECT n FROM quota)
    UNION ALL
    SELECT shard FROM free
  )
  UPDATE relay_lease l
  SET owner = $1, expires_at = now() + $2::int * interval '1 millisecond',
      epoch = l.epoch + CASE WHEN l.owner IS DISTINCT FROM $1 THEN 1 ELSE 0 END
  FROM wanted w WHERE l.shard = w.shard AND (l.owner = $1 OR l.owner IS NULL OR l.expires_at < now())
  RETURNING l.shard`;
