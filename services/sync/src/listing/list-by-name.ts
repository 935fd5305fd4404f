import type { SqlClient } from '@wxcc-wfo/service-kit';
import { nameKey } from '../duplicates/name-key.ts';

export interface NamePlace {
  nameKey: string;
  id: string;
}

export interface NamedListing {
  /** `SELECT … FROM …` and its joins; the table that is listed is `x`. A constant of the caller. */
  select: string;
  idColumn: string;
  /** Conditions beside tenant, name and place, with `?` for each value; those without a value are left out. */
  conditions: readonly (readonly [condition: string, value: unknown])[];
  tenantId: string;
  /** Beginning of the name. */
  name: string | undefined;
  after: NamePlace | null;
  limit: number;
}

// Behind every text that begins with the prefix: no name holds this character.
const LAST = '\u{10ffff}';

/** Rows of a tenant in order of their names, behind `after`; the index on (tenant_id, name_key, id) serves it. */
export async function listByName(sql: SqlClient, o: NamedListing): Promise<Record<string, unknown>[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = [`x.tenant_id = ${bind(o.tenantId)}`];
  for (const [condition, value] of o.conditions) {
    if (value !== undefined) where.push(condition.includes('?') ? condition.replace('?', bind(value)) : condition);
  }
  if (o.name !== undefined) {
    const key = nameKey(o.name);
    // Punctuation alone begins no name.
    if (key === '') return [];
    where.push(`x.name_key >= ${bind(key)} AND x.name_key < ${bind(key + LAST)}`);
  }
  if (o.after) where.push(`(x.name_key, x.${o.idColumn}) > (${bind(o.after.nameKey)}, ${bind(o.after.id)}::uuid)`);
  const { rows } = await sql.query(
    `${o.select} WHERE ${where.join(' AND ')} ORDER BY x.name_key, x.${o.idColumn} LIMIT ${bind(o.limit)}`,
    values,
  );
  return rows;
}
