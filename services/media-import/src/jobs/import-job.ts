import { findAcd, NoAccessToken } from '@wxcc-wfo/acd';
import { isTransient } from '@wxcc-wfo/service-kit';
import { type TaskCaptures, WebexError } from '@wxcc-wfo/webex';
import type { Wiring } from '../wiring.ts';
import { judgeImport } from './import-policy.ts';
import { importTask } from './import-task-step.ts';
import { claimJobs, extendLeases, type ImportJob, listAcdsWithWork, settleJob } from './job-repository.ts';

/** Webex takes at most ten task ids in a query of captures. */
const TASKS_PER_QUERY = 10;
const LEASE_MS = 60_000;
const RENEW_MS = 15_000;
const ACDS_PER_ROUND = 50;

/**
 * One round: every ACD with work due gets one turn of at most ten tasks, so that a busy tenant starves nobody.
 * Gives how many tasks were worked on.
 */
export async function importRound(wiring: Wiring, signal: AbortSignal): Promise<number> {
  const acdIds = await listAcdsWithWork(wiring.pool, { nowMs: wiring.nowMs(), limit: ACDS_PER_ROUND });
  const counts = await wiring.limit.all(acdIds, async (acdId) => {
    if (signal.aborted) return 0;
    const nowMs = wiring.nowMs();
    const jobs = await claimJobs(wiring.pool, { acdId, nowMs, leaseUntilMs: nowMs + LEASE_MS, limit: TASKS_PER_QUERY });
    if (jobs.length > 0) await importJobs(wiring, acdId, { jobs, signal });
    return jobs.length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function importJobs(
  wiring: Wiring,
  acdId: string,
  work: { jobs: ImportJob[]; signal: AbortSignal },
): Promise<void> {
  const { jobs, signal } = work;
  const renewal = setInterval(() => {
    extendLeases(wiring.pool, jobs, wiring.nowMs() + LEASE_MS).catch((error) =>
      wiring.logger.warn({ acdId, err: error }, 'leases of import jobs not renewed'),
    );
  }, RENEW_MS);
  try {
    const acd = await findAcd(wiring.pool, acdId);
    if (!acd) return;
    const webex = wiring.webexFor(acd);
    const captures = await webex.queryCaptures(
      jobs.map((job) => job.taskId),
      { includeSegments: true, signal },
    );
    const byTask = new Map<string, TaskCaptures>(captures.map((one) => [one.taskId, one]));
    await wiring.limit.all(jobs, async (job) => {
      try {
        await importTask(wiring, webex, { job, recordings: byTask.get(job.taskId)?.recordings ?? [], signal });
      } catch (error) {
        await postpone(wiring, job, error);
      }
    });
  } catch (error) {
    for (const job of jobs) await postpone(wiring, job, error);
  } finally {
    clearInterval(renewal);
  }
}

/** Whatever stopped a job, it waits with the reason and is tried again; our own outages are not the task’s fault. */
async function postpone(wiring: Wiring, job: ImportJob, error: unknown): Promise<void> {
  if (isTransient(error)) return;
  const failure = describeFailure(error);
  wiring.logger.warn({ acdId: job.acdId, taskId: job.taskId, code: failure.code, err: error }, 'import postponed');
  const at = { nowMs: wiring.nowMs(), random: Math.random() };
  const verdict = judgeImport({ offered: 0, stored: 0, failure }, job, at, wiring.importRules);
  await settleJob(wiring.pool, job, verdict).catch((cause) =>
    wiring.logger.warn({ acdId: job.acdId, taskId: job.taskId, err: cause }, 'the lease will end by itself'),
  );
}

function describeFailure(error: unknown): { code: string; reason: string } {
  if (error instanceof NoAccessToken) return { code: 'not-authorized', reason: error.message };
  if (error instanceof WebexError) return { code: `webex-${error.kind}`, reason: error.message };
  return { code: 'unexpected', reason: error instanceof Error ? error.message : String(error) };
}
