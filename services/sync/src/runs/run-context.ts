import type { RoleReports, TokenSource } from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { DatabaseClock, Logger } from '@wxcc-wfo/service-kit';
import type { Pool, PoolClient } from 'pg';
import type { DirectorySource } from '../reconcile/directory-kinds.ts';
import { type SyncLease, syncLeases } from './lease-repository.ts';
import type { Retention, SyncRun } from './run-repository.ts';

export interface SyncSettingsOfProcess {
  leaseMs: number;
  /** How many ACDs one process syncs at once. */
  concurrency: number;
  /** How often due ACDs are looked for. */
  checkEveryMs: number;
  retention: Retention;
}

/**
 * What follows from a run's changes before it is done (SYNC-07); called again, for the same run, by whoever takes over
 * after a kill. What it does is guarded by the rows that it locks.
 */
export type AfterChanges = (
  pool: Pool,
  run: { tenantId: string; acdId: string; runId: string; nowMs: number },
) => Promise<unknown>;

export interface SyncJobDeps {
  pool: Pool;
  clock: DatabaseClock;
  logger: Logger;
  sourceOf(acd: AcdChanged): DirectorySource;
  tokens: Pick<TokenSource, 'copyNewer'>;
  reports: Pick<RoleReports, 'report'>;
  afterChanges?: AfterChanges;
  owner: string;
  /** Whose ACDs are synced (ACD-04). */
  dataServer: string;
  settings: SyncSettingsOfProcess;
}

/** A run under its lease. */
export interface RunContext {
  deps: SyncJobDeps;
  lease: SyncLease;
  run: SyncRun;
  signal: AbortSignal;
}

/** First in every transaction of a run: whoever lost the lease, or the ACD, commits nothing. */
export async function fence({ deps, lease }: Pick<RunContext, 'deps' | 'lease'>, tx: PoolClient): Promise<void> {
  await syncLeases.hold(tx, lease, { nowMs: deps.clock.nowMs(), leaseMs: deps.settings.leaseMs });
}
