/**
 * Which windows of time are read next and what the ledger says afterwards (architecture rule 5).
 *
 * The ledger's rows of one sweep tile time without overlap and without holes. A row is `accepted` when as many distinct
 * tasks were seen as the ACD counted, else it is a `gap` and is read again. Windows are half-open, epoch ms UTC.
 */

export interface TimeWindow {
  startMs: number;
  endMs: number;
}

export interface LedgerRow extends TimeWindow {
  state: 'accepted' | 'gap';
  /** Null: it was not counted for this stretch alone, as where the ACD gave no answer that can be used. */
  expectedCount: number | null;
  seenCount: number | null;
  attempts: number;
  nextReadAtMs: number;
  readAtMs: number;
}

export interface WindowSettings {
  /** Tasks become visible late: the end of what was read is read again for this long. */
  overlapMs: number;
  /** How far back the very first read goes. */
  initialLookbackMs: number;
  /** The widest window of one read, so that catching up after an outage goes in steps that are kept. */
  maxWindowMs: number;
  /** A window with more tasks than this is split. */
  maxTasksPerWindow: number;
  /** Rows of the ledger at the live edge grow to this width. At most `overlapMs`, so that a growing row is read whole. */
  rowMs: number;
}

/** What planning needs to know of a ledger. */
export interface LedgerState {
  /** Those that are due, longest due first. */
  dueGaps: readonly LedgerRow[];
  /** All within the overlap that were not counted, due or not. */
  uncounted: readonly TimeWindow[];
  lastEndMs: number | null;
}

export interface ReadingPlan {
  /** From the last end, less the overlap, to now; oldest first. */
  edge: TimeWindow[];
  /** Read after it: a gap that fails again must not keep what is new waiting. */
  gaps: TimeWindow[];
}

/** What is to be read now. The edge leaves out what could not be read before: that is tried again as a gap, when it is due. */
export function planReads(ledger: LedgerState, nowMs: number, settings: WindowSettings): ReadingPlan {
  const fromMs = edgeStartMs(ledger.lastEndMs, nowMs, settings);
  const edge: TimeWindow[] = [];
  for (let startMs = fromMs; startMs < nowMs; startMs += settings.maxWindowMs) {
    const window = { startMs, endMs: Math.min(startMs + settings.maxWindowMs, nowMs) };
    edge.push(...withoutStretches(window, ledger.uncounted));
  }
  const gaps = ledger.dueGaps
    .map(({ startMs, endMs, expectedCount }) =>
      expectedCount === null ? { startMs, endMs } : { startMs, endMs: Math.min(endMs, fromMs) },
    )
    .filter((gap) => gap.startMs < gap.endMs);
  return { edge, gaps };
}

/** Where reading goes on. A ledger that ends in the future was written by a clock that ran ahead; its tasks had not ended when it was read. */
export function edgeStartMs(
  lastEndMs: number | null,
  nowMs: number,
  settings: Pick<WindowSettings, 'overlapMs' | 'initialLookbackMs'>,
): number {
  return lastEndMs === null ? nowMs - settings.initialLookbackMs : Math.min(lastEndMs, nowMs) - settings.overlapMs;
}

function withoutStretches(window: TimeWindow, stretches: readonly TimeWindow[]): TimeWindow[] {
  const parts: TimeWindow[] = [];
  let { startMs } = window;
  for (const stretch of stretches.toSorted((a, b) => a.startMs - b.startMs)) {
    if (stretch.startMs >= window.endMs) break;
    if (stretch.startMs > startMs) parts.push({ startMs, endMs: stretch.startMs });
    startMs = Math.max(startMs, stretch.endMs);
  }
  if (startMs < window.endMs) parts.push({ startMs, endMs: window.endMs });
  return parts;
}

/** Webex tells its time in whole seconds, rounded down. */
const SERVER_TIME_STEP_MS = 1_000;

/** How far our clock is ahead of Webex's, at least; 0 where it may be right or behind. */
export const aheadOfServerMs = (nowMs: number, serverTimeMs: number): number =>
  Math.max(0, nowMs - (serverTimeMs + SERVER_TIME_STEP_MS));

/**
 * The part of a window that has been by Webex's clock; null when none has. Webex reads up to its own now whatever it is
 * asked, so that what lies behind is not proven by any count: tasks are still to end in it.
 */
export function upToServerTime(window: TimeWindow, serverTimeMs: number): TimeWindow | null {
  const endMs = Math.min(window.endMs, serverTimeMs + SERVER_TIME_STEP_MS);
  return window.startMs < endMs ? { startMs: window.startMs, endMs } : null;
}

/** Halves of a window that holds too many tasks, oldest first; null when it is small enough or can't be cut further. */
export function splitWindow(window: TimeWindow, count: number, maxTasks: number): [TimeWindow, TimeWindow] | null {
  const widthMs = window.endMs - window.startMs;
  if (count <= maxTasks || widthMs < 2) return null;
  const middleMs = window.startMs + Math.floor(widthMs / 2);
  return [
    { startMs: window.startMs, endMs: middleMs },
    { startMs: middleMs, endMs: window.endMs },
  ];
}

/** What one read of a window came to. `endedAtMs` of each distinct task that was seen. */
export interface WindowReading {
  window: TimeWindow;
  complete: boolean;
  /** Null: the window could not be read. */
  expectedCount: number | null;
  endedAtMs: readonly number[];
  readAtMs: number;
}

const GAP_RETRY_FIRST_MS = 5_000;
const GAP_RETRY_MOST_MS = 600_000;

/** When a gap is read again: soon, then ever later, at most every ten minutes, and never given up. */
export function gapRetryDelayMs(attempts: number): number {
  return Math.min(GAP_RETRY_FIRST_MS * 2 ** Math.max(0, attempts - 1), GAP_RETRY_MOST_MS);
}

/**
 * The ledger's rows after a reading: what it covers gets its state, the rest stays. What would lie unread between the
 * last end and the window becomes a gap, so that no time is ever unaccounted for.
 * `rows` are, in order of time, those that overlap the window and the last one of the sweep.
 */
export function paintReading(rows: readonly LedgerRow[], reading: WindowReading, rowMs: number): LedgerRow[] {
  const { window } = reading;
  const overlaps = (row: LedgerRow) => row.startMs < window.endMs && row.endMs > window.startMs;
  const painted = rows.flatMap((row) => (overlaps(row) ? repaintRow(row, reading) : [row]));
  const lastEndMs = rows.at(-1)?.endMs ?? window.startMs;
  if (lastEndMs < window.startMs) {
    painted.push(gapRow({ startMs: lastEndMs, endMs: window.startMs }, reading.readAtMs));
  }
  const startMs = Math.max(lastEndMs, window.startMs);
  if (startMs < window.endMs) appendEdge(painted, { startMs, endMs: window.endMs }, { reading, rowMs });
  return painted;
}

/** An accepted reading proves the covered part of a gap and refreshes a whole accepted row; a failed one doubts it. */
function repaintRow(row: LedgerRow, reading: WindowReading): LedgerRow[] {
  const { window } = reading;
  const covered = { startMs: Math.max(row.startMs, window.startMs), endMs: Math.min(row.endMs, window.endMs) };
  const isWhole = covered.startMs === row.startMs && covered.endMs === row.endMs;
  const state = reading.complete ? 'accepted' : 'gap';
  if (row.state === state && state === 'accepted' && !isWhole) return [row];
  const parts: LedgerRow[] = [];
  const unknown = { expectedCount: null, seenCount: null };
  if (row.startMs < covered.startMs) parts.push({ ...row, ...unknown, endMs: covered.startMs });
  parts.push(readRow(covered, reading, row.state === 'gap' ? row.attempts : 0));
  if (covered.endMs < row.endMs) parts.push({ ...row, ...unknown, startMs: covered.endMs });
  return parts;
}

function appendEdge(painted: LedgerRow[], edge: TimeWindow, how: { reading: WindowReading; rowMs: number }): void {
  const tail = painted.at(-1);
  const isContinued =
    tail !== undefined &&
    how.reading.complete &&
    tail.state === 'accepted' &&
    tail.endMs === edge.startMs &&
    tail.startMs >= how.reading.window.startMs &&
    edge.endMs - tail.startMs <= how.rowMs;
  if (isContinued) painted.pop();
  const startMs = isContinued ? tail.startMs : edge.startMs;
  painted.push(readRow({ startMs, endMs: edge.endMs }, how.reading, 0));
}

function readRow(window: TimeWindow, reading: WindowReading, attemptsBefore: number): LedgerRow {
  const { readAtMs, expectedCount } = reading;
  const seen = reading.endedAtMs.filter((at) => at >= window.startMs && at < window.endMs).length;
  const seenCount = expectedCount === null ? null : seen;
  if (reading.complete) {
    return {
      ...window,
      state: 'accepted',
      expectedCount: seen,
      seenCount: seen,
      attempts: 0,
      nextReadAtMs: 0,
      readAtMs,
    };
  }
  const attempts = attemptsBefore + 1;
  const nextReadAtMs = readAtMs + gapRetryDelayMs(attempts);
  return { ...window, state: 'gap', expectedCount, seenCount, attempts, nextReadAtMs, readAtMs };
}

function gapRow(window: TimeWindow, readAtMs: number): LedgerRow {
  return { ...window, state: 'gap', expectedCount: null, seenCount: null, attempts: 0, nextReadAtMs: 0, readAtMs };
}
