import type { RoleReports, TokenSource } from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { DatabaseClock, Logger } from '@wxcc-wfo/service-kit';
import type { Pool, PoolClient } from 'pg';
import type { DirectorySource } from '../reconcile/directory-kinds.ts';
import { holdLease, type SyncLease } from './lease-repository.ts';
import type { Retention, SyncRun } from './run-repository.ts';

export interface SyncSettingsOfProcess {
  leaseMs: number;
  /** How many ACDs one process syncs at once. */
  concurrency: number;
  /** How often due ACDs are looked for. */
  checkEveryMs: number;
  retention: Retention;
}

/** What is looked for among users and teams once a run has applied its plan: probable duplicates (SYNC-07). */
export type FindDuplicates = (o: {
  pool: Pool;
  acd: AcdChanged;
  runId: string;
  nowMs: number;
  /** To be called first in every transaction that writes: throws when the run is not ours any more. */
  fence(tx: PoolClient): Promise<void>;
}) => Promise<void>;

export interface SyncJobDeps {
  pool: Pool;
  clock: DatabaseClock;
  logger: Logger;
  sourceOf(acd: AcdChanged): DirectorySource;
  tokens: Pick<TokenSource, 'copyNewer'>;
  reports: Pick<RoleReports, 'report'>;
  findDuplicates?: FindDuplicates;
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
  await holdLease(tx, lease, { nowMs: deps.clock.nowMs(), leaseMs: deps.settings.leaseMs });
}
