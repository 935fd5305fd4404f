import { randomUUID } from 'node:crypto';
import { inTransaction } from '@wxcc-wfo/service-kit';
import type { PoolClient } from 'pg';
import { deletePlan } from './change-repository.ts';
import type { SyncLease } from './lease-repository.ts';
import { fence, type SyncJobDeps } from './run-context.ts';
import { RUN_RULES, RUN_STATES, type RunProblem, runDate } from './run-policy.ts';
import { lockRuns, moveRun, queueRun, type SyncRun } from './run-repository.ts';

const INTERRUPTED: RunProblem = {
  code: 'interrupted',
  detail: 'The process that ran it was ended before the plan was made. It changed nothing.',
  remedy: 'Nothing: a new run follows at once.',
};

const statesWhere = (whenFound: string) => RUN_STATES.filter((state) => RUN_RULES[state].whenFound === whenFound);

/**
 * What a worker that just claimed an ACD works on: what is left of an approved or interrupted applying first, then what
 * was asked for, then the interval's run. A reading that somebody left behind is given up.
 */
export async function beginTurn(deps: SyncJobDeps, lease: SyncLease): Promise<SyncRun | null> {
  const { acd } = lease;
  return await inTransaction(deps.pool, async (tx) => {
    await fence({ deps, lease }, tx);
    const nowMs = deps.clock.nowMs();
    for (const left of await lockRuns(tx, acd.acdId, statesWhere('give up and begin anew'))) {
      await deletePlan(tx, left.runId);
      await giveUp(tx, left, nowMs);
    }
    const [resumed] = await lockRuns(tx, acd.acdId, statesWhere('resume'));
    if (resumed) return resumed;
    if (!isWorkable(lease)) return null;
    const queued = await lockRuns(tx, acd.acdId, statesWhere('start'));
    // A real run does all that a dry run would show.
    const run =
      queued.find(({ trigger }) => trigger === 'demand') ??
      queued[0] ??
      (await queueRun(tx, {
        runId: randomUUID(),
        tenantId: acd.tenantId,
        acdId: acd.acdId,
        trigger: 'interval',
        requestedBy: null,
        requestedAtMs: nowMs,
      }));
    if (!run) return null;
    const fields = { startedAtMs: nowMs, runDate: runDate(nowMs, acd.dataRecapture?.timeZone ?? null) };
    await moveRun(tx, run, { to: 'reading', fields });
    return { ...run, ...fields, state: 'reading' };
  });
}

/** What somebody asked for is begun anew under its own id, unless the same was asked for again meanwhile. */
async function giveUp(tx: PoolClient, left: SyncRun, nowMs: number): Promise<void> {
  const queued = await lockRuns(tx, left.acdId, ['queued']);
  if (left.trigger !== 'interval' && !queued.some(({ trigger }) => trigger === left.trigger)) {
    await moveRun(tx, left, { to: 'queued', fields: { counts: {}, listings: {}, plannedChanges: 0 } });
  } else {
    await moveRun(tx, left, { to: 'failed', fields: { problem: INTERRUPTED, endedAtMs: nowMs } });
  }
}

const isWorkable = ({ acd }: SyncLease) => acd.authorization === 'authorized';
