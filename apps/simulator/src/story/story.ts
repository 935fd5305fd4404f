import { wavBytes } from '../audio/wav-stream.ts';
import type { TaskGroundTruth } from '../ground-truth/types.ts';
import type { Directory } from './directory.ts';
import type { ScriptedTask, TaskFactory } from './task-factory.ts';
import type { RecordingModel, TaskModel } from './task-model.ts';

/** All tasks of the tenant, in order of their end, with what Search and captures look up. */
export interface Story {
  directory: Directory;
  tasks(): readonly TaskModel[];
  /** Tasks whose created or ended time lies in [fromMs, toMs], newest first. */
  between(comparator: 'createdTime' | 'endedTime', fromMs: number, toMs: number): TaskModel[];
  task(id: string): TaskModel | undefined;
  recording(id: string): RecordingModel | undefined;
  /** Adds seeded tasks; the nth of them ends at `endedMs(n)`. */
  addSeeded(count: number, endedMs: (n: number) => number): TaskModel[];
  addScripted(task: ScriptedTask, nowMs: number): TaskModel;
  groundTruth(nowMs: number): TaskGroundTruth[];
}

export function createStory(directory: Directory, factory: TaskFactory): Story {
  const byEnd: TaskModel[] = [];
  const byStart: TaskModel[] = [];
  const byId = new Map<string, TaskModel>();
  const recordings = new Map<string, RecordingModel>();
  let seededCount = 0;
  let scriptedCount = 0;

  const add = (task: TaskModel): TaskModel => {
    if (byId.has(task.id)) throw new Error(`Task ${task.id} exists already. Choose another taskId or leave it out.`);
    byId.set(task.id, task);
    for (const recording of task.recordings) recordings.set(recording.id, recording);
    insert(byEnd, task, 'endedMs');
    insert(byStart, task, 'createdMs');
    return task;
  };

  return {
    directory,
    tasks: () => byEnd,
    between(comparator, fromMs, toMs) {
      const [list, key] =
        comparator === 'endedTime' ? ([byEnd, 'endedMs'] as const) : ([byStart, 'createdMs'] as const);
      return list.slice(firstAtLeast(list, key, fromMs), firstAtLeast(list, key, toMs + 1)).reverse();
    },
    task: (id) => byId.get(id),
    recording: (id) => recordings.get(id),
    addSeeded(count, endedMs) {
      return Array.from({ length: count }, (_, n) => add(factory.storyTask(seededCount++, endedMs(n))));
    },
    // Scripted tasks are numbered from far above the seeded ones, so that injecting one renumbers nothing.
    addScripted: (task, nowMs) => add(factory.scriptedTask(500_000 + scriptedCount++, task, nowMs)),
    groundTruth: (nowMs) => byEnd.map((task) => truthOf(task, nowMs)),
  };
}

export function truthOf(task: TaskModel, nowMs: number): TaskGroundTruth {
  return {
    taskId: task.id,
    associatedContactId: task.id,
    scenario: task.scenario,
    channelType: task.channelType,
    createdMs: task.createdMs,
    endedMs: task.endedMs,
    ended: nowMs >= task.endedMs,
    activityCount: task.rows.length,
    contactReason: task.contactReason,
    entryPointName: task.entryPoint.name,
    globalVariables: task.globalVariables,
    contacts: task.expectedContacts.filter((contact) => contact.callType === 'main'),
    consultContacts: task.expectedContacts.filter((contact) => contact.callType === 'consult'),
    recordings: task.recordings.map((recording) => ({
      recordingId: recording.id,
      recordingNumber: recording.number,
      segment: recording.segment,
      callType: recording.callType,
      startMs: recording.startMs,
      endMs: recording.stopMs,
      availableMs: recording.availableMs,
      bytes: wavBytes(recording),
    })),
  };
}

type TimeKey = 'createdMs' | 'endedMs';

function firstAtLeast(list: readonly TaskModel[], key: TimeKey, timeMs: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]![key] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(list: TaskModel[], task: TaskModel, key: TimeKey): void {
  const last = list.at(-1);
  if (last === undefined || last[key] <= task[key]) list.push(task);
  else list.splice(firstAtLeast(list, key, task[key] + 1), 0, task);
}
