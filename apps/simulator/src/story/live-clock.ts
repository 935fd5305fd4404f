import type { FaultBoard } from '../faults/fault-board.ts';
import type { WebhookEvent } from '../subscriptions/webhook-sender.ts';
import type { TaskModel } from './task-model.ts';

interface Due {
  atMs: number;
  run: () => void;
}

/** Tells the world about tasks as time passes: ended, and recordings available. */
export interface LiveClock {
  /** Plans the events of a task that has not ended yet, or whose recording is not there yet. */
  watch(task: TaskModel): void;
  close(): void;
}

const LONGEST_TIMER_MS = 60_000;

export function createLiveClock(send: (event: WebhookEvent) => void, faults: FaultBoard, now: () => number): LiveClock {
  let due: Due[] = [];
  let timer: NodeJS.Timeout | undefined;
  let armedForMs = Number.POSITIVE_INFINITY;

  const arm = (): void => {
    const next = due.reduce((earliest, one) => Math.min(earliest, one.atMs), Number.POSITIVE_INFINITY);
    if (next === armedForMs && timer !== undefined) return;
    clearTimeout(timer);
    armedForMs = next;
    timer = undefined;
    if (next !== Number.POSITIVE_INFINITY)
      timer = setTimeout(tick, Math.min(LONGEST_TIMER_MS, Math.max(0, next - now())));
  };
  const tick = (): void => {
    timer = undefined;
    armedForMs = Number.POSITIVE_INFINITY;
    const nowMs = now();
    const ready = due.filter((one) => one.atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    due = due.filter((one) => one.atMs > nowMs);
    for (const one of ready) one.run();
    arm();
  };

  return {
    watch(task) {
      due.push({
        atMs: task.endedMs,
        run: () => {
          const late = faults.strike('late-tasks');
          if (late !== undefined) task.visibleFromMs = now() + (late.delayMs ?? 30_000);
          send({ type: 'task:ended', data: endedData(task) });
        },
      });
      const first = task.recordings[0];
      if (first !== undefined) {
        due.push({
          atMs: first.availableMs,
          run: () =>
            send({
              type: 'capture:available',
              data: { taskId: task.id, filePath: first.fileName, createdTime: first.availableMs },
            }),
        });
      }
      arm();
    },
    close() {
      clearTimeout(timer);
      due = [];
    },
  };
}

function endedData(task: TaskModel): Record<string, unknown> {
  return {
    taskId: task.id,
    origin: task.origin,
    destination: task.destination,
    direction: task.direction,
    channelType: task.channelType,
    outboundType: task.direction === 'OUTBOUND' ? 'OUTDIAL' : null,
    workflowManager: null,
    queueId: task.rows.find((row) => row.queue !== undefined)?.queue?.id ?? null,
    createdTime: task.endedMs,
    reason: task.terminationReason,
    terminatingParty: task.terminatingEnd,
  };
}
