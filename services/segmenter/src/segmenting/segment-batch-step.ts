import type { RecordingAvailable, RecordingUnavailable } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { readAssigned, storeAssigned } from './assigned-contact-repository.ts';
import { type EndedTask, factsOf } from './ended-task.ts';
import {
  lockTasks,
  readRecordings,
  readTasks,
  revisionOf,
  type StoredTask,
  storeRecordings,
  storeTasks,
  storeVerdicts,
  type TaskFacts,
} from './facts-repository.ts';
import { type AssignedContact, segmentTask } from './segment-task.ts';
import { keyText, type TaskKey } from './task-key.ts';

/**
 * Takes in facts of many tasks, in one transaction and a handful of statements, and gives the contacts that changed.
 * Each locks the rows of its tasks in key order before it reads, so that two replicas that hold related keys of the
 * topics decide one after the other, each on all facts (architecture rule 3).
 */
export interface SegmentBatchStep {
  ofTasks(tx: SqlClient, tasks: readonly EndedTask[]): Promise<AssignedContact[]>;
  ofRecordings(tx: SqlClient, recordings: readonly RecordingAvailable[]): Promise<AssignedContact[]>;
  ofVerdicts(tx: SqlClient, verdicts: readonly RecordingUnavailable[]): Promise<AssignedContact[]>;
}

export function createSegmentBatchStep({ nowMs }: { nowMs(): number }): SegmentBatchStep {
  async function segmentAll(tx: SqlClient, tasks: readonly TaskFacts[]): Promise<AssignedContact[]> {
    const keys: TaskKey[] = tasks.map(({ task }) => task);
    const recordings = await readRecordings(tx, keys);
    const assigned = await readAssigned(tx, keys);
    return tasks.flatMap(({ task, verdict }) =>
      segmentTask({
        task,
        verdict,
        recordings: recordings.get(keyText(task)) ?? [],
        assigned: assigned.get(keyText(task)) ?? [],
        nowMs: nowMs(),
      }),
    );
  }

  async function stored(tx: SqlClient, changed: AssignedContact[]): Promise<AssignedContact[]> {
    await storeAssigned(tx, changed);
    return changed;
  }

  return {
    async ofTasks(tx, tasks) {
      const changed: AssignedContact[] = [];
      for (const round of roundsOf(tasks)) {
        const news = await storeTasks(tx, [...round.values()], nowMs());
        const taskOf = ({ key }: StoredTask) => round.get(keyText(key))!;
        // What was never seen before has neither recordings nor verdict nor contacts.
        const unseen = news.filter(({ isNew }) => isNew).map(taskOf);
        const known = news.filter(({ isNew }) => !isNew);
        const facts = known.map((one) => ({ task: factsOf(taskOf(one)), verdict: one.verdict }));
        const contacts = [...unseen.flatMap((task) => task.firstContacts), ...(await segmentAll(tx, facts))];
        changed.push(...(await stored(tx, contacts)));
      }
      return changed;
    },
    async ofRecordings(tx, recordings) {
      await lockTasks(tx, recordings, nowMs());
      const fileOf = (one: RecordingAvailable) => `${keyText(one)}:${one.recordingId}:${one.generation}`;
      const touched = await storeRecordings(tx, newestOf(recordings, fileOf, revisionOf));
      return await stored(tx, await segmentAll(tx, await readTasks(tx, touched)));
    },
    async ofVerdicts(tx, verdicts) {
      await lockTasks(tx, verdicts, nowMs());
      const touched = await storeVerdicts(
        tx,
        newestOf(verdicts, keyText, ({ version }) => version),
      );
      return await stored(tx, await segmentAll(tx, await readTasks(tx, touched)));
    },
  };
}

/**
 * Revisions of one task go one after the other, as if each had come alone: a contact keeps the id that the first one gave
 * it, wherever a batch ends (architecture rule 8). Nearly always there is one round. What is not newer than one before it
 * is left out.
 */
function roundsOf(tasks: readonly EndedTask[]): Map<string, EndedTask>[] {
  const rounds: Map<string, EndedTask>[] = [];
  const latest = new Map<string, { revision: number; round: number }>();
  for (const task of tasks) {
    const key = keyText(task);
    const before = latest.get(key);
    if (before !== undefined && before.revision >= task.revision) continue;
    const round = (before?.round ?? -1) + 1;
    latest.set(key, { revision: task.revision, round });
    rounds[round] ??= new Map();
    rounds[round].set(key, task);
  }
  return rounds;
}

/** Of several versions of one thing in a batch only the newest counts. */
function newestOf<T>(items: readonly T[], keyOf: (item: T) => string, versionOf: (item: T) => number): T[] {
  const newest = new Map<string, T>();
  for (const item of items) {
    const known = newest.get(keyOf(item));
    if (known === undefined || versionOf(known) < versionOf(item)) newest.set(keyOf(item), item);
  }
  return [...newest.values()];
}
