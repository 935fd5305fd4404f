import type { Clock } from '@wxcc-wfo/service-kit';
import { type TaskFacts, type TaskReadOptions, type WebexClient, WebexError } from '@wxcc-wfo/webex';
import type { StoredPage } from '../tasks/store-tasks-job.ts';
import { instruments } from '../telemetry.ts';
import { splitWindow, type TimeWindow, type WindowReading } from './window-policy.ts';

export interface ReadWindowDeps {
  acdId: string;
  source: Pick<WebexClient, 'countEndedTasks' | 'listEndedTasks'>;
  storePage(tasks: readonly TaskFacts[], readAtMs: number): Promise<StoredPage>;
  /** Keeps what a reading came to, before the next window is begun, so that a kill costs one window at most. */
  record(reading: WindowReading): Promise<void>;
  /** What to read of each task beside the fixed facts. */
  metadata?: Pick<TaskReadOptions, 'metadata'>;
  clock: Clock;
  maxTasksPerWindow: number;
  signal: AbortSignal;
}

/** A reading that does not match its count is repeated this often before the window is left as a gap. */
const READINGS_PER_WINDOW = 3;
/** One unreadable task must not stop its ACD: what can't be read is cut down to this width and left as a gap. */
const NARROWEST_WINDOW_MS = 1_000;
/** A poll that has to cut more often than this meets a broken source, not a broken task. */
const MOST_CUTS_PER_POLL = 40;

/**
 * Reads a window by rule 5: count, split until small, list, compare the distinct ids with the count. Pages are stored
 * as they come; listings are never resumed. Any failure that a narrower window can't cure is thrown.
 */
export function createReadWindowJob(deps: ReadWindowDeps): (window: TimeWindow) => Promise<void> {
  let cuts = 0;

  return async function readWindow(window): Promise<void> {
    deps.signal.throwIfAborted();
    const halves = await readOrSplit(window);
    for (const half of halves) await readWindow(half);
  };

  async function readOrSplit(window: TimeWindow): Promise<TimeWindow[]> {
    try {
      const count = await countTasks(deps, window);
      const halves = splitWindow(window, count, deps.maxTasksPerWindow);
      if (!halves) await deps.record(await readWhole(deps, window, count));
      return halves ?? [];
    } catch (error) {
      if (!isOfThisWindow(error) || cuts >= MOST_CUTS_PER_POLL) throw error;
      cuts += 1;
      if (window.endMs - window.startMs > NARROWEST_WINDOW_MS) return splitWindow(window, 1, 0) ?? [];
      await deps.record({ window, complete: false, expectedCount: 0, endedAtMs: [], readAtMs: deps.clock.nowMs() });
      return [];
    }
  }
}

/** Answers that depend on what lies in the window; everything else would fail for a narrower one as well. */
const isOfThisWindow = (error: unknown) =>
  error instanceof WebexError && (error.kind === 'invalid-answer' || error.kind === 'invalid-request');

async function countTasks(deps: ReadWindowDeps, window: TimeWindow): Promise<number> {
  instruments.questions.add(1, { acd: deps.acdId, kind: 'count' });
  return await deps.source.countEndedTasks(window, { signal: deps.signal });
}

async function readWhole(deps: ReadWindowDeps, window: TimeWindow, firstCount: number): Promise<WindowReading> {
  let count = firstCount;
  let reading: WindowReading = {
    window,
    complete: true,
    expectedCount: 0,
    endedAtMs: [],
    readAtMs: deps.clock.nowMs(),
  };
  for (let attempt = 1; attempt <= READINGS_PER_WINDOW && count > 0; attempt += 1) {
    const listing = await listTasks(deps, window);
    // A count from before proves one page. Several may have shifted meanwhile, and what is counted only then is late.
    if (listing.pages > 1 || listing.seen.size !== count) count = await countTasks(deps, window);
    const isEachSeen = listing.seen.size === count;
    const complete = listing.isWhole && isEachSeen;
    const endedAtMs = [...listing.seen.values()].filter((at) => at !== null);
    reading = { window, complete, expectedCount: count, endedAtMs, readAtMs: listing.readAtMs };
    // A task that is told in part is asked for by its id; listing the others again would not help it.
    if (isEachSeen) break;
    instruments.windowMismatches.add(1, { acd: deps.acdId });
  }
  return reading;
}

/** Stores a page while the next one is fetched. */
async function listTasks(deps: ReadWindowDeps, window: TimeWindow) {
  const listing = { seen: new Map<string, number | null>(), pages: 0, isWhole: true, readAtMs: deps.clock.nowMs() };
  const store = async (tasks: readonly TaskFacts[]) => {
    const stored = await deps.storePage(tasks, listing.readAtMs);
    if (stored.incomplete.length > 0) listing.isWhole = false;
  };
  let storing = Promise.resolve();
  try {
    const options = { ...deps.metadata, signal: deps.signal };
    for await (const { tasks } of deps.source.listEndedTasks(window, options)) {
      instruments.questions.add(1, { acd: deps.acdId, kind: 'page' });
      listing.pages += 1;
      for (const task of tasks) listing.seen.set(task.taskId, task.endedAtMs);
      await storing;
      if (tasks.length > 0) storing = store(tasks);
      storing.catch(() => {}); // it is awaited below, or before the next page
    }
  } finally {
    await storing;
  }
  return listing;
}
