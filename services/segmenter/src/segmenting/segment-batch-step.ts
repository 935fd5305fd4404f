import type { RecordingAvailable, TaskEnded } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { readAssigned, storeAssigned } from './assigned-contact-repository.ts';
import {
  keyText,
  lockTasks,
  readRecordings,
  readTasks,
  storeRecordings,
  storeTasks,
  type TaskKey,
} from './facts-repository.ts';
import { type AssignedContact, segmentTask } from './segment-task.ts';

/**
 * Takes in facts of many tasks, in one transaction and a handful of statements, and gives the contacts that changed.
 * Each locks the rows of its tasks in key order before it reads, so that two replicas that hold related keys of the two
 * topics decide one after the other, each on all facts (architecture rule 3).
 */
export interface SegmentBatchStep {
  ofTasks(tx: SqlClient, tasks: readonly TaskEnded[]): Promise<AssignedContact[]>;
  ofRecordings(tx: SqlClient, recordings: readonly RecordingAvailable[]): Promise<AssignedContact[]>;
}

export function createSegmentBatchStep({ nowMs }: { nowMs(): number }): SegmentBatchStep {
  async function segmentAll(tx: SqlClient, tasks: readonly TaskEnded[], unseen: ReadonlySet<string>) {
    // What was never seen before has neither recordings nor contacts.
    const known: TaskKey[] = tasks.filter((task) => !unseen.has(keyText(task)));
    const recordings = await readRecordings(tx, known);
    const assigned = await readAssigned(tx, known);
    const changed = tasks.flatMap((task) =>
      segmentTask({
        task,
        recordings: recordings.get(keyText(task)) ?? [],
        assigned: assigned.get(keyText(task)) ?? [],
        nowMs: nowMs(),
      }),
    );
    await storeAssigned(tx, changed);
    return changed;
  }

  return {
    async ofTasks(tx, tasks) {
      const newest = newestRevisions(tasks);
      const stored = await storeTasks(tx, [...newest.values()], nowMs());
      const unseen = new Set(stored.filter(({ isNew }) => isNew).map(({ key }) => keyText(key)));
      return await segmentAll(
        tx,
        stored.map(({ key }) => newest.get(keyText(key))!),
        unseen,
      );
    },
    async ofRecordings(tx, recordings) {
      await lockTasks(tx, recordings, nowMs());
      const touched = await storeRecordings(tx, recordings);
      return await segmentAll(tx, await readTasks(tx, touched), new Set());
    },
  };
}

/** Of several revisions of one task in a batch only the newest counts. */
function newestRevisions(tasks: readonly TaskEnded[]): Map<string, TaskEnded> {
  const newest = new Map<string, TaskEnded>();
  for (const task of tasks) {
    const key = keyText(task);
    const known = newest.get(key);
    if (known === undefined || known.revision < task.revision) newest.set(key, task);
  }
  return newest;
}
