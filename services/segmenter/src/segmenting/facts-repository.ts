import type { RecordingAvailable, RecordingUnavailable, TaskEnded } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { jsonColumn, jsonColumnSql } from '@wxcc-wfo/service-kit/json-column';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import type { EndedTask } from './ended-task.ts';
import { keyText, type TaskKey } from './task-key.ts';

/** The keys as three parallel arrays: the parameters of every statement below. */
function keyColumns(keys: readonly TaskKey[]): [string[], string[], string[]] {
  return [keys.map((key) => key.tenantId), keys.map((key) => key.acdId), keys.map((key) => key.taskId)];
}

interface KeyRow {
  tenant_id: string;
  acd_id: string;
  task_id: string;
}
const keyOf = (row: KeyRow): TaskKey => ({ tenantId: row.tenant_id, acdId: row.acd_id, taskId: row.task_id });

export interface StoredTask {
  key: TaskKey;
  /** Whether recordings will come, if that was told already. */
  verdict: RecordingUnavailable | null;
  /** Nothing was known of the task before: it has neither recordings nor contacts. */
  isNew: boolean;
}

// The conflict clause locks every row, whether or not its condition lets the row change.
const STORE_TASKS = prepared(`
  INSERT INTO task AS stored (tenant_id, acd_id, task_id, revision, facts, first_seen_at_ms)
  SELECT tenant_id, acd_id, task_id, revision, facts::jsonb, $6
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], ${jsonColumnSql('$5')})
    AS given (tenant_id, acd_id, task_id, revision, facts)
  ORDER BY tenant_id, acd_id, task_id
  ON CONFLICT (tenant_id, acd_id, task_id) DO UPDATE SET revision = excluded.revision, facts = excluded.facts
    WHERE stored.revision < excluded.revision
  RETURNING tenant_id, acd_id, task_id, verdict, xmax = 0 AS is_new`);

/**
 * Locks the tasks, in the order of their keys, and stores those facts that are newer than what is there.
 * Gives the tasks that changed. One task may be given once only.
 */
export async function storeTasks(tx: SqlClient, tasks: readonly EndedTask[], nowMs: number): Promise<StoredTask[]> {
  const { rows } = await tx.query<KeyRow & Omit<StoredTask, 'key'> & { is_new: boolean }>(STORE_TASKS, [
    ...keyColumns(tasks),
    tasks.map(({ revision }) => revision),
    jsonColumn(tasks.map(({ text }) => text)),
    nowMs,
  ]);
  return rows.map((row) => ({ key: keyOf(row), verdict: row.verdict, isNew: row.is_new }));
}

// Nothing of a task that is there changes; the clause stands there for its lock.
const LOCK_TASKS = `
  INSERT INTO task AS stored (tenant_id, acd_id, task_id, revision, first_seen_at_ms)
  SELECT DISTINCT tenant_id, acd_id, task_id, 0, $4::bigint
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given (tenant_id, acd_id, task_id)
  ORDER BY tenant_id, acd_id, task_id
  ON CONFLICT (tenant_id, acd_id, task_id) DO UPDATE SET revision = stored.revision WHERE false`;

/** Locks the tasks in the order of their keys; those that nothing is known of get a row without facts. */
export async function lockTasks(tx: SqlClient, keys: readonly TaskKey[], nowMs: number): Promise<void> {
  await tx.query(LOCK_TASKS, [...keyColumns(keys), nowMs]);
}

const STORE_RECORDINGS = prepared(`
  INSERT INTO recording AS stored (tenant_id, acd_id, task_id, recording_id, generation, revision, facts)
  SELECT tenant_id, acd_id, task_id, recording_id, generation, revision, facts::jsonb
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::integer[], ${jsonColumnSql('$7')})
    AS given (tenant_id, acd_id, task_id, recording_id, generation, revision, facts)
  ON CONFLICT (tenant_id, acd_id, task_id, recording_id, generation)
    DO UPDATE SET revision = excluded.revision, facts = excluded.facts WHERE stored.revision < excluded.revision
  RETURNING tenant_id, acd_id, task_id`);

/** What is known of a recording whose event names no revision is its first. */
export const revisionOf = ({ revision }: RecordingAvailable): number => revision ?? 1;

/**
 * Stores recordings under the locks of their tasks; gives the tasks of which something new is known, each once. One
 * generation of a recording may be given once only.
 */
export async function storeRecordings(tx: SqlClient, recordings: readonly RecordingAvailable[]): Promise<TaskKey[]> {
  const { rows } = await tx.query<KeyRow>(STORE_RECORDINGS, [
    ...keyColumns(recordings),
    recordings.map(({ recordingId }) => recordingId),
    recordings.map(({ generation }) => generation),
    recordings.map(revisionOf),
    jsonColumn(recordings.map((recording) => JSON.stringify(recording))),
  ]);
  return [...new Map(rows.map((row) => [keyText(keyOf(row)), keyOf(row)])).values()];
}

const STORE_VERDICTS = prepared(`
  UPDATE task SET verdict_version = given.version, verdict = given.verdict::jsonb
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], ${jsonColumnSql('$5')})
    AS given (tenant_id, acd_id, task_id, version, verdict)
  WHERE (task.tenant_id, task.acd_id, task.task_id) = (given.tenant_id, given.acd_id, given.task_id)
    AND task.verdict_version < given.version
  RETURNING task.tenant_id, task.acd_id, task.task_id`);

/**
 * Stores verdicts that are newer than what is there, under the locks of their tasks; gives the tasks of which one was.
 * One task may be given once only.
 */
export async function storeVerdicts(tx: SqlClient, verdicts: readonly RecordingUnavailable[]): Promise<TaskKey[]> {
  const { rows } = await tx.query<KeyRow>(STORE_VERDICTS, [
    ...keyColumns(verdicts),
    verdicts.map(({ version }) => version),
    jsonColumn(verdicts.map((verdict) => JSON.stringify(verdict))),
  ]);
  return rows.map(keyOf);
}

const ofTasks = (table: string, columns: string) => `
  SELECT ${columns} FROM ${table}
  JOIN unnest($1::uuid[], $2::uuid[], $3::text[]) AS wanted (tenant_id, acd_id, task_id)
  USING (tenant_id, acd_id, task_id)`;

/** An ended task, and whether recordings of it will come, if that was told. */
export interface TaskFacts {
  task: TaskEnded;
  verdict: RecordingUnavailable | null;
}

/** Facts of the tasks among these that have some. */
export async function readTasks(tx: SqlClient, keys: readonly TaskKey[]): Promise<TaskFacts[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<TaskFacts & Record<string, unknown>>(
    `${ofTasks('task', 'facts AS task, verdict')} WHERE revision > 0`,
    keyColumns(keys),
  );
  return rows.map(({ task, verdict }) => ({ task, verdict }));
}

/** All recordings of these tasks, by task. */
export async function readRecordings(
  tx: SqlClient,
  keys: readonly TaskKey[],
): Promise<Map<string, RecordingAvailable[]>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<{ facts: RecordingAvailable }>(ofTasks('recording', 'facts'), keyColumns(keys));
  return Map.groupBy(
    rows.map(({ facts }) => facts),
    keyText,
  );
}

/** When the first recording arrived whose task is still not there; null when none waits. */
export async function oldestAwaitedTaskMs(client: SqlClient): Promise<number | null> {
  const { rows } = await client.query<{ oldest: number | null }>(
    'SELECT min(first_seen_at_ms) AS oldest FROM task WHERE revision = 0',
  );
  return rows[0]?.oldest ?? null;
}
