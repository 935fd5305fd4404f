import { inTransaction, tidyHeap } from '@wxcc-wfo/service-kit';
import { judgeBrake } from '../reconcile/brake-policy.ts';
import type { Kind } from '../reconcile/decision.ts';
import { type DirectoryKind, directoryKinds, type Refused } from '../reconcile/directory-kinds.ts';
import { resolveDefaults } from '../settings/settings-repository.ts';
import { deletePlan, insertChanges, measureDeactivations, type StoredChange } from './change-repository.ts';
import { describeFailure } from './describe-failure.ts';
import { planKind } from './plan-kind.ts';
import { fence, type RunContext } from './run-context.ts';
import { type Counts, type Listings, noCounts, type RunProblem, type RunState, runDate } from './run-policy.ts';
import { isOfOneKind, tellProblem } from './run-problem-policy.ts';
import { lockRuns, moveRun, type SyncRun } from './run-repository.ts';

/** What a reading came to. */
export interface Reading {
  counts: Counts;
  listings: Listings;
  plannedChanges: number;
  /** Records that were seen when the heap was tidied last. */
  tidiedAtSeen: number;
  /** How long Webex asks to be left alone, where it does. */
  retryAfterMs: number | null;
}

/**
 * Reads every kind and writes the plan of the run, chunk by chunk. A kind whose listing breaks off is marked partial and
 * the others go on. @throws when nothing could be read at all, or for a reason that concerns the whole ACD
 */
export async function readAndPlan(context: RunContext): Promise<Reading> {
  const { deps, lease, run } = context;
  const { acd } = lease;
  const defaults = await resolveDefaults(deps.pool, acd);
  const kinds = directoryKinds({
    ...defaults,
    runDate: run.runDate ?? runDate(deps.clock.nowMs(), acd.dataRecapture?.timeZone ?? null),
    isOneDotZero: acd.variant.startsWith('1.0'),
  });
  const reading: Reading = { counts: {}, listings: {}, plannedChanges: 0, tidiedAtSeen: 0, retryAfterMs: null };
  let firstFailure: unknown;
  for (const kind of kinds) {
    // Each kind brings its own types; the planner only passes them from its reader to its rules.
    const failure = await readOneKind(context, reading, kind as unknown as AnyKind);
    firstFailure ??= failure;
  }
  const isNothingRead = kinds.every(
    ({ kind }) => reading.listings[kind]?.state === 'partial' && reading.counts[kind]?.seen === 0,
  );
  if (isNothingRead) throw firstFailure;
  return reading;
}

type AnyKind = DirectoryKind<{ webexId: string }, { itemId: string; webexId: string }>;

async function readOneKind(context: RunContext, reading: Reading, of: AnyKind): Promise<unknown> {
  const { deps, lease, signal } = context;
  const counts = noCounts();
  const refused: Refused[] = [];
  reading.counts[of.kind] = counts;
  reading.listings[of.kind] = { state: 'reading', problem: null };
  let failure: unknown;
  try {
    await planKind(
      {
        acdId: lease.acd.acdId,
        source: deps.sourceOf(lease.acd),
        sql: deps.pool,
        signal,
        counts,
        write: (changes) => writePlan(context, reading, changes),
        onRefused: (record) => refused.push(record),
      },
      of,
    );
    reading.listings[of.kind] = { state: 'complete', problem: tellRefused(of.kind, refused) };
  } catch (error) {
    signal.throwIfAborted();
    const described = describeFailure(error);
    if (!isOfOneKind(described)) throw error;
    reading.listings[of.kind] = { state: 'partial', problem: tellProblem(described) };
    reading.retryAfterMs = described.retryAfterMs ?? reading.retryAfterMs;
    deps.logger.warn(
      { err: error, acdId: lease.acd.acdId, kind: of.kind },
      'a listing broke off; nothing is concluded of it',
    );
    failure = error;
  }
  await writePlan(context, reading, []);
  return failure;
}

async function writePlan(
  context: RunContext,
  reading: Reading,
  changes: Omit<StoredChange, 'seq' | 'outcome'>[],
): Promise<void> {
  const { deps, run } = context;
  await inTransaction(deps.pool, async (tx) => {
    await fence(context, tx);
    const numbered = changes.map((change, index) => ({ ...change, seq: reading.plannedChanges + index + 1 }));
    await insertChanges(tx, run, numbered);
    const plannedChanges = reading.plannedChanges + changes.length;
    await tx.query('UPDATE sync_run SET counts = $2, listings = $3, planned_changes = $4 WHERE run_id = $1', [
      run.runId,
      JSON.stringify(reading.counts),
      JSON.stringify(reading.listings),
      plannedChanges,
    ]);
  });
  reading.plannedChanges += changes.length;
  tidyNowAndThen(reading);
}

/** The pages of so many records are garbage that V8 would else let grow beyond what the service may take. */
const RECORDS_PER_TIDYING = 5_000;

function tidyNowAndThen(reading: Reading): void {
  const seen = Object.values(reading.counts).reduce((sum, counts) => sum + counts.seen, 0);
  if (seen - reading.tidiedAtSeen < RECORDS_PER_TIDYING) return;
  reading.tidiedAtSeen = seen;
  tidyHeap();
}

const SHOWN_REFUSALS = 5;

function tellRefused(kind: Kind, refused: readonly Refused[]): RunProblem | null {
  if (refused.length === 0) return null;
  const some = refused.slice(0, SHOWN_REFUSALS).map((record) => record.refusal);
  const more = refused.length > SHOWN_REFUSALS ? `, and ${refused.length - SHOWN_REFUSALS} more` : '';
  return {
    code: 'records-refused',
    detail: `${refused.length} of kind ${kind} could not be taken over: ${some.join('; ')}${more}.`,
    remedy: 'Correct them in Webex Contact Center, or report it. What is known of them stays as it is.',
  };
}

/** Where a planned run goes: the brake, the runs that wait beside it, and what it was asked for decide (SYNC-06). */
export async function settlePlan(context: RunContext): Promise<RunState> {
  const { deps, lease, run } = context;
  const { acdId } = lease.acd;
  return await inTransaction(deps.pool, async (tx) => {
    await fence(context, tx);
    const nowMs = deps.clock.nowMs();
    const { brakeShare } = await resolveDefaults(tx, lease.acd);
    const measured = await measureDeactivations(tx, { runId: run.runId, acdId });
    const brake = { ...judgeBrake({ ...measured, limit: brakeShare }), digest: measured.digest };
    const planned = { ...run, state: 'planned' as const };
    const move = async (to: RunState, problem: RunProblem | null = null) => {
      const isEnd = to === 'done' || to === 'stopped';
      await moveRun(tx, planned, { to, fields: { brake, problem, ...(isEnd ? { endedAtMs: nowMs } : {}) } });
      return to;
    };
    if (run.trigger === 'dry-run') return await move('done', brake.isHeld ? tellHeld(brake) : null);
    const [approved] = await lockRuns(tx, acdId, ['applying']);
    if (approved) return await drop(tx, run, () => move('stopped', superseded(approved)));
    const [waiting] = await lockRuns(tx, acdId, ['awaiting-approval']);
    if (brake.isHeld && waiting?.brake?.digest === brake.digest) {
      return await drop(tx, run, () => move('stopped', stillWaiting(waiting)));
    }
    if (waiting) await moveRun(tx, waiting, { to: 'stopped', fields: { problem: superseded(run), endedAtMs: nowMs } });
    return brake.isHeld ? await move('awaiting-approval', tellHeld(brake)) : await move('applying');
  });
}

async function drop(tx: Parameters<typeof deletePlan>[0], run: SyncRun, move: () => Promise<RunState>) {
  await deletePlan(tx, run.runId);
  return await move();
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;

const tellHeld = (brake: { deactivations: number; activeUsers: number; share: number; limit: number }): RunProblem => ({
  code: 'brake',
  detail: `The run would deactivate ${brake.deactivations} of ${brake.activeUsers} active users (${percent(brake.share)}); the set limit is ${percent(brake.limit)}. It changed nothing.`,
  remedy: 'Look at its changes, then approve or reject the run. A later run that needs no approval takes its place.',
});

const superseded = (by: Pick<SyncRun, 'runId'>): RunProblem => ({
  code: 'superseded',
  detail: `Run ${by.runId} took the place of this one.`,
  remedy: 'See that run.',
});

const stillWaiting = (run: SyncRun): RunProblem => ({
  code: 'still-awaiting-approval',
  detail: `The run found the same deactivations as run ${run.runId}, which waits for approval. It changed nothing.`,
  remedy: `Approve or reject run ${run.runId}.`,
});
