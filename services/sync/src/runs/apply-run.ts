import { inTransaction, tidyHeap } from '@wxcc-wfo/service-kit';
import type { PoolClient } from 'pg';
import { applyQueues, applyReferenceItems, applyTeams } from '../apply/apply-items.ts';
import { type ApplyContext, applyUsers } from '../apply/apply-users.ts';
import { ensureDefaults, resolveDefaults } from '../settings/settings-repository.ts';
import { nextChanges, type StoredChange, settleChanges } from './change-repository.ts';
import { fence, type RunContext } from './run-context.ts';
import { moveRun } from './run-repository.ts';

/** One transaction changes, publishes and settles so many rows of the plan at most. */
const CHUNK = 500;
/** What so many chunks left behind is collected at once: the service has to stay small. */
const CHUNKS_PER_TIDYING = 10;

/**
 * After many new rows Postgres knows nothing of them until its own time for it comes, and would go through all users for
 * each one that is compared with the others.
 */
const REFRESH_STATISTICS = 'ANALYZE directory_user, directory_team, directory_queue';

/**
 * Applies what is left of a run's plan and ends the run. Whoever is killed here leaves whole chunks behind; the next
 * one goes on with the rest.
 */
export async function applyRun(context: RunContext): Promise<void> {
  const { deps, lease, run } = context;
  await inTransaction(deps.pool, async (tx) => {
    await fence(context, tx);
    await ensureDefaults(tx, lease.acd, deps.clock.nowMs());
  });
  const chunks = await applyChunks(context);
  if (chunks > 1) await deps.pool.query(REFRESH_STATISTICS);
  const { tenantId, acdId } = lease.acd;
  await deps.afterChanges?.(deps.pool, { tenantId, acdId, runId: run.runId, nowMs: deps.clock.nowMs() });
  await inTransaction(deps.pool, async (tx) => {
    await fence(context, tx);
    await moveRun(
      tx,
      { ...run, state: 'applying' },
      { to: 'done', fields: { problem: null, endedAtMs: deps.clock.nowMs() } },
    );
  });
}

/** Gives how many chunks there were. */
async function applyChunks(context: RunContext): Promise<number> {
  const { deps, run, signal } = context;
  for (let chunks = 0; ; chunks += 1) {
    signal.throwIfAborted();
    const isMore = await inTransaction(deps.pool, async (tx) => {
      await fence(context, tx);
      const changes = await nextChanges(tx, run.runId, CHUNK);
      if (changes.length > 0) await applyChunk(context, tx, changes);
      return changes.length > 0;
    });
    if (!isMore) return chunks;
    if (chunks % CHUNKS_PER_TIDYING === CHUNKS_PER_TIDYING - 1) tidyHeap();
  }
}

async function applyChunk({ deps, lease, run }: RunContext, tx: PoolClient, changes: StoredChange[]): Promise<void> {
  const { tenantId, acdId } = lease.acd;
  const { defaultTeamId } = await resolveDefaults(tx, lease.acd);
  const apply: ApplyContext = { tenantId, acdId, nowMs: deps.clock.nowMs(), defaultTeamId };
  const of = (...kinds: string[]) => changes.filter((change) => kinds.includes(change.kind));
  const applied = [
    ...(await applyTeams(tx, apply, of('team'))),
    ...(await applyQueues(tx, apply, of('queue'))),
    ...(await applyReferenceItems(tx, apply, of('site', 'entry-point', 'auxiliary-code'))),
    ...(await applyUsers(tx, apply, of('user'))),
  ];
  await settleChanges(tx, { runId: run.runId, changes, applied: new Set(applied) });
}
