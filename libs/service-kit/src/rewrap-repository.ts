import type { SqlClient } from './pool.ts';

/** A column of sealed texts, and what binds each of them to its row. */
export interface SealedTarget {
  table: string;
  /** The primary key. */
  keyColumns: readonly string[];
  /** `v1.<key id>.…`, or null where there is nothing to seal. */
  column: string;
  /** What `binding` reads beside the key. */
  bindingColumns?: readonly string[];
  /** The associated data that the text was sealed with. The row has the key and the binding columns. */
  // biome-ignore lint/suspicious/noExplicitAny: a row of the target's own table
  binding(row: Record<string, any>): string;
}

/** A sealed text with the row's key and binding columns. */
export interface SealedRow {
  row: Record<string, unknown>;
  key: unknown[];
  sealed: string;
}

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;

/** The statements of a target, whose names come from code and are checked all the same. */
export interface SealedRows {
  /** How many texts each other key than `currentKeyId` has sealed; costs little while there are none. */
  countByOtherKey(sql: SqlClient, currentKeyId: string): Promise<Record<string, number>>;
  /** Up to `limit` texts of those keys, in the order of the primary key, beginning after `after`. */
  page(sql: SqlClient, o: { keyIds: readonly string[]; after: unknown[] | null; limit: number }): Promise<SealedRow[]>;
  /** Replaces exactly this text; false when somebody wrote another one meanwhile, which is newer and stays. */
  replace(sql: SqlClient, o: { key: unknown[]; sealed: string; by: string }): Promise<boolean>;
}

export function sealedRows(target: SealedTarget): SealedRows {
  const { table, keyColumns, column, bindingColumns = [] } = target;
  for (const name of [table, column, ...keyColumns, ...bindingColumns]) {
    if (!IDENTIFIER.test(name)) throw new TypeError(`Not a name of a table or column: '${name}'.`);
  }
  const keyId = `split_part(${column}, '.', 2)`;
  const keys = keyColumns.join(', ');
  const parameters = keyColumns.map((_, index) => `$${index + 1}`).join(', ');
  const next = keyColumns.length;

  return {
    async countByOtherKey(sql, currentKeyId) {
      // Steps from one key id to the next instead of counting every row: with an index on the expression it reads a
      // handful of rows however large the table is.
      const found = await sql.query<{ key_id: string }>(
        `WITH RECURSIVE ids AS (
           (SELECT ${keyId} AS key_id FROM ${table} WHERE ${column} IS NOT NULL ORDER BY 1 LIMIT 1)
           UNION ALL
           SELECT (SELECT ${keyId} FROM ${table} WHERE ${column} IS NOT NULL AND ${keyId} > ids.key_id ORDER BY 1 LIMIT 1)
           FROM ids WHERE ids.key_id IS NOT NULL)
         SELECT key_id FROM ids WHERE key_id IS NOT NULL AND key_id <> $1`,
        [currentKeyId],
      );
      if (found.rows.length === 0) return {};
      const counted = await sql.query<{ key_id: string; count: number }>(
        `SELECT ${keyId} AS key_id, count(*)::int AS count FROM ${table}
         WHERE ${column} IS NOT NULL AND ${keyId} = ANY($1::text[]) GROUP BY 1`,
        [found.rows.map((row) => row.key_id)],
      );
      return Object.fromEntries(counted.rows.map((row) => [row.key_id, row.count]));
    },

    async page(sql, { keyIds, after, limit }) {
      const beyond = after ? `AND (${keys}) > (${parameters})` : '';
      const first = after ? next : 0;
      const { rows } = await sql.query<Record<string, unknown>>(
        `SELECT ${[...new Set([...keyColumns, ...bindingColumns])].join(', ')}, ${column} AS sealed_text FROM ${table}
         WHERE ${column} IS NOT NULL AND ${keyId} = ANY($${first + 1}::text[]) ${beyond}
         ORDER BY ${keys} LIMIT $${first + 2}`,
        [...(after ?? []), keyIds, limit],
      );
      return rows.map((row) => ({
        row,
        key: keyColumns.map((name) => row[name]),
        sealed: row.sealed_text as string,
      }));
    },

    async replace(sql, { key, sealed, by }) {
      const where = keyColumns.map((name, index) => `${name} = $${index + 1}`).join(' AND ');
      const { rowCount } = await sql.query(
        `UPDATE ${table} SET ${column} = $${next + 2} WHERE ${where} AND ${column} = $${next + 1}`,
        [...key, sealed, by],
      );
      return rowCount === 1;
    },
  };
}
