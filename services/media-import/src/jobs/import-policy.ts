import type { TaskEnded } from '@wxcc-wfo/contracts';

/** Which tasks have recordings to import, and when to look again (MED-01, MED-08). Pure; times are epoch milliseconds. */

/** A task is imported if contacts are wanted of it and it is a call; other channels bring transcripts later. */
export function wantsImport(task: TaskEnded): boolean {
  return task.channel === 'voice' && task.contactsWanted;
}

/** Whether the ACD gave a sign that it recorded. Without one it is asked once more, and then the job rests. */
export function expectsRecording(task: TaskEnded): boolean {
  return task.recordingRequested === true || task.activities.some((row) => row.kind.startsWith('recording-'));
}

export interface ImportRules {
  firstRetryMs: number;
  longestRetryMs: number;
  /** How long after the end the ACD is asked once more, for recordings that were added to those already stored. */
  settleMs: number;
  /** How long the ACD keeps captures; after that what was not had is listed as failed. */
  giveUpAfterMs: number;
}

export const IMPORT_RULES: ImportRules = {
  firstRetryMs: 2_000,
  longestRetryMs: 30 * 60_000,
  settleMs: 10 * 60_000,
  giveUpAfterMs: 30 * 24 * 3_600_000,
};

/** What one look at a task’s captures brought. */
export interface ImportLook {
  offered: number;
  stored: number;
  failure: { code: string; reason: string } | null;
}

export interface ImportJobFacts {
  attempts: number;
  endedAtMs: number;
  recordingExpected: boolean;
}

export type ImportVerdict =
  | { state: 'waiting'; atMs: number; code: string | null; reason: string | null }
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
  const settledAtMs = job.endedAtMs + rules.settleMs;
  if (!missing) {
    if (at.nowMs < settledAtMs) return { state: 'waiting', atMs: settledAtMs, code: null, reason: null };
    if (look.offered > 0) return { state: 'done', code: null, reason: null };
    return { state: 'done', code: 'not-recorded', reason: 'The ACD did not record this call.' };
  }
  const code = look.failure?.code ?? 'not-offered';
  const reason = look.failure?.reason ?? 'The ACD does not offer the recording yet.';
  if (at.nowMs >= job.endedAtMs + rules.giveUpAfterMs) return { state: 'failed', code, reason };
  const ceilingMs = Math.min(rules.longestRetryMs, rules.firstRetryMs * 2 ** Math.min(job.attempts, 20));
  return { state: 'waiting', atMs: at.nowMs + Math.ceil(ceilingMs * (0.5 + 0.5 * at.random)), code, reason };
}
