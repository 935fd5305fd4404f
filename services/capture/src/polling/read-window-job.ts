import type { Clock } from '@wxcc-wfo/service-kit';
import { type TaskFacts, type TaskReadOptions, type WebexClient, WebexError } from '@wxcc-wfo/webex';
import type { StoredPage } from '../tasks/store-tasks-job.ts';
import { instruments } from '../telemetry.ts';
import { splitWindow, type TimeWindow, upToServerTime, type WindowReading } from './window-policy.ts';

export interface ReadWindowDeps {
  acdId: string;
  source: Pick<WebexClient, 'countEndedTasks' | 'listEndedTasks'>;
  storePage(tasks: readonly TaskFacts[], readAtMs: number): Promise<StoredPage>;
  /** Keeps what a reading came to, before the next window is begun, so that a kill costs one window at most. */
  record(reading: WindowReading): Promise<void>;
  /** Run before each window; throws when this poll is not to go on. */
  checkpoint(): Promise<void>;
  /** What the ACD's clock said when it counted, in whole seconds. */
  onServerTime(timeMs: number): void;
  /** Told of each window that is left as a gap because it could not be read. */
  onUnreadable(window: TimeWindow, error: unknown): void;
  /** What to read of each task beside the fixed facts. */
  metadata?: Pick<TaskReadOptions, 'metadata'>;
  clock: Clock;
  maxTasksPerWindow: number;
  signal: AbortSignal;
}

/** The readings of one poll. */
export interface ReadWindowJob {
  /**
   * Reads a window by rule 5: count, split until small, list, compare the distinct ids with the count. Pages are stored
   * as they come; listings are never resumed. What can't be read is cut down and left as a gap.
   * @param o.hasFailedBefore then a window that gets no answer is cut, too; else the poll is simply tried again
   * @throws what a narrower window would meet as well
   */
  readWindow(window: TimeWindow, o: { hasFailedBefore: boolean }): Promise<void>;
  /** How many questions got no answer that can be used, now or later. */
  unanswered(): number;
  /** Why windows were left as wide gaps: there was too much to cut. Null when all is cut down. */
  unfinished(): unknown;
}

/** A reading that does not match its count is repeated this often before the window is left as a gap. */
const READINGS_PER_WINDOW = 3;
/** One unreadable task must not stop its ACD: what can't be read is cut down to this width and left as a gap. */
const NARROWEST_WINDOW_MS = 1_000;
/** Cuts of one poll; what is left then is a gap as wide as it is, and goes on to be cut when that is due. */
const MOST_CUTS_PER_POLL = 40;
/** The same for questions without an answer, of which each takes up to the deadline of a call. */
const MOST_UNANSWERED_PER_POLL = 10;
/** A source that works answers about next to nothing well within this time. */
const PROBE_MS = 30_000;

export function createReadWindowJob(deps: ReadWindowDeps): ReadWindowJob {
  let cuts = 0;
  let unanswered = 0;
  let unfinished: unknown = null;
  /** A listing was answered since the last question that was not. */
  let isAnswering = false;
  let serverTimeMs: number | null = null;

  async function readWindow(window: TimeWindow, o: { hasFailedBefore: boolean }): Promise<void> {
    deps.signal.throwIfAborted();
    await deps.checkpoint();
    const halves = await readOrSplit(window, o.hasFailedBefore);
    for (const half of halves) await readWindow(half, o);
  }

  async function readOrSplit(whole: TimeWindow, hasFailedBefore: boolean): Promise<TimeWindow[]> {
    let window = whole;
    try {
      const count = await countTasks(whole);
      const past = serverTimeMs === null ? whole : upToServerTime(whole, serverTimeMs);
      if (past === null) return [];
      window = past;
      const halves = splitWindow(window, count, deps.maxTasksPerWindow);
      if (!halves) await deps.record(await readWhole(window, count));
      return halves ?? [];
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'of-source') throw error;
      if (fault === 'no-answer' && !(await isOfThisWindow(hasFailedBefore))) throw error;
      return await cutDown(window, error);
    }
  }

  /** Whether others are answered while this one is not: an outage must not turn the ledger into gaps. */
  async function isOfThisWindow(hasFailedBefore: boolean): Promise<boolean> {
    unanswered += 1;
    if (!hasFailedBefore) return false;
    const wasAnswering = isAnswering;
    isAnswering = false;
    return wasAnswering || (await probe());
  }

  /** Counts and lists the newest second, which holds next to nothing. */
  async function probe(): Promise<boolean> {
    const endMs = serverTimeMs ?? deps.clock.nowMs();
    const newest = { startMs: endMs - NARROWEST_WINDOW_MS, endMs };
    const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(PROBE_MS)]);
    try {
      instruments.questions.add(1, { acd: deps.acdId, kind: 'count' });
      await deps.source.countEndedTasks(newest, { signal });
      instruments.questions.add(1, { acd: deps.acdId, kind: 'page' });
      for await (const _ of deps.source.listEndedTasks(newest, { signal })) break;
      return true;
    } catch (error) {
      deps.signal.throwIfAborted();
      return error instanceof WebexError && faultOf(error) !== 'no-answer';
    }
  }

  async function cutDown(window: TimeWindow, error: unknown): Promise<TimeWindow[]> {
    const halves = window.endMs - window.startMs > NARROWEST_WINDOW_MS ? splitWindow(window, 1, 0) : null;
    if (halves && cuts < MOST_CUTS_PER_POLL && unanswered < MOST_UNANSWERED_PER_POLL) {
      cuts += 1;
      return halves;
    }
    if (halves) unfinished ??= error;
    deps.onUnreadable(window, error);
    await deps.record({
      window,
      complete: false,
      expectedCount: null,
      endedAtMs: [],
      readAtMs: deps.clock.nowMs(),
    });
    return [];
  }

  async function countTasks(window: TimeWindow): Promise<number> {
    instruments.questions.add(1, { acd: deps.acdId, kind: 'count' });
    const onServerTime = (timeMs: number) => {
      serverTimeMs = timeMs;
      deps.onServerTime(timeMs);
    };
    return await deps.source.countEndedTasks(window, { signal: deps.signal, onServerTime });
  }

  async function readWhole(window: TimeWindow, firstCount: number): Promise<WindowReading> {
    let count = firstCount;
    let reading: WindowReading = {
      window,
      complete: true,
      expectedCount: 0,
      endedAtMs: [],
      readAtMs: deps.clock.nowMs(),
    };
    for (let attempt = 1; attempt <= READINGS_PER_WINDOW && count > 0; attempt += 1) {
      const listing = await listTasks(window);
      // A count from before proves one page. Several may have shifted meanwhile, and what is counted only then is late.
      if (listing.pages > 1 || listing.seen.size !== count) count = await countTasks(window);
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
  async function listTasks(window: TimeWindow) {
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
        isAnswering = true;
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

  return { readWindow, unanswered: () => unanswered, unfinished: () => unfinished };
}

/**
 * What an error tells of: the window (what lies in it can't be told, a narrower one may do), an answer that never came
 * (which may be the window's fault or an outage), or the source, which would meet any window the same way.
 */
function faultOf(error: unknown): 'of-window' | 'no-answer' | 'of-source' {
  if (!(error instanceof WebexError)) return 'of-source';
  if (error.kind === 'unavailable' || error.kind === 'timeout') return 'no-answer';
  if (error.kind === 'invalid-answer') return error.retriable ? 'no-answer' : 'of-window';
  return error.kind === 'invalid-request' ? 'of-window' : 'of-source';
}
