import type { TaskEnded } from '@wxcc-wfo/contracts';

/** Which tasks have recordings to import, and when to look again (MED-01, MED-08). Pure; times are epoch milliseconds. */

/** A task is imported if contacts are wanted of it and it is a call; other channels bring transcripts later. */
export function wantsImport(task: Pick<TaskEnded, 'channel' | 'contactsWanted'>): boolean {
  return task.channel === 'voice' && task.contactsWanted;
}

/** Whether the ACD gave a sign that it recorded. Without one it is asked once more, and then the job rests. */
export function expectsRecording(task: Pick<TaskEnded, 'recordingRequested' | 'activities'>): boolean {
  return task.recordingRequested === true || task.activities.some((row) => row.kind.startsWith('recording-'));
}

export interface ImportRules {
  firstRetryMs: number;
  /** The longest back-off of a young task; it grows to a tenth of the task's age, so that old ones cost little. */
  longestRetryMs: number;
  /** How long after the end the ACD is asked once more, for recordings that were added to those already stored. */
  settleMs: number;
  /** How long the ACD keeps captures; after that what was not had is listed as failed. */
  giveUpAfterMs: number;
  /** An old task (recaptured, or woken by hand) is refused at least so often before it is given up. */
  leastRefusals: number;
}

export const IMPORT_RULES: ImportRules = {
  firstRetryMs: 2_000,
  longestRetryMs: 30 * 60_000,
  settleMs: 10 * 60_000,
  giveUpAfterMs: 30 * 24 * 3_600_000,
  leastRefusals: 5,
};

/** The order in which due jobs get their turn; smaller goes first. */
export const PRIORITY = {
  /** Something is to be had. */
  live: 0,
  /** Failed so often that what has just ended goes before it. */
  stubborn: 1,
  /** All that was offered is stored; only looked at once more, with others in one query. */
  relook: 2,
} as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

const STUBBORN_AFTER_ATTEMPTS = 6;

/** Why a look brought nothing, or not everything. */
export interface ImportFailure {
  code: string;
  reason: string;
  /** It ails this task alone; not so an outage, a used-up budget or a missing token, which never end a job. */
  isOfTask: boolean;
}

/** What one look at a task’s captures brought. */
export interface ImportLook {
  offered: number;
  stored: number;
  failure: ImportFailure | null;
}

export interface ImportJobFacts {
  /** Those since the last success, this one counted. */
  attempts: number;
  /** Of those, the ones before this one in which something was missing because of the task itself. */
  refusals: number;
  endedAtMs: number;
  recordingExpected: boolean;
}

export type ImportVerdict =
  | ({ state: 'waiting'; atMs: number; priority: Priority } & (
      | { code: string; reason: string; isOfTask: boolean }
      | { code: null; reason: null }
    ))
  | { state: 'done'; code: string | null; reason: string | null }
  | { state: 'failed'; code: string; reason: string };

/** What follows from a look: done, or when to look again, or failed for good with the reason. */
export function judgeImport(
  look: ImportLook,
  job: ImportJobFacts,
  at: { nowMs: number; random: number },
  rules: ImportRules = IMPORT_RULES,
): ImportVerdict {
  const missing = look.failure !== null || look.stored < look.offered || (look.offered === 0 && job.recordingExpected);
  if (!missing) return judgeWhole(look, job, at, rules);
  const code = look.failure?.code ?? 'not-offered';
  const reason = look.failure?.reason ?? 'The ACD does not offer the recording yet.';
  const isOfTask = look.failure?.isOfTask ?? true;
  const isOver = at.nowMs >= job.endedAtMs + rules.giveUpAfterMs;
  if (isOver && isOfTask && job.refusals + 1 >= rules.leastRefusals) return { state: 'failed', code, reason };
  const priority = job.attempts > STUBBORN_AFTER_ATTEMPTS ? PRIORITY.stubborn : PRIORITY.live;
  return { state: 'waiting', atMs: at.nowMs + backOffMs(job, at, rules), priority, code, reason, isOfTask };
}

function judgeWhole(look: ImportLook, job: ImportJobFacts, at: { nowMs: number }, rules: ImportRules): ImportVerdict {
  const settledAtMs = job.endedAtMs + rules.settleMs;
  if (at.nowMs < settledAtMs) {
    return { state: 'waiting', atMs: settledAtMs, priority: PRIORITY.relook, code: null, reason: null };
  }
  if (look.offered > 0) return { state: 'done', code: null, reason: null };
  return { state: 'done', code: 'not-recorded', reason: 'The ACD did not record this call.' };
}

/** Doubles with each attempt, between half and the whole of it. */
function backOffMs(job: ImportJobFacts, at: { nowMs: number; random: number }, rules: ImportRules): number {
  const longestMs = Math.max(rules.longestRetryMs, (at.nowMs - job.endedAtMs) / 10);
  const ceilingMs = Math.min(longestMs, rules.firstRetryMs * 2 ** Math.min(Math.max(0, job.attempts - 1), 40));
  return Math.ceil(ceilingMs * (0.5 + 0.5 * at.random));
}
