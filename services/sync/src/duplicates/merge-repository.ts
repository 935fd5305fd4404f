import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { ItemKind } from './duplicate-repository.ts';
import type { UserMerge } from './merge-policy.ts';

/** What is kept of a merge so that it can be taken back. */
export interface MergeSnapshot {
  /** The id of the ACD that each row had which now stands behind the survivor: the merged one and those merged into it. */
  keys: Record<string, string | null>;
  /** Rows that were merged into the merged one before. */
  repointed: string[];
  /** Of users. */
  wfo?: UserMerge;
}

export interface Merge {
  mergeId: string;
  seq: number;
  tenantId: string;
  acdId: string;
  kind: ItemKind;
  survivorId: string;
  mergedId: string;
  duplicateId: string | null;
  state: 'merged' | 'undone';
  snapshot: MergeSnapshot;
  mergedAtMs: number;
  mergedBy: string;
  undoneAtMs: number | null;
  undoneBy: string | null;
}

function toMerge(row: Record<string, unknown>): Merge {
  return {
    mergeId: row.merge_id as string,
    seq: Number(row.seq),
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string,
    kind: row.kind as ItemKind,
    survivorId: row.survivor_id as string,
    mergedId: row.merged_id as string,
    duplicateId: row.duplicate_id as string | null,
    state: row.state as Merge['state'],
    snapshot: row.snapshot as MergeSnapshot,
    mergedAtMs: Number(row.merged_at_ms),
    mergedBy: row.merged_by as string,
    undoneAtMs: row.undone_at_ms === null ? null : Number(row.undone_at_ms),
    undoneBy: row.undone_by as string | null,
  };
}

export async function insertMerge(
  tx: SqlClient,
  merge: Pick<
    Merge,
    | 'mergeId'
    | 'tenantId'
    | 'acdId'
    | 'kind'
    | 'survivorId'
    | 'mergedId'
    | 'duplicateId'
    | 'snapshot'
    | 'mergedAtMs'
    | 'mergedBy'
  >,
): Promise<Merge> {
  const { rows } = await tx.query(
    `INSERT INTO merge_record (merge_id, tenant_id, acd_id, kind, survivor_id, merged_id, duplicate_id, state, snapshot,
       merged_at_ms, merged_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'merged', $8, $9, $10) RETURNING *`,
    [
      merge.mergeId,
      merge.tenantId,
      merge.acdId,
      merge.kind,
      merge.survivorId,
      merge.mergedId,
      merge.duplicateId,
      JSON.stringify(merge.snapshot),
      merge.mergedAtMs,
      merge.mergedBy,
    ],
  );
  return toMerge(rows[0]!);
}

/** One merge of the tenant; `lock` takes its row lock. */
export async function findMerge(
  sql: SqlClient,
  key: { tenantId: string; mergeId: string },
  lock = false,
): Promise<Merge | undefined> {
  const { rows } = await sql.query(
    `SELECT * FROM merge_record WHERE merge_id = $1 AND tenant_id = $2 ${lock ? 'FOR UPDATE' : ''}`,
    [key.mergeId, key.tenantId],
  );
  return rows[0] && toMerge(rows[0]);
}

/** The merge that made two into one, if none took it back. */
export async function findMergeOfPair(sql: SqlClient, ids: readonly [string, string]): Promise<Merge | undefined> {
  const { rows } = await sql.query(
    `SELECT * FROM merge_record
     WHERE state = 'merged' AND merged_id = ANY ($1::uuid[]) AND survivor_id = ANY ($1::uuid[])`,
    [ids],
  );
  return rows[0] && toMerge(rows[0]);
}

/** The merge that must be undone before `merge` can be: a later one of its survivor, or the one that took its survivor. */
export async function findLaterMerge(tx: SqlClient, merge: Merge): Promise<Merge | undefined> {
  const { rows } = await tx.query(
    `SELECT * FROM merge_record
     WHERE state = 'merged' AND (survivor_id = $1 OR merged_id = $1) AND seq > $2 ORDER BY seq DESC LIMIT 1`,
    [merge.survivorId, merge.seq],
  );
  return rows[0] && toMerge(rows[0]);
}

export async function noteUndone(tx: SqlClient, mergeId: string, o: { by: string; nowMs: number }): Promise<Merge> {
  const { rows } = await tx.query(
    `UPDATE merge_record SET state = 'undone', undone_at_ms = $2, undone_by = $3, revision = revision + 1
     WHERE merge_id = $1 RETURNING *`,
    [mergeId, o.nowMs, o.by],
  );
  return toMerge(rows[0]!);
}

export interface MergeFilter {
  kind?: ItemKind | undefined;
  state?: Merge['state'] | undefined;
  itemId?: string | undefined;
}

const CONDITIONS: Record<keyof MergeFilter, string> = {
  kind: 'kind = ?',
  state: 'state = ?',
  itemId: '? IN (survivor_id, merged_id)',
};

/** Merges of the tenant, the latest first, before `beforeSeq`. */
export async function listMerges(
  sql: SqlClient,
  tenantId: string,
  o: { filter: MergeFilter; beforeSeq: number | null; limit: number },
): Promise<Merge[]> {
  const values: unknown[] = [tenantId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = ['tenant_id = $1'];
  for (const [name, value] of Object.entries(o.filter) as [keyof MergeFilter, string | undefined][]) {
    if (value !== undefined) where.push(CONDITIONS[name].replace('?', bind(value)));
  }
  if (o.beforeSeq !== null) where.push(`seq < ${bind(o.beforeSeq)}`);
  const { rows } = await sql.query(
    `SELECT * FROM merge_record WHERE ${where.join(' AND ')} ORDER BY seq DESC LIMIT ${bind(o.limit)}`,
    values,
  );
  return rows.map(toMerge);
}

/** What a row has of the directory, and goes along when two rows exchange it. */
const DIRECTORY = {
  user: {
    table: 'directory_user',
    id: 'user_id',
    aside: `webex_user_id = 'exchange:' || user_id`,
    columns: `webex_user_id, acd_user_id, identity_id, external_id, first_name, last_name, email,
      contact_center_enabled, acd_state, acd_state_since_ms`,
  },
  team: {
    table: 'directory_team',
    id: 'team_id',
    aside: `source = 'acd', acd_team_id = 'exchange:' || team_id`,
    columns: 'name, source, acd_team_id, team_type, acd_state, acd_state_since_ms',
  },
} as const;

/**
 * Two rows exchange what they have of the directory, so that another one is the ACD's user or team from now on. Both
 * must be locked; revisions are the caller's.
 */
export async function exchangeDirectory(tx: SqlClient, kind: ItemKind, ids: readonly [string, string]): Promise<void> {
  const { table, id, aside, columns } = DIRECTORY[kind];
  const { rows } = await tx.query(
    `SELECT ${id} AS id, to_jsonb(x) AS row FROM ${table} x WHERE ${id} = ANY ($1::uuid[])`,
    [ids],
  );
  const rowOf = (wanted: string) => JSON.stringify(rows.find((row) => row.id === wanted)!.row);
  const [one, other] = [rowOf(ids[0]), rowOf(ids[1])];
  const take = (to: string, row: string) =>
    tx.query(
      `UPDATE ${table} SET (${columns}) =
         (SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $2::jsonb)) WHERE ${id} = $1`,
      [to, row],
    );
  // An id of the ACD is one row's only: the second one steps aside first.
  await tx.query(`UPDATE ${table} SET ${aside} WHERE ${id} = $1`, [ids[1]]);
  await take(ids[0], other);
  await take(ids[1], one);
}
