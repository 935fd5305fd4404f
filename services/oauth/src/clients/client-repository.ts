import { createHash } from 'node:crypto';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/** Client credentials that one or several ACDs use. */
export interface OAuthClientRecord {
  clientRef: string;
  tenantId: string;
  name: string;
  webexClientId: string;
  sealedSecret: string;
  quotaKey: string;
  revision: number;
  createdAtMs: number;
  changedAtMs: number;
}

/** Names a client’s request budget without telling the client id. ACDs and tenants of one client id share it. */
export function quotaKeyOf(webexClientId: string): string {
  return createHash('sha256').update(webexClientId).digest('hex').slice(0, 16);
}

/** Names the request budget of an account that uses an API key: the account at that host. */
export function quotaKeyOfAccount(username: string, apiUrl: string): string {
  return quotaKeyOf(`${username.toLowerCase()} ${URL.parse(apiUrl)?.host ?? apiUrl}`);
}

/** What binds a sealed client secret to its record. */
export function secretBinding(clientRef: string): string {
  return `oauth-client:${clientRef}`;
}

/** Inserts a client; the name is unique within the tenant. */
export async function insertClient(sql: SqlClient, client: OAuthClientRecord): Promise<void> {
  await sql.query(
    `INSERT INTO oauth_client (client_ref, tenant_id, name, webex_client_id, sealed_secret, quota_key, created_at_ms,
       changed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      client.clientRef,
      client.tenantId,
      client.name,
      client.webexClientId,
      client.sealedSecret,
      client.quotaKey,
      client.createdAtMs,
      client.changedAtMs,
    ],
  );
}

/** The client of a tenant, or undefined: another tenant’s client is as good as none. */
export async function findClient(
  sql: SqlClient,
  key: { clientRef: string | null; tenantId: string },
): Promise<OAuthClientRecord | undefined> {
  const { rows } = await sql.query('SELECT * FROM oauth_client WHERE client_ref = $1 AND tenant_id = $2', [
    key.clientRef,
    key.tenantId,
  ]);
  const row = rows[0];
  if (!row) return undefined;
  return { ...toOpenRecord(row), sealedSecret: row.sealed_secret };
}

/** The client of a tenant, locked. */
export async function lockClient(
  tx: SqlClient,
  key: { clientRef: string; tenantId: string },
): Promise<OAuthClientRecord | undefined> {
  await tx.query('SELECT 1 FROM oauth_client WHERE client_ref = $1 AND tenant_id = $2 FOR UPDATE', [
    key.clientRef,
    key.tenantId,
  ]);
  return await findClient(tx, key);
}

/** Stores the name and the sealed secret of a client; the row must be locked and the revision grown. */
export async function updateClient(tx: SqlClient, client: OAuthClientRecord): Promise<void> {
  await tx.query(
    'UPDATE oauth_client SET name = $2, sealed_secret = $3, revision = $4, changed_at_ms = $5 WHERE client_ref = $1',
    [client.clientRef, client.name, client.sealedSecret, client.revision, client.changedAtMs],
  );
}

/** Deletes a client that no active ACD uses; deleted ACDs forget it. */
export async function deleteClient(tx: SqlClient, clientRef: string): Promise<void> {
  await tx.query('UPDATE acd SET client_ref = NULL WHERE client_ref = $1 AND deleted', [clientRef]);
  await tx.query('DELETE FROM oauth_client WHERE client_ref = $1', [clientRef]);
}

/** The active ACDs that use a client, by name. */
export async function listUsers(sql: SqlClient, clientRef: string): Promise<{ acdId: string; name: string }[]> {
  const { rows } = await sql.query(
    'SELECT acd_id, name FROM acd WHERE client_ref = $1 AND NOT deleted ORDER BY lower(name)',
    [clientRef],
  );
  return rows.map((row) => ({ acdId: row.acd_id, name: row.name }));
}

/** Clients of the tenant, in order of their names, beginning after `afterName`; the secret is not read. */
export async function listClients(
  sql: SqlClient,
  page: { afterName: string; limit: number },
): Promise<Omit<OAuthClientRecord, 'sealedSecret'>[]> {
  const { rows } = await sql.query(`SELECT ${OPEN_COLUMNS} FROM oauth_client WHERE name > $1 ORDER BY name LIMIT $2`, [
    page.afterName,
    page.limit,
  ]);
  return rows.map(toOpenRecord);
}

/** One client of the tenant without its secret, or undefined. */
export async function readClient(
  sql: SqlClient,
  clientRef: string,
): Promise<Omit<OAuthClientRecord, 'sealedSecret'> | undefined> {
  const { rows } = await sql.query(`SELECT ${OPEN_COLUMNS} FROM oauth_client WHERE client_ref = $1`, [clientRef]);
  return rows[0] && toOpenRecord(rows[0]);
}

/** What the reader's role may see. */
const OPEN_COLUMNS = 'client_ref, tenant_id, name, webex_client_id, quota_key, revision, created_at_ms, changed_at_ms';

function toOpenRecord(row: Record<string, unknown>): Omit<OAuthClientRecord, 'sealedSecret'> {
  return {
    clientRef: row.client_ref as string,
    tenantId: row.tenant_id as string,
    name: row.name as string,
    webexClientId: row.webex_client_id as string,
    quotaKey: row.quota_key as string,
    revision: row.revision as number,
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  };
}
