import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { PendingShrink, StoredMeasure } from './facts-policy.ts';
import type { EndedTask, StoredTask, TaskFactsRecord } from './task-ended-policy.ts';

/** Whose tasks a statement touches. */
export interface Owner {
  acdId: string;
  tenantId: string;
}

export type StoredTaskMeasure = StoredMeasure & { revision: number; endedAtMs: number };

interface MeasureRow {
  task_id: string;
  revision: number;
  facts_hash: string;
  last_activity_at_ms: number | null;
  activity_count: number;
  fact_count: number;
  ended_at_ms: number;
  read_at_ms: number;
  pending_shrink: PendingShrink | null;
}

const MEASURES = `SELECT task_id, revision, facts_hash, last_activity_at_ms, activity_count, fact_count, ended_at_ms,
  read_at_ms, pending_shrink FROM task WHERE acd_id = $1 AND task_id = ANY($2::text[])`;

/** What is stored of these tasks, without their facts; `lock` takes their rows in the order of their ids. */
export async function readMeasures(
  client: SqlClient,
  o: { acdId: string; taskIds: string[]; lock?: boolean },
): Promise<Map<string, StoredTaskMeasure>> {
  const text = o.lock ? `${MEASURES} ORDER BY task_id FOR UPDATE` : MEASURES;
  const { rows } = await client.query<MeasureRow>(text, [o.acdId, o.taskIds]);
  return new Map(rows.map((row) => [row.task_id, toMeasure(row)]));
}

function toMeasure(row: MeasureRow): StoredTaskMeasure {
  return {
    revision: row.revision,
    hash: row.facts_hash,
    lastActivityAtMs: row.last_activity_at_ms,
    activityCount: row.activity_count,
    factCount: row.fact_count,
    endedAtMs: row.ended_at_ms,
    readAtMs: row.read_at_ms,
    pendingShrink: row.pending_shrink,
  };
}

export interface TaskWrite {
  task: EndedTask;
  revision: number;
  readAtMs: number;
}

const FACT_COLUMNS = `facts, facts_hash, last_activity_at_ms, activity_count, fact_count, ended_at_ms, read_at_ms`;

/** Columns of the writes, one array per column, in the order of `UNNESTED`. */
function columnsOf(writes: readonly TaskWrite[]): unknown[] {
  return [
    writes.map((w) => w.task.taskId),
    writes.map((w) => w.revision),
    writes.map((w) => w.task.json),
    writes.map((w) => w.task.hash),
    writes.map((w) => w.task.lastActivityAtMs),
    writes.map((w) => w.task.activityCount),
    writes.map((w) => w.task.factCount),
    writes.map((w) => w.task.facts.endedAtMs),
    writes.map((w) => w.readAtMs),
  ];
}

const unnested = (first: number) => {
  const types = ['text', 'int', 'jsonb', 'text', 'bigint', 'int', 'int', 'bigint', 'bigint'];
  return `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')})
    AS w (task_id, revision, ${FACT_COLUMNS})`;
};

/** Inserts what is not there yet and gives the ids that it inserted; the others came from elsewhere meanwhile. */
export async function insertTasks(tx: SqlClient, owner: Owner, writes: readonly TaskWrite[]): Promise<Set<string>> {
  if (writes.length === 0) return new Set();
  const { rows } = await tx.query<{ task_id: string }>(
    `INSERT INTO task (acd_id, tenant_id, task_id, revision, ${FACT_COLUMNS}, observed_at_ms)
     SELECT $1, $2, w.task_id, w.revision, ${FACT_COLUMNS}, w.read_at_ms FROM ${unnested(3)} ORDER BY w.task_id
     ON CONFLICT (acd_id, task_id) DO NOTHING RETURNING task_id`,
    [owner.acdId, owner.tenantId, ...columnsOf(writes)],
  );
  return new Set(rows.map((row) => row.task_id));
}

/** Overwrites rows that the caller has locked. */
export async function updateTasks(tx: SqlClient, acdId: string, writes: readonly TaskWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await tx.query(
    `UPDATE task t SET revision = w.revision, facts = w.facts, facts_hash = w.facts_hash,
       last_activity_at_ms = w.last_activity_at_ms, activity_count = w.activity_count, fact_count = w.fact_count,
       ended_at_ms = w.ended_at_ms, read_at_ms = w.read_at_ms, observed_at_ms = w.read_at_ms, pending_shrink = NULL
     FROM ${unnested(2)} WHERE t.acd_id = $1 AND t.task_id = w.task_id`,
    [acdId, ...columnsOf(writes)],
  );
}

/** What changes on a row without a new revision: a held reading, its end, or the source's own clock. */
export interface TaskMark {
  taskId: string;
  pendingShrink: PendingShrink | null;
  lastActivityAtMs: number | null;
}

export async function markTasks(tx: SqlClient, acdId: string, marks: readonly TaskMark[]): Promise<void> {
  if (marks.length === 0) return;
  await tx.query(
    `UPDATE task t SET pending_shrink = m.pending_shrink, last_activity_at_ms = m.last_activity_at_ms
     FROM unnest($2::text[], $3::jsonb[], $4::bigint[]) AS m (task_id, pending_shrink, last_activity_at_ms)
     WHERE t.acd_id = $1 AND t.task_id = m.task_id`,
    [
      acdId,
      marks.map((mark) => mark.taskId),
      marks.map((mark) => mark.pendingShrink && JSON.stringify(mark.pendingShrink)),
      marks.map((mark) => mark.lastActivityAtMs),
    ],
  );
}

export interface Refusal {
  taskId: string;
  reasons: string[];
}

/** Keeps what can't be told in our contract, counted; a task that has become tellable is taken off the list. */
export async function recordRefusals(
  client: SqlClient,
  owner: Owner,
  o: { refused: readonly Refusal[]; atMs: number },
): Promise<void> {
  for (const { taskId, reasons } of o.refused) {
    await client.query(
      `INSERT INTO refused_task (acd_id, tenant_id, task_id, reasons, first_seen_at_ms, last_seen_at_ms)
       VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (acd_id, task_id) DO UPDATE
       SET reasons = excluded.reasons, last_seen_at_ms = excluded.last_seen_at_ms,
           readings = refused_task.readings + 1`,
      [owner.acdId, owner.tenantId, taskId, reasons, o.atMs],
    );
  }
}

export async function forgetRefusals(tx: SqlClient, acdId: string, taskIds: string[]): Promise<void> {
  await tx.query('DELETE FROM refused_task WHERE acd_id = $1 AND task_id = ANY($2::text[])', [acdId, taskIds]);
}

interface StoredRow {
  task_id: string;
  revision: number;
  observed_at_ms: number;
  last_activity_at_ms: number | null;
  ended_at_ms: number;
  facts: TaskFactsRecord;
}

const toStored = (row: StoredRow): StoredTask => ({
  taskId: row.task_id,
  revision: row.revision,
  observedAtMs: row.observed_at_ms,
  lastActivityAtMs: row.last_activity_at_ms,
  facts: row.facts,
});

const STORED = 'SELECT task_id, revision, observed_at_ms, last_activity_at_ms, ended_at_ms, facts FROM task';

export async function readTask(client: SqlClient, acdId: string, taskId: string): Promise<StoredTask | null> {
  const { rows } = await client.query<StoredRow>(`${STORED} WHERE acd_id = $1 AND task_id = $2`, [acdId, taskId]);
  return rows[0] ? toStored(rows[0]) : null;
}

/** Where a page of stored tasks begins: after this task, in the order of (end, id). */
export interface TaskPosition {
  endedAtMs: number;
  taskId: string;
}

/** A page of stored tasks that ended in [fromMs, toMs), their rows locked against a new revision meanwhile. */
export async function lockTasksEndedIn(
  tx: SqlClient,
  o: { acdId: string; fromMs: number; toMs: number; after: TaskPosition | null; limit: number },
): Promise<StoredTask[]> {
  const { rows } = await tx.query<StoredRow>(
    `${STORED} WHERE acd_id = $1 AND ended_at_ms >= $2 AND ended_at_ms < $3 AND (ended_at_ms, task_id) > ($4, $5)
     ORDER BY ended_at_ms, task_id LIMIT $6 FOR UPDATE`,
    [o.acdId, o.fromMs, o.toMs, o.after?.endedAtMs ?? -1, o.after?.taskId ?? '', o.limit],
  );
  return rows.map(toStored);
}
