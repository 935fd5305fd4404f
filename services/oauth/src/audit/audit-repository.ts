import type { SqlClient } from '@wxcc-wfo/service-kit';
import { type AuditChange, secretsIn } from './audit-policy.ts';

export { type AuditChange, changesBetween, SECRET_CHANGED, secretChange } from './audit-policy.ts';

export interface NewAuditEntry {
  tenantId: string;
  /** The ACD that it is about, or null. */
  acdId: string | null;
  /** The client record that it is about. */
  clientRef?: string | null;
  /** Who: the subject of the caller, or `system:<what>` for what no person did. */
  subject: string;
  /** What was done, `acd-created`: a thing and a past participle. */
  action: string;
  /** A secret stands here as `secretChange(field)`. */
  changes: AuditChange[];
  occurredAtMs: number;
}

export interface AuditEntry extends NewAuditEntry {
  auditId: string;
  clientRef: string | null;
}

/**
 * Writes one entry of the audit trail, in the transaction of the change that it tells about.
 * @throws TypeError when a secret field carries a value; nothing may be saved then
 */
export async function appendAudit(tx: SqlClient, entry: NewAuditEntry): Promise<void> {
  const secrets = secretsIn(entry.changes);
  if (secrets.length > 0) throw new TypeError(`The audit entry would hold secrets: ${secrets.join(', ')}.`);
  await tx.query(
    `INSERT INTO audit_entry (tenant_id, acd_id, client_ref, subject, action, changes, occurred_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      entry.tenantId,
      entry.acdId,
      entry.clientRef ?? null,
      entry.subject,
      entry.action,
      JSON.stringify(entry.changes),
      entry.occurredAtMs,
    ],
  );
}

export interface AuditFilter {
  acdId?: string | undefined;
  clientRef?: string | undefined;
  subject?: string | undefined;
  /** Half-open. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

/** Entries of the tenant, the newest first, older than `beforeId`. For readAsTenant. */
export async function listAudit(
  sql: SqlClient,
  filter: AuditFilter,
  page: { beforeId: string | null; limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await sql.query(
    `SELECT * FROM audit_entry
     WHERE ($1::uuid IS NULL OR acd_id = $1) AND ($2::uuid IS NULL OR client_ref = $2)
       AND ($3::text IS NULL OR subject = $3) AND ($4::bigint IS NULL OR occurred_at_ms >= $4)
       AND ($5::bigint IS NULL OR occurred_at_ms < $5) AND ($6::bigint IS NULL OR audit_id < $6)
     ORDER BY audit_id DESC LIMIT $7`,
    [
      filter.acdId ?? null,
      filter.clientRef ?? null,
      filter.subject ?? null,
      filter.fromMs ?? null,
      filter.toMs ?? null,
      page.beforeId,
      page.limit,
    ],
  );
  return rows.map((row) => ({
    auditId: String(row.audit_id),
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string | null,
    clientRef: row.client_ref as string | null,
    subject: row.subject as string,
    action: row.action as string,
    changes: row.changes as AuditChange[],
    occurredAtMs: Number(row.occurred_at_ms),
  }));
}
