import type { AcdVariant } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import { quotaKeyOfAccount } from '../clients/client-repository.ts';
import type { Acd, AuthorizationState } from './acd.ts';

const COLUMNS = `a.acd_id, a.tenant_id, a.variant, a.client_ref, c.quota_key, a.revision, a.name, a.webex_org_id,
  a.username, a.api_url, a.media_api_url, a.configuration, a.data_servers, a.authorization_state, a.deleted, a.dropped_token_version,
  k.version AS key_version, k.changed_at_ms AS key_set_at_ms, a.created_at_ms, a.changed_at_ms`;
const FROM = 'FROM acd a LEFT JOIN oauth_client c USING (client_ref) LEFT JOIN acd_api_key k ON k.acd_id = a.acd_id';

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
  data_servers: Acd['dataServers'];
  authorization_state: AuthorizationState;
  deleted: boolean;
  dropped_token_version: number;
  key_version: number | null;
  key_set_at_ms: number | null;
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
    dataServers: row.data_servers,
    authorization: row.authorization_state,
    deleted: row.deleted,
    droppedTokenVersion: row.dropped_token_version,
    apiKey: row.key_version === null ? null : { version: row.key_version, setAtMs: Number(row.key_set_at_ms) },
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
  };
}

/** Inserts a new ACD; a unique constraint refuses a second one of the same name or organization. */
export async function insertAcd(tx: SqlClient, acd: Acd): Promise<void> {
  await tx.query(
    `INSERT INTO acd (acd_id, tenant_id, variant, client_ref, revision, name, webex_org_id, username, api_url,
       media_api_url, configuration, data_servers, authorization_state, deleted, created_at_ms, changed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
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
      JSON.stringify(acd.dataServers),
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

/** The active ACD of the tenant that has an organization or a name already. */
export async function findTwin(
  sql: SqlClient,
  of: { tenantId: string; acdId: string } & ({ webexOrgId: string } | { name: string }),
): Promise<{ acdId: string; name: string } | undefined> {
  const { rows } = await sql.query(
    `SELECT acd_id, name FROM acd WHERE tenant_id = $1 AND acd_id <> $2 AND NOT deleted
       AND ($3::text IS NULL OR webex_org_id = $3) AND ($4::text IS NULL OR lower(name) = lower($4))`,
    [of.tenantId, of.acdId, 'webexOrgId' in of ? of.webexOrgId : null, 'name' in of ? of.name : null],
  );
  return rows[0] && { acdId: rows[0].acd_id, name: rows[0].name };
}

/** Stores an ACD as it is now; the row must be locked and the revision grown. */
export async function updateAcd(tx: SqlClient, acd: Acd): Promise<void> {
  await tx.query(
    `UPDATE acd SET variant = $2, client_ref = $3, revision = $4, name = $5, webex_org_id = $6, username = $7,
       api_url = $8, media_api_url = $9, configuration = $10, authorization_state = $11, deleted = $12, changed_at_ms = $13
     WHERE acd_id = $1`,
    [
      acd.acdId,
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
      acd.changedAtMs,
    ],
  );
}

/**
 * Stores a new authorization state as a new revision, with its audit entry, and gives the ACD as it is then. The row
 * must be locked. `subject`: who did it, for the audit trail.
 */
export async function changeAuthorization(
  tx: SqlClient,
  acd: Acd,
  authorization: AuthorizationState,
  nowMs: number,
  subject = 'system:token-upkeep',
): Promise<Acd> {
  const changed = { ...acd, authorization, revision: acd.revision + 1, changedAtMs: nowMs };
  await tx.query('UPDATE acd SET authorization_state = $2, revision = $3, changed_at_ms = $4 WHERE acd_id = $1', [
    acd.acdId,
    authorization,
    changed.revision,
    nowMs,
  ]);
  await appendAudit(tx, {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    subject,
    action: 'authorization-changed',
    changes: [{ field: 'authorization', before: acd.authorization, after: authorization }],
    occurredAtMs: nowMs,
  });
  return changed;
}
