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
