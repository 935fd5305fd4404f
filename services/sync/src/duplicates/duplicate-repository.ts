import { randomUUID } from 'node:crypto';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { type EvidenceRule, MUCH_SURER, type Suspicion, type TeamFacts, type UserFacts } from './duplicate-policy.ts';

export type ItemKind = 'user' | 'team';
export type DuplicateState = 'open' | 'merged' | 'dismissed';

/** What is shown of one of the two, so that a person can judge. */
export interface DuplicateItem {
  id: string;
  name: string;
  email: string | null;
  acdId: string | null;
  webexId: string | null;
  acdState: string | null;
  mergedIntoId: string | null;
  createdAtMs: number;
}

/** Two that are probably the same (SYNC-07). */
export interface Duplicate extends Suspicion {
  duplicateId: string;
  tenantId: string;
  acdId: string;
  kind: ItemKind;
  state: DuplicateState;
  revision: number;
  older: DuplicateItem;
  newer: DuplicateItem;
  runId: string | null;
  foundAtMs: number;
  changedAtMs: number;
  decidedBy: string | null;
  decisionReason: string | null;
}

/** Two with what speaks for their being the same, the one known longer first. */
export interface SuspectedPair extends Suspicion {
  olderId: string;
  newerId: string;
}

/** One to look at, and one that it may be the same as. */
export type Compared<F> = { found: F & { createdAtMs: number }; other: F & { createdAtMs: number } };

/** So many that share a key are looked at; of more, nobody could tell who is who. */
const MOST_PER_KEY = 20;
const LAST = '\u{10ffff}';

const USER_FACTS = (alias: string) => `jsonb_build_object('id', ${alias}.user_id, 'firstName', ${alias}.first_name,
  'lastName', ${alias}.last_name, 'email', ${alias}.email, 'identityId', ${alias}.identity_id,
  'externalIdentifier', ${alias}.external_id, 'createdAtMs', ${alias}.created_at_ms,
  'presence', jsonb_build_object('alive', ${alias}.acd_state = 'active', 'sinceMs', ${alias}.acd_state_since_ms))`;

/** Users that share a key with one of `userIds`; each key is looked up in its index, at most 20 users per key. */
export async function compareUsers(
  tx: SqlClient,
  o: { tenantId: string; acdId: string; userIds: readonly string[] },
): Promise<Compared<UserFacts>[]> {
  const candidates = (condition: string) => `(
    SELECT o.user_id FROM directory_user o WHERE ${condition} AND o.acd_id = $2 AND o.merged_into_user_id IS NULL
      AND o.user_id <> f.user_id LIMIT ${MOST_PER_KEY})`;
  const { rows } = await tx.query(
    `SELECT ${USER_FACTS('f')} AS found, ${USER_FACTS('o')} AS other
     FROM directory_user f
     CROSS JOIN LATERAL (SELECT substring(f.email_key FROM '^(.+)@[^@]+$') || '@' AS local_part) e
     CROSS JOIN LATERAL (
       ${candidates('o.identity_id = f.identity_id')} UNION
       ${candidates('o.external_id = f.external_id')} UNION
       ${candidates(`o.tenant_id = $3 AND o.email_key >= e.local_part AND o.email_key < e.local_part || $4::text`)} UNION
       ${['sort_key', 'full_key']
         .map((key) =>
           candidates(`o.tenant_id = $3 AND o.sort_key = f.${key} AND f.${key} <> ''
             AND (o.acd_state = 'active') <> (f.acd_state = 'active')`),
         )
         .join(' UNION ')}
     ) c JOIN directory_user o ON o.user_id = c.user_id
     WHERE f.user_id = ANY ($1::uuid[]) AND f.acd_id = $2 AND f.merged_into_user_id IS NULL`,
    [o.userIds, o.acdId, o.tenantId, LAST],
  );
  return rows as Compared<UserFacts>[];
}

const TEAM_FACTS = (alias: string) => `jsonb_build_object('id', ${alias}.team_id, 'name', ${alias}.name,
  'createdAtMs', ${alias}.created_at_ms, 'presence', jsonb_build_object('alive', ${alias}.acd_state = 'active',
  'sinceMs', coalesce(${alias}.acd_state_since_ms, ${alias}.created_at_ms)))`;

/** Teams of the ACD with the same name as one of `teamIds`. */
export async function compareTeams(
  tx: SqlClient,
  o: { tenantId: string; acdId: string; teamIds: readonly string[] },
): Promise<Compared<TeamFacts>[]> {
  const { rows } = await tx.query(
    `SELECT ${TEAM_FACTS('f')} AS found, ${TEAM_FACTS('o')} AS other
     FROM directory_team f
     CROSS JOIN LATERAL (
       SELECT * FROM directory_team o
       WHERE o.tenant_id = $3 AND o.name_key = f.name_key AND o.acd_id = $2 AND o.source = 'acd' AND NOT o.deleted
         AND o.merged_into_team_id IS NULL AND o.team_id <> f.team_id LIMIT ${MOST_PER_KEY}) o
     WHERE f.team_id = ANY ($1::uuid[]) AND f.acd_id = $2 AND f.source = 'acd' AND f.merged_into_team_id IS NULL`,
    [o.teamIds, o.acdId, o.tenantId],
  );
  return rows as Compared<TeamFacts>[];
}

/** Stores pairs: new ones as open; open ones get the evidence of now; what a person decided about stays decided. */
export async function storeDuplicates(
  tx: SqlClient,
  o: { tenantId: string; acdId: string; kind: ItemKind; runId: string | null; nowMs: number },
  pairs: readonly SuspectedPair[],
): Promise<number> {
  if (pairs.length === 0) return 0;
  const { rowCount } = await tx.query(
    `INSERT INTO duplicate_candidate AS d (duplicate_id, tenant_id, acd_id, kind, older_id, newer_id, score, evidence,
       state, run_id, found_at_ms, changed_at_ms)
     SELECT p.id, $1, $2, $3, p."olderId", p."newerId", p.score, p.evidence, 'open', $4, $5, $5
     FROM jsonb_to_recordset($6::jsonb) AS p(id uuid, "olderId" uuid, "newerId" uuid, score int, evidence jsonb)
     ORDER BY least(p."olderId", p."newerId"), greatest(p."olderId", p."newerId")
     ON CONFLICT (kind, (least(older_id, newer_id)), (greatest(older_id, newer_id))) DO UPDATE
       SET score = excluded.score, evidence = excluded.evidence, changed_at_ms = excluded.changed_at_ms,
           revision = d.revision + 1
       WHERE d.state = 'open' AND (d.score, d.evidence) IS DISTINCT FROM (excluded.score, excluded.evidence)`,
    [
      o.tenantId,
      o.acdId,
      o.kind,
      o.runId,
      o.nowMs,
      JSON.stringify(pairs.map((pair) => ({ id: randomUUID(), ...pair }))),
    ],
  );
  return rowCount ?? 0;
}

/**
 * Takes back those candidates of a run of which either one has a much surer one: where two persons of one name were made
 * anew, each is found with the other's old user, too. What a person decided about stays. Gives how many.
 */
export async function dropOutdone(sql: SqlClient, runId: string): Promise<number> {
  const { rowCount } = await sql.query(
    // One sort over the candidates of the ACD: of new rows Postgres has no statistics, and would compare each with each.
    `WITH sides AS (
       SELECT c.duplicate_id, c.score, max(c.score) OVER (PARTITION BY id) AS best
       FROM duplicate_candidate c, unnest(ARRAY[c.older_id, c.newer_id]) AS id
       WHERE c.state <> 'dismissed' AND c.acd_id = (SELECT acd_id FROM sync_run WHERE run_id = $1))
     DELETE FROM duplicate_candidate d
     WHERE d.run_id = $1 AND d.state = 'open' AND d.decided_by IS NULL
       AND d.duplicate_id IN (SELECT duplicate_id FROM sides WHERE best - score > $2)`,
    [runId, MUCH_SURER],
  );
  return rowCount ?? 0;
}

const ITEM = (id: string) => `
  (SELECT CASE d.kind WHEN 'user' THEN (
     SELECT jsonb_build_object('id', u.user_id, 'name', concat_ws(' ', u.first_name, u.last_name), 'email', u.email,
       'acdId', u.acd_user_id, 'webexId', u.webex_user_id, 'acdState', u.acd_state,
       'mergedIntoId', u.merged_into_user_id, 'createdAtMs', u.created_at_ms)
     FROM directory_user u WHERE u.user_id = d.${id})
   ELSE (
     SELECT jsonb_build_object('id', t.team_id, 'name', t.name, 'email', null, 'acdId', t.acd_team_id,
       'webexId', t.acd_team_id, 'acdState', t.acd_state, 'mergedIntoId', t.merged_into_team_id,
       'createdAtMs', t.created_at_ms)
     FROM directory_team t WHERE t.team_id = d.${id}) END)`;
const SELECT = `SELECT d.*, ${ITEM('older_id')} AS older, ${ITEM('newer_id')} AS newer FROM duplicate_candidate d`;

function toDuplicate(row: Record<string, unknown>): Duplicate {
  return {
    duplicateId: row.duplicate_id as string,
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string,
    kind: row.kind as ItemKind,
    score: row.score as number,
    evidence: row.evidence as Duplicate['evidence'],
    state: row.state as DuplicateState,
    revision: row.revision as number,
    older: row.older as DuplicateItem,
    newer: row.newer as DuplicateItem,
    runId: row.run_id as string | null,
    foundAtMs: Number(row.found_at_ms),
    changedAtMs: Number(row.changed_at_ms),
    decidedBy: row.decided_by as string | null,
    decisionReason: row.decision_reason as string | null,
  };
}

export interface DuplicateFilter {
  acdId?: string | undefined;
  kind?: ItemKind | undefined;
  state: DuplicateState;
  minScore?: number | undefined;
  /** A rule among the evidence. */
  rule?: EvidenceRule | undefined;
  runId?: string | undefined;
}

/** Candidates of the tenant, the surest first, behind `after`. */
export async function listDuplicates(
  sql: SqlClient,
  tenantId: string,
  o: { filter: DuplicateFilter; after: { score: number; duplicateId: string } | null; limit: number },
): Promise<Duplicate[]> {
  const values: unknown[] = [tenantId, o.filter.state];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = ['d.tenant_id = $1', 'd.state = $2'];
  if (o.filter.acdId !== undefined) where.push(`d.acd_id = ${bind(o.filter.acdId)}::uuid`);
  if (o.filter.kind !== undefined) where.push(`d.kind = ${bind(o.filter.kind)}`);
  if (o.filter.minScore !== undefined) where.push(`d.score >= ${bind(o.filter.minScore)}`);
  if (o.filter.rule !== undefined)
    where.push(`d.evidence @> ${bind(JSON.stringify([{ rule: o.filter.rule }]))}::jsonb`);
  if (o.filter.runId !== undefined) where.push(`d.run_id = ${bind(o.filter.runId)}::uuid`);
  if (o.after) {
    const [score, id] = [bind(o.after.score), bind(o.after.duplicateId)];
    where.push(`(d.score < ${score} OR (d.score = ${score} AND d.duplicate_id > ${id}::uuid))`);
  }
  const { rows } = await sql.query(
    `${SELECT} WHERE ${where.join(' AND ')} ORDER BY d.score DESC, d.duplicate_id LIMIT ${bind(o.limit)}`,
    values,
  );
  return rows.map(toDuplicate);
}

/** One candidate of the tenant; `lock` takes its row lock. */
export async function findDuplicate(
  sql: SqlClient,
  key: { tenantId: string; duplicateId: string },
  lock = false,
): Promise<Duplicate | undefined> {
  const values = [key.duplicateId, key.tenantId];
  const where = 'WHERE duplicate_id = $1 AND tenant_id = $2';
  if (lock) await sql.query(`SELECT 1 FROM duplicate_candidate ${where} FOR UPDATE`, values);
  const { rows } = await sql.query(`${SELECT} ${where}`, values);
  return rows[0] && toDuplicate(rows[0]);
}

/** Notes a decision about the candidate of two; without one nothing happens. */
export async function decideDuplicate(
  tx: SqlClient,
  o: {
    kind: ItemKind;
    ids: readonly [string, string];
    state: DuplicateState;
    decidedBy: string | null;
    reason: string | null;
    nowMs: number;
  },
): Promise<string | null> {
  const { rows } = await tx.query(
    `UPDATE duplicate_candidate SET state = $4, decided_by = $5, decision_reason = $6, changed_at_ms = $7,
       revision = revision + 1
     WHERE kind = $1 AND least(older_id, newer_id) = least($2::uuid, $3::uuid)
       AND greatest(older_id, newer_id) = greatest($2::uuid, $3::uuid)
     RETURNING duplicate_id`,
    [o.kind, ...o.ids, o.state, o.decidedBy, o.reason, o.nowMs],
  );
  return rows[0]?.duplicate_id ?? null;
}
