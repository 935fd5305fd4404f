import type { TaskEnded } from '@wxcc-wfo/contracts';
import { type AssignedContact, segmentTask } from './segment-task.ts';
import type { TaskKey } from './task-key.ts';

/**
 * An ended task as it waits for its transaction: its JSON for the database, and the contacts that it has if nothing else
 * is known of it, which is so nearly always when it is told first. They are made while its facts are at hand; the facts
 * themselves are much larger, and whoever needs them again reads them again.
 */
export interface EndedTask extends TaskKey {
  revision: number;
  /** Its JSON, as the event brought it. */
  text: string;
  /** What `segmentTask` says of it without recordings, verdict and earlier contacts. */
  firstContacts: AssignedContact[];
}

export function readEndedTask(task: TaskEnded, text: string, nowMs: number): EndedTask {
  const { tenantId, acdId, taskId, revision } = task;
  const firstContacts = segmentTask({ task, recordings: [], verdict: null, assigned: [], nowMs });
  return { tenantId, acdId, taskId, revision, text, firstContacts };
}

/** The facts of the task. Its event was checked against the contract when it was read. */
export const factsOf = ({ text }: EndedTask): TaskEnded => JSON.parse(text) as TaskEnded;
