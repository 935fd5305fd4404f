import { setTimeout as delay } from 'node:timers/promises';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  type AcdLease,
  LeaseRevokedError,
  NoAccessToken,
  type RoleReports,
  type TokenSource,
  worksFor,
} from '@wxcc-wfo/acd';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { type DatabaseClock, LeaseLostError, type Logger } from '@wxcc-wfo/service-kit';
import { type WebexClient, WebexError } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { instruments, SPANS, tracer } from '../telemetry.ts';
import { type ClaimedPoll, claimPoll, pollLeases, releasePoll } from './lease-repository.ts';
import { nextPollDelayMs, type PollFailure, tellProblem } from './poll-problem-policy.ts';
import { nextPlace, type RunningPoll, SLOW_POLL_MS } from './poll-slots-policy.ts';
import type { ReadAcdJob } from './read-acd-job.ts';

export interface PollSettings {
  intervalMs: number;
  leaseMs: number;
  /** How many ACDs one process polls at once. */
  concurrency: number;
}

export interface PollJobDeps {
  pool: Pool;
  /** The ACD's API, for the work of live capture. */
  sourceOf(acd: AcdChanged): WebexClient;
  readAcd: ReadAcdJob;
  tokens: Pick<TokenSource, 'copyNewer'>;
  reports: Pick<RoleReports, 'report'>;
  /** Run under the ACD's lease beside the reading; keeps or takes back the webhook subscription. Never throws. */
  tendSubscription(acd: AcdChanged, source: WebexClient, signal: AbortSignal): Promise<void>;
  clock: DatabaseClock;
  owner: string;
  /** Whose ACDs are polled. */
  dataServer: string;
  settings: PollSettings;
  logger: Logger;
}

export interface PollJob {
  start(): void;
  /** No new poll; running ones end at their next step, and their leases are handed back. */
  stop(): Promise<void>;
  lastTickMs(): number;
  /** Claims and runs one poll that is due; false when none is. */
  pollOnce(): Promise<boolean>;
}

const TICK_MOST_MS = 1_000;
const CLOCK_EVERY_MS = 60_000;
/** How long a poll that has read waits for the upkeep of its subscription, before that is broken off. */
const UPKEEP_MOST_MS = 5_000;

/** Polls every ACD that is due, shared with the other replicas by leases. No database transaction spans a Webex call. */
export function createPollJob(deps: PollJobDeps): PollJob {
  const stopping = new AbortController();
  const running = new Map<Promise<void>, RunningPoll>();
  let loop: Promise<void> | undefined;
  let lastTickMs = Date.now();
  let synchronizedAtMs = Number.NEGATIVE_INFINITY;

  async function claim(o: { quickOnly: boolean }): Promise<ClaimedPoll | null> {
    if (performance.now() - synchronizedAtMs > CLOCK_EVERY_MS) {
      await deps.clock.synchronize();
      synchronizedAtMs = performance.now();
    }
    const { owner, dataServer, settings } = deps;
    const turn = { owner, dataServer, nowMs: deps.clock.nowMs(), leaseMs: settings.leaseMs };
    return await claimPoll(deps.pool, { ...turn, ...o });
  }

  async function tick(): Promise<void> {
    while (!stopping.signal.aborted) {
      const place = nextPlace(running.values(), deps.settings.concurrency, deps.clock.nowMs());
      if (place === 'none') return;
      const claimed = await claim({ quickOnly: place === 'quick' });
      if (!claimed) return;
      const poll = runPoll(deps, claimed.lease, stopping.signal).finally(() => running.delete(poll));
      running.set(poll, { startedAtMs: deps.clock.nowMs(), isTroubled: claimed.isTroubled });
    }
  }

  async function run(): Promise<void> {
    const tickMs = Math.min(TICK_MOST_MS, deps.settings.intervalMs);
    while (!stopping.signal.aborted) {
      lastTickMs = Date.now();
      try {
        await tick();
      } catch (error) {
        deps.logger.warn({ err: error }, 'no poll can be claimed now; trying again');
      }
      await delay(tickMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    start() {
      loop ??= run();
    },
    async stop() {
      stopping.abort(new Error('The service is stopping.'));
      await loop;
      await Promise.all(running.keys());
    },
    lastTickMs: () => lastTickMs,
    async pollOnce() {
      const claimed = await claim({ quickOnly: false });
      if (claimed) await runPoll(deps, claimed.lease, stopping.signal);
      return claimed !== null;
    },
  };
}

/** One poll under its lease, from its span to its release. Never throws: what went wrong is written down. */
async function runPoll(deps: PollJobDeps, lease: AcdLease, stopping: AbortSignal): Promise<void> {
  const { acdId } = lease.acd;
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const heartbeat = setInterval(() => {
    pollLeases.hold(deps.pool, lease, { nowMs: deps.clock.nowMs(), leaseMs: deps.settings.leaseMs }).catch((error) => {
      if (error instanceof LeaseLostError || error instanceof LeaseRevokedError) lost.abort(error);
    });
  }, deps.settings.leaseMs / 3);
  const span = tracer.startSpan(SPANS.poll, { attributes: { acd: acdId, tenant: lease.acd.tenantId } });
  const beganAtMs = deps.clock.nowMs();
  let failure: unknown = null;
  let isCatchingUp = false;
  try {
    const work = () => readAndTend(deps, lease, signal);
    ({ isCatchingUp } = await context.with(trace.setSpan(context.active(), span), work));
  } catch (error) {
    failure = lost.signal.aborted ? lost.signal.reason : error;
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
  } finally {
    clearInterval(heartbeat);
    span.end();
  }
  const tookMs = deps.clock.nowMs() - beganAtMs;
  instruments.pollSeconds.record(Math.max(0, tookMs) / 1000, { acd: acdId });
  // Catching up takes long by itself, and its next poll will not.
  const wasSlow = tookMs > SLOW_POLL_MS && !isCatchingUp;
  await finishPoll(deps, lease, { failure, wasSlow, stopping }).catch((error) => {
    deps.logger.warn({ err: error, acdId }, 'the end of a poll could not be written; its lease will run out');
  });
}

async function readAndTend(
  deps: PollJobDeps,
  lease: AcdLease,
  signal: AbortSignal,
): Promise<{ isCatchingUp: boolean }> {
  const { acd } = lease;
  const source = deps.sourceOf(acd);
  const done = new AbortController();
  // Begun first, so that webhooks make new tasks fast while a long absence is still caught up with.
  const tended = deps.tendSubscription(acd, source, AbortSignal.any([signal, done.signal]));
  if (!isCaptured(deps, acd)) {
    await tended;
    return { isCatchingUp: false };
  }
  try {
    return await deps.readAcd({ lease, source, signal });
  } finally {
    await within(UPKEEP_MOST_MS, tended);
    done.abort(new Error('The poll is over.'));
    await tended;
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([work, late]);
  over.abort();
}

/** Else it was claimed only to take its subscription back. */
const isCaptured = ({ dataServer }: PollJobDeps, acd: AcdChanged): boolean =>
  !acd.deleted && worksFor({ role: 'capture', dataServer }, acd);

async function finishPoll(
  deps: PollJobDeps,
  lease: AcdLease,
  o: { failure: unknown; wasSlow: boolean; stopping: AbortSignal },
): Promise<void> {
  const { acdId } = lease.acd;
  if (o.failure instanceof LeaseLostError) {
    instruments.polls.add(1, { acd: acdId, outcome: 'lease-lost' });
    deps.logger.warn({ err: o.failure, acdId }, 'a poll was overtaken by another replica');
    return;
  }
  if (o.failure instanceof LeaseRevokedError) {
    instruments.polls.add(1, { acd: acdId, outcome: 'revoked' });
    deps.logger.info({ acdId, reason: o.failure.message }, 'a poll is handed back');
    return await pollLeases.handBack(deps.pool, lease);
  }
  if (o.failure !== null && o.stopping.aborted) return await pollLeases.handBack(deps.pool, lease);
  const nowMs = deps.clock.nowMs();
  const failure = o.failure === null ? null : describeFailure(o.failure);
  instruments.polls.add(1, { acd: acdId, outcome: failure ? 'failed' : 'succeeded' });
  if (failure) deps.logger.warn({ err: o.failure, acdId }, 'a poll failed; it is tried again');
  let delayMs = nextPollDelayMs({ intervalMs: deps.settings.intervalMs, failuresBefore: lease.failures, failure });
  if (failure?.webexKind === 'unauthorized' && (await deps.tokens.copyNewer(acdId))) delayMs = 0;
  const problem = failure && { ...tellProblem(failure), atMs: nowMs };
  const nextPollAtMs = nowMs + delayMs;
  await releasePoll(deps.pool, lease, { nowMs, nextPollAtMs, wasSlow: o.wasSlow, problem });
  if (!isCaptured(deps, lease.acd)) return;
  deps.reports.report(acdId, {
    nextTryAtMs: nextPollAtMs,
    problem: problem?.detail ?? null,
    remedy: problem?.remedy ?? null,
    ...(problem ? {} : { lastSuccessAtMs: nowMs }),
  });
}

function describeFailure(error: unknown): PollFailure {
  const isWebex = error instanceof WebexError;
  const message = error instanceof Error ? error.message : String(error);
  const trackingId = isWebex ? error.trackingId : undefined;
  return {
    message: trackingId && !message.includes(trackingId) ? `${message} (tracking id ${trackingId})` : message,
    webexKind: isWebex ? error.kind : null,
    isTokenMissing: error instanceof NoAccessToken,
    retryAfterMs: isWebex ? (error.retryAfterMs ?? null) : null,
  };
}
