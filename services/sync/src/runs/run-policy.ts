import type { Change, Decision, Kind } from '../reconcile/decision.ts';

export const RUN_STATES = [
  'queued',
  'reading',
  'planned',
  'awaiting-approval',
  'applying',
  'done',
  'failed',
  'rejected',
  'stopped',
] as const;
export type RunState = (typeof RUN_STATES)[number];
export const RUN_TRIGGERS = ['interval', 'demand', 'dry-run'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

interface StateRules {
  /** Where a run may go from here. */
  next: readonly RunState[];
  /** What a worker that finds a run here does with it: the one before was killed, or a person decided. */
  whenFound: 'start' | 'give up and begin anew' | 'resume' | 'leave';
}

/** The life of a run; a new state does not compile until this table answers for it. */
export const RUN_RULES: Record<RunState, StateRules> = {
  queued: { next: ['reading', 'stopped'], whenFound: 'start' },
  reading: { next: ['queued', 'planned', 'failed', 'stopped'], whenFound: 'give up and begin anew' },
  planned: {
    next: ['queued', 'awaiting-approval', 'applying', 'done', 'failed', 'stopped'],
    whenFound: 'give up and begin anew',
  },
  'awaiting-approval': { next: ['applying', 'rejected', 'stopped'], whenFound: 'leave' },
  // What is applied stays applied; the rest follows, chunk by chunk, whoever does it.
  applying: { next: ['done', 'stopped'], whenFound: 'resume' },
  done: { next: [], whenFound: 'leave' },
  failed: { next: [], whenFound: 'leave' },
  rejected: { next: [], whenFound: 'leave' },
  stopped: { next: [], whenFound: 'leave' },
};

/** SYNC-01: what a run counts of each kind. */
export interface KindCounts {
  /** Records of the listing. */
  seen: number;
  added: number;
  /** Renamed or otherwise changed, given the agent role back, or active again. */
  changed: number;
  deactivated: number;
  unchanged: number;
  /** The ACD's state was noted and nothing else. */
  marked: number;
  /** Not Active in the ACD and never known here (SYNC-04), or an inactive team (SYNC-05). */
  notImported: number;
  /** What could not be taken over; the run says why. */
  refused: number;
}
export type Counts = Partial<Record<Kind, KindCounts>>;

export const noCounts = (): KindCounts => ({
  seen: 0,
  added: 0,
  changed: 0,
  deactivated: 0,
  unchanged: 0,
  marked: 0,
  notImported: 0,
  refused: 0,
});

const COUNTED_AS: Record<Change, keyof KindCounts> = {
  add: 'added',
  change: 'changed',
  reactivate: 'changed',
  deactivate: 'deactivated',
  mark: 'marked',
};

export function count(counts: KindCounts, decision: Decision): void {
  if (decision.kind === 'planned') counts[COUNTED_AS[decision.change]] += 1;
  else counts[decision.kind === 'unchanged' ? 'unchanged' : 'notImported'] += 1;
}

export interface RunProblem {
  code: string;
  detail: string;
  remedy: string;
}

/** How far the listing of a kind came. Deletions are concluded from `complete` ones alone (SYNC-06). */
export interface Listing {
  state: 'reading' | 'complete' | 'partial';
  problem: RunProblem | null;
}
export type Listings = Partial<Record<Kind, Listing>>;

/** When the next run of the interval is due: spread a little, so that not all ACDs ask at once. */
export function nextIntervalMs(o: { startedAtMs: number; intervalMinutes: number; random: number }): number {
  const intervalMs = Math.max(10, o.intervalMinutes) * 60_000;
  const jitterMs = Math.min(60_000, intervalMs / 20) * o.random;
  return Math.round(o.startedAtMs + intervalMs + jitterMs);
}

const FIRST_RETRY_MS = 60_000;

/** A failed run is tried again after a minute, two, four, … but no later than the interval; `Retry-After` wins. */
export function retryDelayMs(o: {
  failuresBefore: number;
  intervalMinutes: number;
  retryAfterMs: number | null;
}): number {
  if (o.retryAfterMs !== null) return Math.max(o.retryAfterMs, FIRST_RETRY_MS);
  const intervalMs = Math.max(10, o.intervalMinutes) * 60_000;
  return Math.min(intervalMs, FIRST_RETRY_MS * 2 ** Math.min(o.failuresBefore, 20));
}

/** The date of the run where the ACD is, as far as it is told; else in UTC. */
export function runDate(nowMs: number, timeZone: string | null): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: timeZone ?? 'UTC', dateStyle: 'short' }).format(nowMs);
}
