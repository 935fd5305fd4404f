import { findAcd, NoAccessToken } from '@wxcc-wfo/acd';
import { inTransaction, isTransient, type Repeating, repeat } from '@wxcc-wfo/service-kit';
import { WebexError } from '@wxcc-wfo/webex';
import { sweepFiles } from '../downloads/sweep-files.ts';
import type { Wiring } from '../wiring.ts';
import { askCaptures } from './ask-captures.ts';
import { concludeJobs } from './conclude-jobs.ts';
import { createFairSlots } from './fair-slots.ts';
import { type ImportVerdict, judgeImport } from './import-policy.ts';
import { ClaimLost, importTask } from './import-task.ts';
import {
  claimJobs,
  extendLeases,
  type ImportJob,
  listAcdsWithWork,
  measureBacklog,
  releaseJobs,
  settleJob,
  TASKS_PER_QUERY,
} from './job-repository.ts';

const LEASE_MS = 30_000;
const RENEW_MS = 8_000;
/** ACDs that are asked at a time; one of them has at most one query under way, so that tasks gather for the next. */
const ACDS_AT_ONCE = 16;
/** Claimed jobs of one ACD, downloads under way included. */
const JOBS_PER_ACD = 3 * TASKS_PER_QUERY;
/** How long the last looks at stored tasks wait for company in their query. */
const RELOOK_PATIENCE_MS = 5 * 60_000;
const HOUSEKEEPING_MS = 15_000;
const CONCLUDING_MS = 1_000;
const NO_ACD = '00000000-0000-0000-0000-000000000000';

export interface ImportJobLoop extends Pick<Repeating, 'wake' | 'lastTickMs'> {
  /** Aborts downloads, gives the claims back and resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** Works on import jobs until stopped. Any replica may work on any job; claims keep them apart. */
export function startImportJob(wiring: Wiring): ImportJobLoop {
  const { pool, logger, nowMs } = wiring;
  const { DATA_SERVER: dataServer } = wiring.config;
  const slots = createFairSlots(wiring.config.IMPORT_CONCURRENCY);
  const stopping = new AbortController();
  const asking = new Set<string>();
  const inHand = new Map<string, number>();
  const turns = new Set<Promise<void>>();
  /** Claims that could not be settled because the database was away. */
  let unsettled: ImportJob[] = [];
  let lastAcdId = NO_ACD;
  let housekeepingDueMs = 0;
  let concludingDueMs = 0;

  async function dispatch(): Promise<void> {
    await keepHouse();
    const { signal } = stopping;
    const full = [...inHand].filter(([, jobs]) => jobs > JOBS_PER_ACD - TASKS_PER_QUERY).map(([acdId]) => acdId);
    const limit = ACDS_AT_ONCE - asking.size;
    if (limit <= 0 || signal.aborted) return;
    const acdIds = await listAcdsWithWork(pool, {
      dataServer,
      nowMs: nowMs(),
      relooksBeforeMs: nowMs() - RELOOK_PATIENCE_MS,
      afterAcdId: lastAcdId,
      except: [...asking, ...full],
      limit,
    });
    for (const acdId of acdIds) {
      lastAcdId = acdId;
      asking.add(acdId);
      const turn = takeTurn(acdId)
        .catch((error) => logger.warn({ acdId, err: error }, 'a turn of imports failed; the next one follows'))
        .finally(() => {
          asking.delete(acdId);
          turns.delete(turn);
        });
      turns.add(turn);
    }
  }

  async function takeTurn(acdId: string): Promise<void> {
    const jobs = await claimJobs(pool, {
      acdId,
      dataServer,
      nowMs: nowMs(),
      leaseMs: LEASE_MS,
      limit: TASKS_PER_QUERY,
    });
    if (jobs.length === 0) return;
    inHand.set(acdId, (inHand.get(acdId) ?? 0) + jobs.length);
    const claims = jobs.map((job) => ({ job, lost: new AbortController() }));
    const renewal = setInterval(() => void renew(claims), RENEW_MS);
    try {
      await importClaimed(acdId, claims);
    } finally {
      clearInterval(renewal);
      const left = (inHand.get(acdId) ?? 0) - jobs.length;
      if (left > 0) inHand.set(acdId, left);
      else inHand.delete(acdId);
      if (left === JOBS_PER_ACD - TASKS_PER_QUERY) loop.wake();
    }
  }

  async function importClaimed(acdId: string, claims: Claim[]): Promise<void> {
    const jobs = claims.map(({ job }) => job);
    const { signal } = stopping;
    try {
      const acd = await findAcd(pool, acdId);
      if (!acd || acd.deleted) return await release(jobs);
      const webex = wiring.webexFor(acd);
      const asked = await askCaptures(
        webex,
        jobs.map((job) => job.taskId),
        signal,
      );
      asking.delete(acdId);
      wiring.reports.report(acdId, { lastSuccessAtMs: nowMs(), nextTryAtMs: null, problem: null });
      // There may be more than one query takes.
      if (jobs.length === TASKS_PER_QUERY) loop.wake();
      await Promise.all(
        claims.map(async ({ job, lost }) => {
          const found = asked.get(job.taskId);
          if (found instanceof WebexError) return await postpone(job, found, { isOfTask: true });
          const { recordings, unreadableRecordings } = found ?? { recordings: [], unreadableRecordings: 0 };
          const whileClaimed = AbortSignal.any([signal, lost.signal]);
          const work = { job, webex, recordings, unreadableRecordings, signal: whileClaimed };
          await importTask(wiring, slots, work).catch((error) => postpone(job, error, { isOfTask: true }));
        }),
      );
    } catch (error) {
      const verdicts = await Promise.all(jobs.map((job) => postpone(job, error, { isOfTask: false })));
      const nextTriesMs = verdicts.map((verdict) =>
        verdict?.state === 'waiting' ? verdict.atMs : Number.POSITIVE_INFINITY,
      );
      reportProblem(acdId, error, Math.min(...nextTriesMs));
    }
  }

  /** What keeps all of an ACD's imports waiting; not our own outages, and not what ails one recording. */
  function reportProblem(acdId: string, error: unknown, nextTryAtMs: number): void {
    if (stopping.signal.aborted || !Number.isFinite(nextTryAtMs)) return;
    wiring.reports.report(acdId, { ...tellImportProblem(error), nextTryAtMs });
  }

  /** Whatever stopped a job, it waits with the reason and is tried again; our own outages are not the task’s fault. */
  async function postpone(
    job: ImportJob,
    error: unknown,
    o: { isOfTask: boolean },
  ): Promise<ImportVerdict | undefined> {
    const { acdId, taskId } = job;
    if (error instanceof ClaimLost) {
      logger.warn({ acdId, taskId }, 'an import was taken over by another replica');
      return undefined;
    }
    if (stopping.signal.aborted || isTransient(error)) {
      await release([job]);
      return undefined;
    }
    const failure = { ...describeFailure(error), ...o };
    logger.warn({ acdId, taskId, code: failure.code, err: error }, 'an import is postponed');
    const at = { nowMs: nowMs(), random: Math.random() };
    const verdict = judgeImport({ offered: 0, stored: 0, failure }, job, at, wiring.importRules);
    await inTransaction(pool, (tx) => settleJob(tx, job, verdict, at.nowMs)).catch(() => unsettled.push(job));
    return verdict;
  }

  async function release(jobs: ImportJob[]): Promise<void> {
    await releaseJobs(pool, jobs).catch(() => unsettled.push(...jobs));
  }

  async function renew(claims: Claim[]): Promise<void> {
    try {
      const held = await extendLeases(
        pool,
        claims.map(({ job }) => job),
        LEASE_MS,
      );
      for (const { job, lost } of claims) if (!held.has(job.taskId)) lost.abort(new ClaimLost());
    } catch (error) {
      logger.warn({ err: error }, 'the leases of imports are not renewed; they go on, fenced');
    }
  }

  async function keepHouse(): Promise<void> {
    if (unsettled.length > 0) {
      const jobs = unsettled;
      unsettled = [];
      await release(jobs);
    }
    if (nowMs() >= concludingDueMs) {
      concludingDueMs = nowMs() + CONCLUDING_MS;
      await concludeJobs(pool, nowMs());
    }
    if (nowMs() < housekeepingDueMs) return;
    housekeepingDueMs = nowMs() + HOUSEKEEPING_MS;
    await sweepFiles(wiring).catch((error) => logger.warn({ err: error }, 'unfinished files could not be swept'));
    wiring.metrics.backlog(await measureBacklog(pool, nowMs()), nowMs());
  }

  const loop = repeat({
    name: 'imports',
    pauseMs: wiring.config.IMPORT_CHECK_MS,
    logger,
    async turn() {
      await dispatch();
      return false;
    },
  });

  return {
    wake: loop.wake,
    lastTickMs: loop.lastTickMs,
    async stop() {
      stopping.abort(new Error('The service is stopping.'));
      await loop.stop();
      await Promise.all(turns);
      if (unsettled.length > 0) await releaseJobs(pool, unsettled).catch(() => undefined); // their leases end by themselves
    },
  };
}

interface Claim {
  job: ImportJob;
  lost: AbortController;
}

/** In words for people; the text of an unknown error may hold anything, the log has it, redacted. */
function tellImportProblem(error: unknown): { problem: string; remedy: string } {
  if (error instanceof NoAccessToken) {
    const remedy = 'Authorize the ACD, and see that oauth runs with the same HANDOVER_KEYS.';
    return { problem: error.message, remedy };
  }
  const remedy = 'Nothing: the import tries again. If it lasts, see the log of media-import and the way to Webex.';
  if (error instanceof WebexError) return { problem: error.message, remedy };
  return { problem: 'The import failed on our side.', remedy };
}

function describeFailure(error: unknown): { code: string; reason: string } {
  if (error instanceof NoAccessToken) return { code: 'not-authorized', reason: error.message };
  if (error instanceof WebexError) return { code: `webex-${error.kind}`, reason: error.message };
  return { code: 'unexpected', reason: error instanceof Error ? error.message : String(error) };
}
