import type { SqlClient } from '@wxcc-wfo/service-kit';

/** One field that an operator changed. */
export interface AuditChange {
  field: string;
  before: unknown;
  after: unknown;
}

export const AUDIT_TARGETS = ['user', 'team', 'role', 'duplicate', 'merge', 'settings', 'run'] as const;
export type AuditTarget = (typeof AUDIT_TARGETS)[number];

/** What somebody did by hand; the runs' own changes are in their records. */
export interface AuditEntry {
  tenantId: string;
  /** Null for what belongs to the tenant, such as a role. */
  acdId: string | null;
  /** Who: the credential's subject. */
  subject: string;
  /** Thing and verb, such as `user-edited`. */
  action: string;
  target: { kind: AuditTarget; id: string };
  changes: AuditChange[];
  occurredAtMs: number;
}

export interface StoredAuditEntry extends AuditEntry {
  /** Grows with every entry. */
  auditId: number;
}

/** Adds an entry in the transaction of the change that it tells of. Entries are never changed or removed. */
export async function appendAudit(tx: SqlClient, entry: AuditEntry): Promise<void> {
  await tx.query(
    `INSERT INTO audit_entry (tenant_id, acd_id, subject, action, target_kind, target_id, changes, occurred_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      entry.tenantId,
      entry.acdId,
      entry.subject,
      entry.action,
      entry.target.kind,
      entry.target.id,
      JSON.stringify(entry.changes),
      entry.occurredAtMs,
    ],
  );
}

export interface AuditFilter {
  acdId?: string | undefined;
  subject?: string | undefined;
  targetKind?: string | undefined;
  targetId?: string | undefined;
}

const CONDITIONS: Record<keyof AuditFilter, string> = {
  acdId: 'acd_id = ?::uuid',
  subject: 'subject = ?',
  targetKind: 'target_kind = ?',
  targetId: 'target_id = ?::uuid',
};

/** A page of the tenant's entries, newest first, older than `beforeId`. */
export async function listAudit(
  sql: SqlClient,
  tenantId: string,
  o: { filter: AuditFilter; beforeId: number | null; limit: number },
): Promise<StoredAuditEntry[]> {
  const values: unknown[] = [tenantId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = ['tenant_id = $1'];
  for (const [name, value] of Object.entries(o.filter) as [keyof AuditFilter, string | undefined][]) {
    if (value !== undefined) where.push(CONDITIONS[name].replace('?', bind(value)));
  }
  if (o.beforeId !== null) where.push(`audit_id < ${bind(o.beforeId)}`);
  const { rows } = await sql.query(
    `SELECT * FROM audit_entry WHERE ${where.join(' AND ')} ORDER BY audit_id DESC LIMIT ${bind(o.limit)}`,
    values,
  );
  return rows.map((row) => ({
    auditId: Number(row.audit_id),
    tenantId: row.tenant_id,
    acdId: row.acd_id,
    subject: row.subject,
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id },
    changes: row.changes,
    occurredAtMs: Number(row.occurred_at_ms),
  }));
}
