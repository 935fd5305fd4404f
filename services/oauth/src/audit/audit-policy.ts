/** What an audit entry says about a change (ACD-06): values before and after, of a secret only that it was changed. */

export type AuditValue = null | boolean | number | string | AuditValue[] | { [field: string]: AuditValue };

export interface AuditChange {
  field: string;
  before: AuditValue;
  after: AuditValue;
}

/** Stands for a secret that was set or replaced. */
export const SECRET_CHANGED = 'changed';

/** Fields whose value is never written down, wherever they stand. */
const SECRET_FIELDS =
  /(^|[^a-z])(api_?key|(client_?)?secret|(access_?|refresh_?)?token|code|code_?verifier|password)$/i;

/** That a secret was set, replaced or (`removed`) taken away. */
export function secretChange(field: string, what: 'changed' | 'removed' = SECRET_CHANGED): AuditChange {
  return { field, before: null, after: what };
}

/** The fields in which two states differ, in the order of `after`; a missing field counts as null. */
export function changesBetween(
  before: Record<string, AuditValue | undefined>,
  after: Record<string, AuditValue | undefined>,
): AuditChange[] {
  const fields = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return fields
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
    .filter((change) => canonical(change.before) !== canonical(change.after));
}

/** JSON with sorted keys: what came from a jsonb column has an order of its own. */
function canonical(value: AuditValue): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The names of secret fields that carry a value; such an entry must not be written. */
export function secretsIn(changes: AuditChange[]): string[] {
  const harmless = (value: AuditValue) => value === null || value === SECRET_CHANGED || value === 'removed';
  return changes
    .filter(({ field, before, after }) => SECRET_FIELDS.test(field) && !(harmless(before) && harmless(after)))
    .map(({ field }) => field);
}
