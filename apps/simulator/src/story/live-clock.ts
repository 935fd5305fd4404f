import type { FaultBoard } from '../faults/fault-board.ts';
import type { WebhookEvent } from '../subscriptions/webhook-sender.ts';
import type { ActivityRow, TaskModel } from './task-model.ts';

interface Due {
  atMs: number;
  run: () => void;
}

/** Tells the world about tasks as time passes: their events, their end, and recordings that become available. */
export interface LiveClock {
  /** Plans what of a task is not over yet; what is due already happens before this returns. */
  watch(task: TaskModel): void;
  close(): void;
}

const LONGEST_TIMER_MS = 60_000;

/** Rows that a webhook announces when they begin. */
const announced = new Set(['parked', 'connect', 'connected', 'on-hold', 'hold-done', 'consulting', 'consult-done']);

export function createLiveClock(send: (event: WebhookEvent) => void, faults: FaultBoard, now: () => number): LiveClock {
  /** In order of time. */
  const due: Due[] = [];
  let timer: NodeJS.Timeout | undefined;

  const plan = (atMs: number, run: () => void): void => {
    let low = 0;
    let high = due.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (due[middle]!.atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    due.splice(low, 0, { atMs, run });
  };
  const tick = (): void => {
    clearTimeout(timer);
    while (due.length > 0 && due[0]!.atMs <= now()) due.shift()!.run();
    const next = due[0];
    if (next !== undefined) timer = setTimeout(tick, Math.min(LONGEST_TIMER_MS, Math.max(1, next.atMs - now())));
  };

  const end = (task: TaskModel): void => {
    const nowMs = now();
    const late = faults.strike('late-tasks');
    if (late !== undefined) task.visibleFromMs = nowMs + (late.delayMs ?? 30_000);
    const lateRecording = task.recordings.length > 0 ? faults.strike('late-recordings') : undefined;
    if (lateRecording !== undefined) delayRecordings(task, lateRecording.delayMs ?? 30_000);
    send({ type: 'task:ended', data: endedData(task) });
    const first = task.recordings[0];
    if (first === undefined) return;
    plan(first.availableMs, () => {
      const data = { taskId: task.id, filePath: first.fileName, createdTime: first.availableMs };
      send({ type: 'capture:available', data });
    });
  };

  return {
    watch(task) {
      const nowMs = now();
      for (const row of task.rows) {
        if (row.createdMs < nowMs || !announced.has(row.eventName)) continue;
        plan(row.createdMs, () => send({ type: `task:${row.eventName}`, data: rowData(task, row) }));
      }
      plan(task.endedMs, () => end(task));
      tick();
    },
    close() {
      clearTimeout(timer);
      due.length = 0;
    },
  };
}

/** Moves the moment at which a task's recordings can be had, and the row that tells it. */
function delayRecordings(task: TaskModel, delayMs: number): void {
  for (const recording of task.recordings) recording.availableMs += delayMs;
  for (const row of task.rows) {
    if (row.eventName !== 'recording-available') continue;
    row.createdMs += delayMs;
    row.endMs += delayMs;
  }
  task.rows.sort((a, b) => b.createdMs - a.createdMs);
}

function commonData(task: TaskModel): Record<string, unknown> {
  return {
    taskId: task.id,
    origin: task.origin,
    destination: task.destination,
    direction: task.direction,
    channelType: task.channelType,
    outboundType: task.direction === 'OUTBOUND' ? 'OUTDIAL' : null,
    workflowManager: null,
  };
}

function rowData(task: TaskModel, row: ActivityRow): Record<string, unknown> {
  const destination = row.agent?.phoneNumber ?? task.destination;
  return { ...commonData(task), destination, queueId: row.queue?.id ?? null, createdTime: row.createdMs };
}

function endedData(task: TaskModel): Record<string, unknown> {
  return {
    ...commonData(task),
    queueId: task.rows.find((row) => row.queue !== undefined)?.queue?.id ?? null,
    createdTime: task.endedMs,
    reason: task.terminationReason,
    terminatingParty: task.terminatingEnd,
  };
}
