import { readAsTenant, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { nameKey } from '../duplicates/name-key.ts';
import { decodeCursor, isTextAndId, pageOf } from './cursor.ts';

interface NamedListing {
  /** `SELECT … FROM …` and its joins; the table that is listed is `x`. A constant of the caller. */
  select: string;
  idColumn: string;
  /** Conditions beside tenant, name and place, with `?` for each value; those without a value are left out. */
  conditions: readonly (readonly [condition: string, value: unknown])[];
  tenantId: string;
  /** Beginning of the name. */
  name: string | undefined;
  after: { nameKey: string; id: string } | null;
  limit: number;
}

// Behind every text that begins with the prefix: no name holds this character.
const LAST = '\u{10ffff}';

/** What a caller of a list by name may ask for beside its filters. */
interface PageRequest {
  tenantId: string;
  cursor?: string | undefined;
  limit?: number | undefined;
  name?: string | undefined;
}

/** A page of a tenant's things in order of their names. */
export async function pageByName<T>(
  pool: Pool,
  { tenantId, cursor, limit = 50, name }: PageRequest,
  o: Pick<NamedListing, 'select' | 'idColumn' | 'conditions'> & { view(row: Record<string, unknown>): T },
): Promise<{ items: T[]; nextCursor: string | null }> {
  const place = decodeCursor<[string, string]>(cursor, isTextAndId);
  const after = place && { nameKey: place[0], id: place[1] };
  const rows = await readAsTenant(pool, { tenantId }, (sql) =>
    listByName(sql, { ...o, tenantId, name, after, limit: limit + 1 }),
  );
  const page = pageOf(rows, limit, (row) => [row.name_key as string, row[o.idColumn] as string]);
  return { items: page.items.map((row) => o.view(row)), nextCursor: page.nextCursor };
}

/** Rows of a tenant in order of their names, behind `after`; the index on (tenant_id, name_key, id) serves it. */
async function listByName(sql: SqlClient, o: NamedListing): Promise<Record<string, unknown>[]> {
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
