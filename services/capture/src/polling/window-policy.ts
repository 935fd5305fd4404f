/**
 * Which windows of time are read next and what the ledger says afterwards (architecture rule 5).
 *
 * The ledger's rows of one sweep tile time without overlap and without holes. A row is `accepted` when as many distinct
 * tasks were seen as the ACD counted, else it is a `gap` and is read again first. Windows are half-open, epoch ms UTC.
 */

export interface TimeWindow {
  startMs: number;
  endMs: number;
}

export interface LedgerRow extends TimeWindow {
  state: 'accepted' | 'gap';
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

/** What is to be read now, oldest gaps first, then from the last end (less the overlap) to now. */
export function planReads(
  ledger: { gaps: readonly LedgerRow[]; lastEndMs: number | null },
  nowMs: number,
  settings: WindowSettings,
): TimeWindow[] {
  const edge = planEdge(ledger.lastEndMs, nowMs, settings);
  const edgeStartMs = edge[0]?.startMs ?? Number.POSITIVE_INFINITY;
  const gaps = ledger.gaps
    .filter((gap) => gap.state === 'gap' && gap.nextReadAtMs <= nowMs)
    .filter((gap) => gap.startMs < edgeStartMs)
    .map((gap) => ({ startMs: gap.startMs, endMs: Math.min(gap.endMs, edgeStartMs) }));
  return [...gaps, ...edge];
}

function planEdge(lastEndMs: number | null, nowMs: number, settings: WindowSettings): TimeWindow[] {
  // A ledger that ends in the future was written by a clock that ran ahead; its tasks had not ended when it was read.
  const fromMs =
    lastEndMs === null ? nowMs - settings.initialLookbackMs : Math.min(lastEndMs, nowMs) - settings.overlapMs;
  const windows: TimeWindow[] = [];
  for (let startMs = fromMs; startMs < nowMs; startMs += settings.maxWindowMs) {
    windows.push({ startMs, endMs: Math.min(startMs + settings.maxWindowMs, nowMs) });
  }
  return windows;
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
  expectedCount: number;
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
  const seenCount = reading.endedAtMs.filter((at) => at >= window.startMs && at < window.endMs).length;
  const readAtMs = reading.readAtMs;
  if (reading.complete) {
    return {
      ...window,
      state: 'accepted',
      expectedCount: seenCount,
      seenCount,
      attempts: 0,
      nextReadAtMs: 0,
      readAtMs,
    };
  }
  const attempts = attemptsBefore + 1;
  const nextReadAtMs = readAtMs + gapRetryDelayMs(attempts);
  const expectedCount = reading.expectedCount;
  return { ...window, state: 'gap', expectedCount, seenCount, attempts, nextReadAtMs, readAtMs };
}

function gapRow(window: TimeWindow, readAtMs: number): LedgerRow {
  return { ...window, state: 'gap', expectedCount: null, seenCount: null, attempts: 0, nextReadAtMs: 0, readAtMs };
}
