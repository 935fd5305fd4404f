import { type Context, context, type Span } from '@opentelemetry/api';
import { appendEvents, type OutgoingEvent, type TraceHeaders, traceHeadersOf } from '@wxcc-wfo/bus';
import { type AcdChanged, checkEvent, TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import type { TaskFacts } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { type ReadMapping, readMappings } from '../metadata/metadata-policy.ts';
import { instruments, SPANS, tracer } from '../telemetry.ts';
import { requestSecondReading } from '../webhooks/hint-repository.ts';
import { decideOnFacts, type FactsDecision } from './facts-policy.ts';
import { type EndedTask, recogniseEndedTask, toTaskEnded } from './task-ended-policy.ts';
import {
  forgetRefusals,
  insertTasks,
  markTasks,
  type Refusal,
  readMeasures,
  recordRefusals,
  type StoredTaskMeasure,
  type TaskMark,
  type TaskWrite,
  updateTasks,
} from './task-repository.ts';

export interface StoreTasksInput {
  acd: AcdChanged;
  tasks: readonly TaskFacts[];
  /** When the ACD was asked; all tasks of one listing share the time at which the listing began. */
  readAtMs: number;
  /** Run first in the transaction; throws when the caller has lost its lease. */
  fence?: (tx: SqlClient) => Promise<void>;
}

export interface StoredPage {
  /** Ids of tasks that count as settled: stored, equal to what is stored, or listed as refused. */
  settled: string[];
  /** Not ended, or not told whole. */
  open: string[];
  incomplete: string[];
  accepted: number;
  unchanged: number;
}

interface Sorted {
  ended: Map<string, EndedTask>;
  open: string[];
  incomplete: string[];
}

export interface StoreDeps {
  pool: Pool;
  nowMs(): number;
}

export type StoreTasksJob = (input: StoreTasksInput) => Promise<StoredPage>;

/**
 * Stores what a reading says and publishes what it changes, in one transaction of a few multi-row statements. Unchanged
 * tasks cost one query by primary key for the whole page.
 */
export function createStoreTasksJob(deps: StoreDeps): StoreTasksJob {
  return async function storeTasks(input) {
    const { acd, readAtMs } = input;
    const sorted = sortTasks(input.tasks, readMappings(acd.metadataMappings));
    const taskIds = [...sorted.ended.keys()].sort();
    const stored = await readMeasures(deps.pool, { acdId: acd.acdId, taskIds });
    const decided = taskIds.map((id) => decide(sorted.ended.get(id)!, stored.get(id) ?? null, readAtMs));
    const { writable, refused } = separateRefused(input, decided);
    if (refused.length > 0) await recordRefusals(deps.pool, acd, { refused, atMs: readAtMs });
    const accepted = writable.length === 0 ? [] : await commit(deps, input, writable);
    if (sorted.incomplete.length > 0) {
      await requestSecondReading(deps.pool, acd, { taskIds: sorted.incomplete, nowMs: deps.nowMs() });
    }
    reportLag(acd.acdId, accepted, deps.nowMs());
    return report(acd.acdId, { sorted, decided, refused, accepted });
  };
}

/** A task that a shifted page repeats counts once: the fuller of its readings. */
function sortTasks(tasks: readonly TaskFacts[], mappings: readonly ReadMapping[]): Sorted {
  const sorted: Sorted = { ended: new Map(), open: [], incomplete: [] };
  for (const read of tasks) {
    const recognised = recogniseEndedTask(read, mappings);
    if (recognised.kind !== 'ended') sorted[recognised.kind].push(read.taskId);
    else {
      const before = sorted.ended.get(read.taskId);
      if (!before || isFuller(recognised.task, before)) sorted.ended.set(read.taskId, recognised.task);
    }
  }
  return sorted;
}

const isFuller = (a: EndedTask, b: EndedTask) =>
  (a.lastActivityAtMs ?? 0) - (b.lastActivityAtMs ?? 0) > 0 || a.activityCount > b.activityCount;

interface Decided {
  task: EndedTask;
  stored: StoredTaskMeasure | null;
  decision: FactsDecision;
}

function decide(task: EndedTask, stored: StoredTaskMeasure | null, readAtMs: number): Decided {
  return { task, stored, decision: decideOnFacts(stored, { ...task, readAtMs }) };
}

/** Splits what is worth a transaction from what our contract can't tell. */
function separateRefused({ acd, readAtMs }: StoreTasksInput, decided: readonly Decided[]) {
  const writable: Decided[] = [];
  const refused: Refusal[] = [];
  for (const one of decided) {
    if (one.decision.kind === 'accept') {
      const event = toTaskEnded(acd, { ...one.task, revision: 1, observedAtMs: readAtMs });
      const checked = checkEvent(TOPICS.taskEnded, event);
      if (checked.ok) writable.push(one);
      else refused.push({ taskId: one.task.taskId, reasons: checked.problems });
    } else if (markOf(one)) writable.push(one);
  }
  return { writable, refused };
}

/** What a decision changes on the row besides facts; null when nothing. */
function markOf({ task, stored, decision }: Decided): TaskMark | null {
  if (!stored) return null;
  if (decision.kind === 'hold') {
    return { taskId: task.taskId, pendingShrink: decision.pendingShrink, lastActivityAtMs: stored.lastActivityAtMs };
  }
  if (decision.kind !== 'unchanged' || !(decision.forgetShrink || decision.touch)) return null;
  return {
    taskId: task.taskId,
    pendingShrink: decision.forgetShrink ? null : stored.pendingShrink,
    lastActivityAtMs: decision.touch ? task.lastActivityAtMs : stored.lastActivityAtMs,
  };
}

/** Insert-if-missing, lock the rest in the order of ids, decide again on what is locked, write, append the events. */
async function commit(deps: StoreDeps, input: StoreTasksInput, writable: readonly Decided[]): Promise<TaskWrite[]> {
  const { acd, readAtMs } = input;
  const nowMs = deps.nowMs();
  const fresh = writable.filter((one) => one.stored === null).map(({ task }) => ({ task, revision: 1, readAtMs }));
  const spans = new TaskSpans();
  try {
    return await inTransaction(deps.pool, async (tx) => {
      await input.fence?.(tx);
      const inserted = await insertTasks(tx, acd, fresh);
      const others = writable.filter(({ task }) => !inserted.has(task.taskId));
      const changed = others.length === 0 ? [] : await updateLocked(tx, { acd, others, readAtMs, nowMs });
      const accepted = [...fresh.filter(({ task }) => inserted.has(task.taskId)), ...changed];
      if (accepted.length === 0) return accepted;
      await forgetRefusals(
        tx,
        acd.acdId,
        accepted.map(({ task }) => task.taskId),
      );
      await appendEvents(
        tx,
        accepted.map((write) => eventOf(acd, write, spans.start(write, acd.acdId))),
      );
      return accepted;
    });
  } finally {
    spans.end();
  }
}

async function updateLocked(
  tx: SqlClient,
  o: { acd: AcdChanged; others: readonly Decided[]; readAtMs: number; nowMs: number },
): Promise<TaskWrite[]> {
  const taskIds = o.others.map(({ task }) => task.taskId);
  const locked = await readMeasures(tx, { acdId: o.acd.acdId, taskIds, lock: true });
  const decided = o.others.map(({ task }) => decide(task, locked.get(task.taskId) ?? null, o.readAtMs));
  const writes = decided
    .filter(({ decision }) => decision.kind === 'accept')
    .map(({ task, stored }) => ({ task, revision: (stored?.revision ?? 0) + 1, readAtMs: o.readAtMs }));
  await updateTasks(tx, o.acd.acdId, writes);
  await markTasks(
    tx,
    o.acd.acdId,
    decided.map(markOf).filter((mark) => mark !== null),
  );
  const held = decided.filter(({ decision }) => decision.kind === 'hold').map(({ task }) => task.taskId);
  await requestSecondReading(tx, o.acd, { taskIds: held, nowMs: o.nowMs });
  return writes;
}

function eventOf(acd: AcdChanged, write: TaskWrite, traceContext: TraceHeaders): OutgoingEvent {
  const payload = toTaskEnded(acd, { ...write.task, revision: write.revision, observedAtMs: write.readAtMs });
  return { topic: TOPICS.taskEnded, payload, traceContext };
}

/** One span per accepted revision (OPS-01): its event's trace goes on from it. A repeated transaction starts no second. */
class TaskSpans {
  private readonly parent: Context = context.active();
  private readonly spans = new Map<string, Span>();

  start(write: TaskWrite, acdId: string): TraceHeaders {
    let span = this.spans.get(write.task.taskId);
    if (!span) {
      const attributes = { acd: acdId, task: write.task.taskId, revision: write.revision };
      span = tracer.startSpan(SPANS.task, { attributes }, this.parent);
      this.spans.set(write.task.taskId, span);
    }
    return traceHeadersOf(span.spanContext());
  }

  end(): void {
    for (const span of this.spans.values()) span.end();
  }
}

function reportLag(acdId: string, accepted: readonly TaskWrite[], nowMs: number): void {
  for (const { task, revision } of accepted) {
    if (revision === 1) instruments.publishLagSeconds.record((nowMs - task.facts.endedAtMs) / 1000, { acd: acdId });
  }
}

function report(
  acdId: string,
  o: { sorted: Sorted; decided: readonly Decided[]; refused: readonly Refusal[]; accepted: readonly TaskWrite[] },
): StoredPage {
  const { open, incomplete } = o.sorted;
  const tally = { unchanged: 0, held: 0, older: 0 };
  for (const { decision } of o.decided) {
    if (decision.kind === 'unchanged') tally.unchanged += 1;
    if (decision.kind === 'hold') tally.held += 1;
    if (decision.kind === 'ignore') tally.older += 1;
  }
  const counts = {
    ...tally,
    accepted: o.accepted.length,
    open: open.length,
    incomplete: incomplete.length,
    refused: o.refused.length,
  };
  for (const [outcome, count] of Object.entries(counts)) {
    if (count > 0) instruments.tasks.add(count, { acd: acdId, outcome });
  }
  const settled = o.decided.filter(({ decision }) => decision.kind !== 'hold').map(({ task }) => task.taskId);
  return { settled, open, incomplete, accepted: o.accepted.length, unchanged: tally.unchanged };
}
