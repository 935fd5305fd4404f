import type { AcdVariant } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { quotaKeyOfAccount } from '../clients/client-repository.ts';
import type { Acd, AuthorizationState } from './acd.ts';

const COLUMNS = `a.acd_id, a.tenant_id, a.variant, a.client_ref, c.quota_key, a.revision, a.name, a.webex_org_id,
  a.username, a.api_url, a.media_api_url, a.configuration, a.authorization_state, a.deleted, a.dropped_token_version,
  a.created_at_ms, a.changed_at_ms`;
const FROM = 'FROM acd a LEFT JOIN oauth_client c USING (client_ref)';

interface AcdRow {
  acd_id: string;
  tenant_id: string;
  variant: AcdVariant;
  client_ref: string | null;
  quota_key: string | null;
  revision: number;
  name: string;
  webex_org_id: string;
  username: string;
  api_url: string;
  media_api_url: string | null;
  configuration: Acd['configuration'];
  authorization_state: AuthorizationState;
  deleted: boolean;
  dropped_token_version: number;
  created_at_ms: number;
  changed_at_ms: number;
}

function toAcd(row: AcdRow): Acd {
  return {
    acdId: row.acd_id,
    tenantId: row.tenant_id,
    variant: row.variant,
    clientRef: row.client_ref,
    quotaKey: row.quota_key ?? quotaKeyOfAccount(row.username, row.api_url),
    revision: row.revision,
    name: row.name,
    webexOrgId: row.webex_org_id,
    username: row.username,
    apiUrl: row.api_url,
    mediaApiUrl: row.media_api_url,
    configuration: row.configuration,
    authorization: row.authorization_state,
    deleted: row.deleted,
    droppedTokenVersion: row.dropped_token_version,
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  };
}

/** Inserts a new ACD; a unique constraint refuses a second one of the same name or organization. */
export async function insertAcd(tx: SqlClient, acd: Acd): Promise<void> {
  await tx.query(
    `INSERT INTO acd (acd_id, tenant_id, variant, client_ref, revision, name, webex_org_id, username, api_url,
       media_api_url, configuration, authorization_state, deleted, created_at_ms, changed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      acd.acdId,
      acd.tenantId,
      acd.variant,
      acd.clientRef,
      acd.revision,
      acd.name,
      acd.webexOrgId,
      acd.username,
      acd.apiUrl,
      acd.mediaApiUrl,
      JSON.stringify(acd.configuration),
      acd.authorization,
      acd.deleted,
      acd.createdAtMs,
      acd.changedAtMs,
    ],
  );
}

/** One ACD, or undefined. `lock` takes the row lock under which its events are written (rule 2). */
export async function findAcd(sql: SqlClient, acdId: string, lock = false): Promise<Acd | undefined> {
  const { rows } = await sql.query(`SELECT ${COLUMNS} ${FROM} WHERE a.acd_id = $1 ${lock ? 'FOR UPDATE OF a' : ''}`, [
    acdId,
  ]);
  return rows[0] ? toAcd(rows[0] as AcdRow) : undefined;
}

/** A page of the tenant's ACDs in order of their names, beginning after `afterName`. */
export async function listAcds(sql: SqlClient, page: { afterName: string; limit: number }): Promise<Acd[]> {
  const { rows } = await sql.query(
    `SELECT ${COLUMNS} ${FROM} WHERE NOT a.deleted AND lower(a.name) > lower($1) ORDER BY lower(a.name) LIMIT $2`,
    [page.afterName, page.limit],
  );
  return rows.map((row) => toAcd(row as AcdRow));
}

/** Stores a new authorization state as a new revision and gives the ACD as it is then. The row must be locked. */
export async function changeAuthorization(
  tx: SqlClient,
  acd: Acd,
  authorization: AuthorizationState,
  nowMs: number,
): Promise<Acd> {
  const changed = { ...acd, authorization, revision: acd.revision + 1, changedAtMs: nowMs };
  await tx.query('UPDATE acd SET authorization_state = $2, revision = $3, changed_at_ms = $4 WHERE acd_id = $1', [
    acd.acdId,
    authorization,
    changed.revision,
    nowMs,
  ]);
  return changed;
}
