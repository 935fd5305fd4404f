import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { WorkerOf } from '../roles/worker-of.ts';
import type { KeptSubscription } from './subscription-policy.ts';

export type StoredSubscription = KeptSubscription & { checkedAtMs: number };

export async function readSubscription(sql: SqlClient, acdId: string): Promise<StoredSubscription | null> {
  const { rows } = await sql.query<{
    webex_subscription_id: string | null;
    state: KeptSubscription['state'];
    checked_at_ms: number;
  }>('SELECT webex_subscription_id, state, checked_at_ms FROM webhook_subscription WHERE acd_id = $1', [acdId]);
  const row = rows[0];
  return row
    ? { webexSubscriptionId: row.webex_subscription_id, state: row.state, checkedAtMs: row.checked_at_ms }
    : null;
}

export async function readSealedSecret(sql: SqlClient, acdId: string): Promise<string | null> {
  const { rows } = await sql.query<{ secret_sealed: string }>(
    'SELECT secret_sealed FROM webhook_subscription WHERE acd_id = $1',
    [acdId],
  );
  return rows[0]?.secret_sealed ?? null;
}

/** The intent, with the secret, before Webex is asked: a webhook may come before the answer does. */
export async function beginSubscription(
  sql: SqlClient,
  owner: { acdId: string; tenantId: string },
  o: { destinationUrl: string; secretSealed: string; nowMs: number },
): Promise<void> {
  await sql.query(
    `INSERT INTO webhook_subscription (acd_id, tenant_id, destination_url, secret_sealed, state, checked_at_ms)
     VALUES ($1, $2, $3, $4, 'creating', $5) ON CONFLICT (acd_id) DO UPDATE SET webex_subscription_id = NULL,
       destination_url = excluded.destination_url, secret_sealed = excluded.secret_sealed, state = 'creating',
       checked_at_ms = excluded.checked_at_ms, last_error = NULL`,
    [owner.acdId, owner.tenantId, o.destinationUrl, o.secretSealed, o.nowMs],
  );
}

/**
 * Confirms the subscription that was created with this secret. False: another replica has written its own since (our
 * lease ran out while Webex was slow), or the ACD was taken back; what was created would be refused here.
 */
export async function confirmSubscription(
  sql: SqlClient,
  acdId: string,
  created: { subscriptionId: string; secretSealed: string },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE webhook_subscription SET webex_subscription_id = $2, state = 'active'
     WHERE acd_id = $1 AND secret_sealed = $3`,
    [acdId, created.subscriptionId, created.secretSealed],
  );
  return rowCount === 1;
}

export async function noteCheck(
  sql: SqlClient,
  acdId: string,
  o: { nowMs: number; error: string | null },
): Promise<void> {
  await sql.query('UPDATE webhook_subscription SET checked_at_ms = $2, last_error = $3 WHERE acd_id = $1', [
    acdId,
    o.nowMs,
    o.error,
  ]);
}

export async function noteEvent(sql: SqlClient, acdId: string, nowMs: number): Promise<void> {
  await sql.query('UPDATE webhook_subscription SET last_event_at_ms = $2 WHERE acd_id = $1', [acdId, nowMs]);
}

/** The end of a subscription; a deleted ACD also loses the token that was kept to take it back with. */
export async function forgetSubscription(sql: SqlClient, acdId: string): Promise<void> {
  await sql.query(
    `WITH gone AS (DELETE FROM webhook_subscription WHERE acd_id = $1)
     DELETE FROM access_token t USING acd WHERE t.acd_id = $1 AND acd.acd_id = t.acd_id AND acd.deleted`,
    [acdId],
  );
}

/** An ACD and the revision of it that was seen. */
export interface TendedAcd {
  acdId: string;
  revision: number;
}

/**
 * ACDs whose subscription is to be looked after: worked for by this worker and due; or deleted, or with the role
 * switched off, while one is left, which any worker takes back. `except`: those that have not changed since. At most
 * `limit`.
 */
export async function listAcdsToTend(
  sql: SqlClient,
  o: WorkerOf & { checkedBeforeMs: number; except: readonly TendedAcd[]; limit: number },
): Promise<TendedAcd[]> {
  const { rows } = await sql.query<{ acd_id: string; revision: number }>(
    `SELECT acd.acd_id, acd.revision FROM acd LEFT JOIN webhook_subscription w USING (acd_id)
     WHERE NOT EXISTS (SELECT FROM unnest($2::uuid[], $6::int[]) AS e(acd_id, revision)
                       WHERE e.acd_id = acd.acd_id AND e.revision >= acd.revision) AND (
       (acd.active AND acd.data_servers->>$4::text = $5 AND coalesce(w.checked_at_ms, 0) <= $1)
       OR (acd.active AND acd.data_servers->>$4::text IS NULL AND w.acd_id IS NOT NULL)
       OR (acd.deleted AND w.acd_id IS NOT NULL))
     ORDER BY coalesce(w.checked_at_ms, 0), acd.acd_id LIMIT $3`,
    [
      o.checkedBeforeMs,
      o.except.map(({ acdId }) => acdId),
      o.limit,
      o.role,
      o.dataServer,
      o.except.map(({ revision }) => revision),
    ],
  );
  return rows.map((row) => ({ acdId: row.acd_id, revision: row.revision }));
}
