import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Owner } from '../tasks/task-repository.ts';
import type { KeptSubscription } from './subscription-policy.ts';

export type StoredSubscription = KeptSubscription & { checkedAtMs: number };

interface Row {
  webex_subscription_id: string | null;
  destination_url: string;
  state: 'creating' | 'active' | 'deleting';
  checked_at_ms: number;
}

export async function readSubscription(client: SqlClient, acdId: string): Promise<StoredSubscription | null> {
  const { rows } = await client.query<Row>(
    'SELECT webex_subscription_id, destination_url, state, checked_at_ms FROM webhook_subscription WHERE acd_id = $1',
    [acdId],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    webexSubscriptionId: row.webex_subscription_id,
    destinationUrl: row.destination_url,
    state: row.state,
    checkedAtMs: row.checked_at_ms,
  };
}

export async function readSealedSecret(client: SqlClient, acdId: string): Promise<string | null> {
  const { rows } = await client.query<{ secret_sealed: string }>(
    'SELECT secret_sealed FROM webhook_subscription WHERE acd_id = $1',
    [acdId],
  );
  return rows[0]?.secret_sealed ?? null;
}

/** The intent, with the secret, before Webex is asked: a webhook may come before the answer does. */
export async function beginSubscription(
  client: SqlClient,
  owner: Owner,
  o: { destinationUrl: string; secretSealed: string; nowMs: number },
): Promise<void> {
  await client.query(
    `INSERT INTO webhook_subscription (acd_id, tenant_id, destination_url, secret_sealed, state, checked_at_ms)
     VALUES ($1, $2, $3, $4, 'creating', $5) ON CONFLICT (acd_id) DO UPDATE SET webex_subscription_id = NULL,
       destination_url = excluded.destination_url, secret_sealed = excluded.secret_sealed, state = 'creating',
       checked_at_ms = excluded.checked_at_ms, last_error = NULL`,
    [owner.acdId, owner.tenantId, o.destinationUrl, o.secretSealed, o.nowMs],
  );
}

export async function confirmSubscription(client: SqlClient, acdId: string, subscriptionId: string): Promise<void> {
  await client.query(`UPDATE webhook_subscription SET webex_subscription_id = $2, state = 'active' WHERE acd_id = $1`, [
    acdId,
    subscriptionId,
  ]);
}

export async function noteCheck(
  client: SqlClient,
  acdId: string,
  o: { nowMs: number; error: string | null },
): Promise<void> {
  await client.query('UPDATE webhook_subscription SET checked_at_ms = $2, last_error = $3 WHERE acd_id = $1', [
    acdId,
    o.nowMs,
    o.error,
  ]);
}

/** The end of a deleted ACD's subscription, and of the token that was kept to take it back with. */
export async function forgetSubscription(client: SqlClient, acdId: string): Promise<void> {
  await client.query(
    `WITH gone AS (DELETE FROM webhook_subscription WHERE acd_id = $1) DELETE FROM token WHERE acd_id = $1`,
    [acdId],
  );
}
