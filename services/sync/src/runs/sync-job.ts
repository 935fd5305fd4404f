import { context as otelContext, SpanStatusCode, trace } from '@opentelemetry/api';
import { LeaseRevokedError } from '@wxcc-wfo/acd';
import { inTransaction, LeaseLostError, type Repeating, repeat, type SqlClient } from '@wxcc-wfo/service-kit';
import { spareSurvivors } from '../duplicates/spare-survivors.ts';
import { instruments, SPANS, tracer } from '../metrics.ts';
import { applyRun } from './apply-run.ts';
import { beginTurn } from './begin-turn.ts';
import { deletePlan } from './change-repository.ts';
import { describeFailure } from './describe-failure.ts';
import { claimSync, releaseSync, type SyncLease, syncLeases } from './lease-repository.ts';
import { type Reading, readAndPlan, settlePlan } from './plan-run.ts';
import { fence, type RunContext, type SyncJobDeps } from './run-context.ts';
import { type Counts, nextIntervalMs, type RunProblem, type RunState, retryDelayMs } from './run-policy.ts';
import { tellProblem } from './run-problem-policy.ts';
import { moveRun, noteRun, pruneRuns } from './run-repository.ts';

export interface SyncJob {
  start(): void;
  /** Looks for due ACDs now: somebody asked for a run. */
  wake(): void;
  /** No new run; running ones end at their next step and are begun anew, or resumed, by the next replica. */
  stop(): Promise<void>;
  lastTickMs(): number;
  /** Claims and runs one ACD that is due; false when none is. */
  syncOnce(): Promise<boolean>;
}

/** Syncs every ACD that is due, shared with the other replicas by leases. No transaction spans a call to Webex. */
export function createSyncJob(deps: SyncJobDeps): SyncJob {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let loop: Repeating | undefined;

  async function claim(): Promise<SyncLease | null> {
    await deps.clock.synchronize();
    const { owner, dataServer, settings } = deps;
    return await claimSync(deps.pool, { owner, dataServer, nowMs: deps.clock.nowMs(), leaseMs: settings.leaseMs });
  }

  async function turn(): Promise<boolean> {
    while (running.size < deps.settings.concurrency && !stopping.signal.aborted) {
      const lease = await claim();
      if (!lease) break;
      const run = runUnderLease(deps, lease, stopping.signal).finally(() => {
        running.delete(run);
        loop?.wake();
      });
      running.add(run);
    }
    return false;
  }

  return {
    start() {
      loop ??= repeat({ name: 'sync', pauseMs: deps.settings.checkEveryMs, logger: deps.logger, turn });
    },
    wake: () => loop?.wake(),
    async stop() {
      stopping.abort(new Error('The service is stopping.'));
      await loop?.stop();
      await Promise.all(running);
    },
    lastTickMs: () => loop?.lastTickMs() ?? Date.now(),
    async syncOnce() {
      const lease = await claim();
      if (lease) await runUnderLease(deps, lease, stopping.signal);
      return lease !== null;
    },
  };
}

/** How a turn went: the run it worked on, and where it left it. */
interface Turn {
  run: RunContext['run'] | null;
  state: RunState | null;
  reading: Reading | null;
  failure: unknown;
}

/** One turn from its claim to its release. Never throws: what went wrong is written down. */
async function runUnderLease(deps: SyncJobDeps, lease: SyncLease, stopping: AbortSignal): Promise<void> {
  const { acdId, tenantId } = lease.acd;
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const heartbeat = setInterval(() => {
    syncLeases.hold(deps.pool, lease, { nowMs: deps.clock.nowMs(), leaseMs: deps.settings.leaseMs }).catch((error) => {
      if (error instanceof LeaseLostError || error instanceof LeaseRevokedError) lost.abort(error);
    });
  }, deps.settings.leaseMs / 3);
  const span = tracer.startSpan(SPANS.run, { attributes: { acd: acdId, tenant: tenantId } });
  const beganAtMs = performance.now();
  const turn: Turn = { run: null, state: null, reading: null, failure: null };
  try {
    await otelContext.with(trace.setSpan(otelContext.active(), span), () => work(deps, { lease, signal, turn }));
  } catch (error) {
    turn.failure = error;
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
  } finally {
    clearInterval(heartbeat);
    span.end();
  }
  instruments.runSeconds.record((performance.now() - beganAtMs) / 1000, { acd: acdId });
  await finish(deps, { lease, turn, stopping }).catch((error) => {
    deps.logger.warn({ err: error, acdId }, 'the end of a run could not be written; its lease will run out');
  });
}

async function work(deps: SyncJobDeps, o: { lease: SyncLease; signal: AbortSignal; turn: Turn }): Promise<void> {
  const { lease, signal, turn } = o;
  const run = await beginTurn(deps, lease);
  if (!run) return;
  turn.run = run;
  turn.state = run.state;
  const context: RunContext = { deps, lease, run, signal };
  if (run.state === 'reading') {
    turn.reading = await readAndPlan(context);
    await inTransaction(deps.pool, async (tx) => {
      await fence(context, tx);
      const counts = await spare(tx, run.runId, turn.reading!.counts);
      await moveRun(tx, run, { to: 'planned', fields: { counts } });
    });
    turn.state = 'planned';
    turn.state = await settlePlan(context);
  }
  if (turn.state !== 'applying') return;
  await applyRun(context);
  turn.state = 'done';
}

/** Survivors of merges that go on under another id are not counted as deactivated, nor judged by the brake. */
async function spare(tx: SqlClient, runId: string, counts: Counts): Promise<Counts> {
  const spared = await spareSurvivors(tx, runId);
  if (counts.user)
    Object.assign(counts.user, { deactivated: counts.user.deactivated - spared, marked: counts.user.marked + spared });
  return counts;
}

async function finish(deps: SyncJobDeps, o: { lease: SyncLease; turn: Turn; stopping: AbortSignal }): Promise<void> {
  const { lease, turn, stopping } = o;
  const { acdId } = lease.acd;
  const { failure } = turn;
  if (failure instanceof LeaseLostError) {
    instruments.runs.add(1, { acd: acdId, outcome: 'lease-lost' });
    return deps.logger.warn({ err: failure, acdId }, 'a run was overtaken by another replica');
  }
  if (failure instanceof LeaseRevokedError || (failure !== null && stopping.aborted)) {
    instruments.runs.add(1, { acd: acdId, outcome: 'interrupted' });
    if (failure instanceof LeaseRevokedError) await stopRevoked(deps, turn);
    return await syncLeases.handBack(deps.pool, lease);
  }
  if (failure === null) return await finishSuccess(deps, lease, turn);
  deps.logger.warn({ err: failure, acdId }, 'a run failed; it is tried again');
  await finishFailure(deps, lease, turn);
}

async function finishSuccess(deps: SyncJobDeps, lease: SyncLease, turn: Turn): Promise<void> {
  const { acd } = lease;
  const nowMs = deps.clock.nowMs();
  const partial = Object.values(turn.reading?.listings ?? {}).find(({ state }) => state === 'partial')?.problem ?? null;
  const isDryRun = turn.run?.trigger === 'dry-run';
  const startedAtMs = turn.reading && !isDryRun ? (turn.run?.startedAtMs ?? null) : null;
  const problem = isDryRun ? null : partial;
  const nextRunAtMs = problem
    ? nowMs + retryDelay(lease, turn.reading?.retryAfterMs ?? null)
    : nextRun(deps, lease, startedAtMs ?? lease.lastStartedAtMs ?? nowMs);
  const isComplete = turn.state === 'done' && !isDryRun && partial === null;
  await releaseSync(deps.pool, lease, { nowMs, nextRunAtMs, startedAtMs, problem, isComplete });
  if (turn.run) await pruneRuns(deps.pool, acd.acdId, deps.settings.retention);
  report(deps, lease, { problem, nextRunAtMs, nowMs });
  instruments.runs.add(1, { acd: acd.acdId, outcome: turn.state ?? 'nothing' });
  for (const [kind, counts] of Object.entries(turn.state === 'done' && !isDryRun ? (turn.reading?.counts ?? {}) : {})) {
    for (const name of ['added', 'changed', 'deactivated', 'marked', 'refused'] as const) {
      if (counts[name] > 0) instruments.changes.add(counts[name], { acd: acd.acdId, kind, count: name });
    }
  }
}

async function finishFailure(deps: SyncJobDeps, lease: SyncLease, turn: Turn): Promise<void> {
  const { acdId } = lease.acd;
  const nowMs = deps.clock.nowMs();
  const failure = describeFailure(turn.failure);
  const problem = tellProblem(failure);
  if (turn.run) await giveUp(deps, lease, { turn: { ...turn, run: turn.run }, problem, nowMs });
  const isNewToken = failure.webexKind === 'unauthorized' && (await deps.tokens.copyNewer(acdId));
  const nextRunAtMs = isNewToken ? nowMs : nowMs + retryDelay(lease, failure.retryAfterMs);
  const startedAtMs = turn.run?.startedAtMs ?? null;
  await releaseSync(deps.pool, lease, { nowMs, nextRunAtMs, startedAtMs, problem, isComplete: false });
  // Failures, too, make rows: an ACD that fails for months must not fill the table.
  await pruneRuns(deps.pool, acdId, deps.settings.retention);
  report(deps, lease, { problem, nextRunAtMs, nowMs });
  instruments.runs.add(1, { acd: acdId, outcome: 'failed' });
}

/** A run that failed while it read changed nothing and is over; one that was being applied goes on later. */
async function giveUp(
  deps: SyncJobDeps,
  lease: SyncLease,
  o: { turn: Turn & { run: RunContext['run'] }; problem: RunProblem; nowMs: number },
): Promise<void> {
  const { run, state } = o.turn;
  await inTransaction(deps.pool, async (tx) => {
    await fence({ deps, lease }, tx);
    if (state === 'reading' || state === 'planned') {
      await moveRun(tx, { ...run, state }, { to: 'failed', fields: { problem: o.problem, endedAtMs: o.nowMs } });
      await deletePlan(tx, run.runId);
    } else if (state === 'applying') {
      await noteRun(tx, run.runId, { problem: o.problem });
    }
  });
}

const REVOKED: RunProblem = {
  code: 'acd-taken-away',
  detail:
    'While the run read, its ACD was deleted, handed to another data server or taken off sync. It changed nothing.',
  remedy: 'Nothing: whoever serves the ACD now begins anew.',
};

async function stopRevoked(deps: SyncJobDeps, { run, state }: Turn): Promise<void> {
  if (!run || (state !== 'reading' && state !== 'planned')) return;
  const fields = { problem: REVOKED, endedAtMs: deps.clock.nowMs() };
  const isStopped = await moveRun(deps.pool, { ...run, state }, { to: 'stopped', fields });
  if (isStopped) await deletePlan(deps.pool, run.runId);
}

const retryDelay = (lease: SyncLease, retryAfterMs: number | null) =>
  retryDelayMs({
    failuresBefore: lease.failures,
    intervalMinutes: lease.acd.synchronizationIntervalMinutes,
    retryAfterMs,
  });

const nextRun = (deps: SyncJobDeps, lease: SyncLease, startedAtMs: number) =>
  nextIntervalMs({
    startedAtMs,
    intervalMinutes: lease.acd.synchronizationIntervalMinutes,
    random: deps.clock.random(),
  });

function report(
  deps: SyncJobDeps,
  lease: SyncLease,
  o: { problem: RunProblem | null; nextRunAtMs: number; nowMs: number },
): void {
  deps.reports.report(lease.acd.acdId, {
    nextTryAtMs: o.nextRunAtMs,
    problem: o.problem?.detail ?? null,
    remedy: o.problem?.remedy ?? null,
    ...(o.problem ? {} : { lastSuccessAtMs: o.nowMs }),
  });
}
