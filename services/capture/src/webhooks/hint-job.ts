import { setTimeout as delay } from 'node:timers/promises';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { Clock, Logger } from '@wxcc-wfo/service-kit';
import type { WebexClient } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import type { AskMetadataJob } from '../metadata/ask-metadata-job.ts';
import type { StoreTasksJob } from '../tasks/store-tasks-job.ts';
import { instruments, SPANS, tracer } from '../telemetry.ts';
import { type AskedHint, decideOnHint, spaceQuestions } from './hint-policy.ts';
import {
  type ClaimedHints,
  claimHints,
  dropAnsweredHints,
  dropHints,
  endTurn,
  type Hint,
  postponeHints,
} from './hint-repository.ts';

export interface HintJobDeps {
  pool: Pool;
  sourceOf(acd: AcdChanged): Pick<WebexClient, 'getTasks'>;
  storeTasks: StoreTasksJob;
  askMetadata: AskMetadataJob;
  clock: Clock;
  /** Whose ACDs' hints are worked on. */
  dataServer: string;
  /** Hints that come within this time are asked for in one query. */
  coalesceMs: number;
  logger: Logger;
}

export interface HintJob {
  start(): void;
  stop(): Promise<void>;
  /** A hint has come: looks after the time of coalescing instead of at the next tick. */
  wake(): void;
  lastTickMs(): number;
  /** Works on hints that are due, of ACDs that may be asked; gives their number. */
  runOnce(): Promise<number>;
}

const TICK_MS = 250;
/** A question that takes longer is given up, and before its claim runs out. */
const QUESTION_MS = 60_000;
const CLAIM_MS = 90_000;
/** Ids in one filter; Search takes at most 1000 arguments. */
const HINTS_PER_QUESTION = 100;
/** Questions under way, of as many ACDs: a slow one holds up its own hints only. */
const MOST_QUESTIONS = 16;

/**
 * Turns webhooks' hints into few questions: one at a time per ACD, each for all its hints that are due, whichever
 * replica asks it.
 */
export function createHintJob(deps: HintJobDeps): HintJob {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let sleeping = new AbortController();
  let isWoken = false;
  let loop: Promise<void> | undefined;
  let lastTickMs = Date.now();

  async function begin(): Promise<number> {
    const nowMs = deps.clock.nowMs();
    for (const [acd, count] of await dropAnsweredHints(deps.pool, { nowMs })) {
      instruments.hints.add(count, { acd, outcome: 'settled' });
    }
    const claimed = await claimHints(deps.pool, {
      dataServer: deps.dataServer,
      nowMs,
      claimMs: CLAIM_MS,
      mostAcds: MOST_QUESTIONS - running.size,
      mostHintsOfAcd: HINTS_PER_QUESTION,
    });
    for (const ofAcd of claimed) {
      const question = askForHinted(deps, ofAcd, stopping.signal).finally(() => running.delete(question));
      running.add(question);
    }
    return claimed.reduce((sum, { hints }) => sum + hints.length, 0);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      lastTickMs = Date.now();
      isWoken = false;
      sleeping = new AbortController();
      try {
        if (running.size < MOST_QUESTIONS) await begin();
      } catch (error) {
        deps.logger.warn({ err: error }, 'hints can’t be claimed now; polling goes on without them');
      }
      if (!isWoken) await delay(TICK_MS, undefined, { signal: sleeping.signal }).catch(() => {});
      if (isWoken) await delay(deps.coalesceMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const wake = () => {
    isWoken = true;
    sleeping.abort();
  };

  return {
    start() {
      loop ??= run();
    },
    async stop() {
      stopping.abort(new Error('The service is stopping.'));
      wake();
      await loop;
      await Promise.all(running);
    },
    wake,
    lastTickMs: () => lastTickMs,
    async runOnce() {
      const begun = await begin();
      await Promise.all(running);
      return begun;
    },
  };
}

/** One question for all due hints of an ACD. A failure postpones them; it is never more than a delay. */
async function askForHinted(deps: HintJobDeps, claimed: ClaimedHints, signal: AbortSignal): Promise<void> {
  const { acd, hints } = claimed;
  const span = tracer.startSpan(SPANS.hints, { attributes: { acd: acd.acdId, hints: hints.length } });
  try {
    const settled = await context.with(trace.setSpan(context.active(), span), async () => {
      const readAtMs = deps.clock.nowMs();
      instruments.questions.add(1, { acd: acd.acdId, kind: 'tasks' });
      const taskIds = hints.map((hint) => hint.taskId);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(QUESTION_MS)]);
      const metadata = await deps.askMetadata(acd);
      const options = { ...metadata.options, endedOnly: true, signal: limited };
      const tasks = await deps.sourceOf(acd).getTasks(taskIds, options);
      await metadata.settle();
      return (await deps.storeTasks({ acd, tasks, readAtMs })).settled;
    });
    await settleHints(deps, claimed, new Set(settled));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
    if (!signal.aborted) {
      deps.logger.warn({ err: error, acdId: acd.acdId, hints: hints.length }, 'hinted tasks could not be read yet');
    }
    await settleHints(deps, claimed, new Set()).catch(() => {}); // else they are due again when the claim runs out
  } finally {
    span.end();
  }
}

async function settleHints(deps: HintJobDeps, claimed: ClaimedHints, settled: ReadonlySet<string>): Promise<void> {
  const { acdId } = claimed.acd;
  const nowMs = deps.clock.nowMs();
  const dropped: Hint[] = [];
  const postponed: (Hint & { nextAttemptAtMs: number })[] = [];
  const asked: AskedHint[] = [];
  for (const hint of claimed.hints) {
    const one = { isSettled: settled.has(hint.taskId), attempts: hint.attempts };
    asked.push(one);
    const outcome = decideOnHint(one);
    if (outcome.kind === 'retry') postponed.push({ ...hint, nextAttemptAtMs: nowMs + outcome.afterMs });
    else dropped.push(hint);
    instruments.hints.add(1, { acd: acdId, outcome: outcome.kind === 'retry' ? 'retried' : outcome.kind });
  }
  await dropHints(deps.pool, acdId, dropped);
  await postponeHints(deps.pool, acdId, postponed);
  const { fruitless, afterMs } = spaceQuestions(asked, claimed.fruitless);
  await endTurn(deps.pool, acdId, { fruitless, nextQuestionAtMs: nowMs + afterMs });
}
