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
  /** Grows with every entry; a cursor of the list. */
  entryId: number;
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
  targetKind?: string | undefined;
  targetId?: string | undefined;
}

/** A page of the tenant's entries, newest first, older than `beforeEntryId`. */
export async function listAudit(
  sql: SqlClient,
  filter: AuditFilter,
  page: { beforeEntryId: number | null; limit: number },
): Promise<StoredAuditEntry[]> {
  const { rows } = await sql.query(
    `SELECT * FROM audit_entry
     WHERE ($1::uuid IS NULL OR acd_id = $1) AND ($2::text IS NULL OR target_kind = $2)
       AND ($3::uuid IS NULL OR target_id = $3) AND ($4::bigint IS NULL OR entry_id < $4)
     ORDER BY entry_id DESC LIMIT $5`,
    [filter.acdId ?? null, filter.targetKind ?? null, filter.targetId ?? null, page.beforeEntryId, page.limit],
  );
  return rows.map((row) => ({
    entryId: Number(row.entry_id),
    tenantId: row.tenant_id,
    acdId: row.acd_id,
    subject: row.subject,
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id },
    changes: row.changes,
    occurredAtMs: Number(row.occurred_at_ms),
  }));
}
