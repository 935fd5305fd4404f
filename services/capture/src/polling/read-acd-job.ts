import { type AcdLease, findAcd, LeaseRevokedError } from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { type Clock, inTransaction, type Logger } from '@wxcc-wfo/service-kit';
import type { WebexClient } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import type { AskMetadataJob } from '../metadata/ask-metadata-job.ts';
import type { StoreTasksJob } from '../tasks/store-tasks-job.ts';
import { pollLeases } from './lease-repository.ts';
import { createReadWindowJob, type ReadWindowJob } from './read-window-job.ts';
import { aheadOfServerMs, planReads, type TimeWindow, type WindowSettings } from './window-policy.ts';
import { beginLedgerOf, readLedger, readLedgerSource, recordReading } from './window-repository.ts';

export interface ReadAcdDeps {
  pool: Pool;
  storeTasks: StoreTasksJob;
  askMetadata: AskMetadataJob;
  clock: Clock;
  settings: { leaseMs: number; windows: WindowSettings };
  logger: Logger;
}

export interface ReadAcdInput {
  lease: AcdLease;
  source: WebexClient;
  signal: AbortSignal;
}

/** Reads what is due of an ACD, under its poll lease; says whether that was a long absence. */
export type ReadAcdJob = (o: ReadAcdInput) => Promise<{ isCatchingUp: boolean }>;

/** So many polls in a row fail before a window without an answer is cut down: most failures pass by themselves. */
const FAILED_POLLS_BEFORE_CUTTING = 2;
const LONG_ABSENCE_MS = 600_000;
/** A clock that is ahead by more than this part of the overlap is told of, and planned by no more. */
const PART_OF_OVERLAP = 0.25;

export function createReadAcdJob(deps: ReadAcdDeps): ReadAcdJob {
  const { windows } = deps.settings;
  /** By how much our clock is ahead of an ACD's, where that is much. */
  const aheadOfMs = new Map<string, number>();

  function watchClock(acdId: string, serverTimeMs: number): void {
    const aheadMs = aheadOfServerMs(deps.clock.nowMs(), serverTimeMs);
    const wasAhead = aheadOfMs.delete(acdId);
    if (aheadMs <= windows.overlapMs * PART_OF_OVERLAP) return;
    aheadOfMs.set(acdId, aheadMs);
    if (wasAhead) return;
    const text = 'the database’s clock is ahead of Webex’s; time is read up to Webex’s now: set the database’s clock';
    deps.logger.warn({ acdId, aheadMs }, text);
  }

  return async function readAcd({ lease, source, signal }) {
    const { acd } = lease;
    await beginLedger(deps, lease);
    const metadata = await deps.askMetadata(acd);
    const job = createReadWindowJob({
      acdId: acd.acdId,
      source,
      signal,
      metadata: metadata.options,
      clock: deps.clock,
      maxTasksPerWindow: windows.maxTasksPerWindow,
      ...writersOf(deps, lease),
      checkpoint: () => assertUnchanged(deps.pool, acd),
      onServerTime: (timeMs) => watchClock(acd.acdId, timeMs),
      onUnreadable: (window, error) => tellUnreadable(deps, acd, { window, error }),
    });
    try {
      return await readPlan(deps, lease, { job, aheadMs: aheadOfMs.get(acd.acdId) ?? 0 });
    } finally {
      await metadata.settle();
    }
  };
}

async function readPlan(
  deps: ReadAcdDeps,
  lease: AcdLease,
  { job, aheadMs }: { job: ReadWindowJob; aheadMs: number },
): Promise<{ isCatchingUp: boolean }> {
  const { windows } = deps.settings;
  const dueAtMs = deps.clock.nowMs();
  const nowMs = dueAtMs - aheadMs;
  const { acdId } = lease.acd;
  const ledger = await readLedger(deps.pool, { acdId, sweep: 'ended', dueAtMs, nowMs, settings: windows });
  const plan = planReads(ledger, nowMs, windows);
  const hasFailedBefore = lease.failures >= FAILED_POLLS_BEFORE_CUTTING;
  for (const window of plan.edge) await job.readWindow(window, { hasFailedBefore });
  for (const window of plan.gaps) {
    // Each that gets no answer takes as long as a call may: one of them, and then what is new comes first again.
    if (job.unanswered() > 0) break;
    await job.readWindow(window, { hasFailedBefore: true });
  }
  if (job.unfinished() !== null) throw job.unfinished();
  return { isCatchingUp: ledger.lastEndMs === null || nowMs - ledger.lastEndMs > LONG_ABSENCE_MS };
}

/** What a reading writes; all of it proves in its transaction that the lease is still ours. */
function writersOf(deps: ReadAcdDeps, lease: AcdLease) {
  const { acd, epoch } = lease;
  const { leaseMs, windows } = deps.settings;
  const hold = (tx: Parameters<typeof pollLeases.hold>[0]) =>
    pollLeases.hold(tx, lease, { nowMs: deps.clock.nowMs(), leaseMs });
  return {
    storePage: (tasks: Parameters<StoreTasksJob>[0]['tasks'], readAtMs: number) =>
      deps.storeTasks({ acd, tasks, readAtMs, fence: hold }),
    record: (reading: Parameters<typeof recordReading>[2]['reading']) =>
      inTransaction(deps.pool, async (tx) => {
        await hold(tx);
        await recordReading(tx, acd, { sweep: 'ended', epoch, reading, rowMs: windows.rowMs });
      }),
  };
}

/**
 * What is read belongs to the ACD as it was claimed. One that was changed meanwhile is claimed anew, so that neither its
 * boxes nor its mappings, organization or address are those of before for as long as an absence is caught up with.
 */
async function assertUnchanged(pool: Pool, acd: AcdChanged): Promise<void> {
  const now = await findAcd(pool, acd.acdId);
  if (now?.revision === acd.revision) return;
  throw new LeaseRevokedError(`ACD ${acd.acdId} was changed: it goes on being read as it is now.`);
}

async function beginLedger(deps: ReadAcdDeps, lease: AcdLease): Promise<void> {
  const { acdId, webexOrgId, apiUrl } = lease.acd;
  const source = `${webexOrgId} ${apiUrl.replace(/\/+$/, '')}`;
  if ((await readLedgerSource(deps.pool, acdId)) === source) return;
  const { leaseMs, windows } = deps.settings;
  const nowMs = deps.clock.nowMs();
  const sinceMs = nowMs - windows.initialLookbackMs;
  const begun = await inTransaction(deps.pool, async (tx) => {
    await pollLeases.hold(tx, lease, { nowMs, leaseMs });
    return await beginLedgerOf(tx, { acdId, source, sinceMs });
  });
  if (begun === 'begun-anew') {
    deps.logger.info({ acdId, sinceMs }, 'the ACD has another organization or address: its time is read again');
  }
}

function tellUnreadable(deps: ReadAcdDeps, acd: AcdChanged, o: { window: TimeWindow; error: unknown }): void {
  deps.logger.warn(
    { err: o.error, acdId: acd.acdId, ...o.window },
    'a window can’t be read; it is left as a gap, which is tried again ever later',
  );
}
