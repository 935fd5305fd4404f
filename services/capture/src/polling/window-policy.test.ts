import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  aheadOfServerMs,
  gapRetryDelayMs,
  type LedgerRow,
  paintReading,
  planReads,
  splitWindow,
  upToServerTime,
  type WindowReading,
} from './window-policy.ts';

const SETTINGS = {
  overlapMs: 300_000,
  initialLookbackMs: 86_400_000,
  maxWindowMs: 3_600_000,
  maxTasksPerWindow: 1_000,
  rowMs: 60_000,
};
const NOW_MS = 1_780_000_000_000;

const accepted = (startMs: number, endMs: number): LedgerRow => ({
  startMs,
  endMs,
  state: 'accepted',
  expectedCount: 0,
  seenCount: 0,
  attempts: 0,
  nextReadAtMs: 0,
  readAtMs: NOW_MS,
});
const gap = (startMs: number, endMs: number, nextReadAtMs = 0): LedgerRow => ({
  ...accepted(startMs, endMs),
  state: 'gap',
  attempts: 1,
  nextReadAtMs,
});
const reading = (startMs: number, endMs: number, changes: Partial<WindowReading> = {}): WindowReading => ({
  window: { startMs, endMs },
  complete: true,
  expectedCount: 0,
  endedAtMs: [],
  readAtMs: NOW_MS,
  ...changes,
});

const NOTHING = { dueGaps: [], uncounted: [], lastEndMs: null };

describe('planReads (rule 5: from the last end less the overlap to now, then the gaps)', () => {
  it('begins a new ACD one lookback ago, in windows that are kept one by one', () => {
    const { edge, gaps } = planReads(NOTHING, NOW_MS, SETTINGS);
    expect(edge).toHaveLength(24);
    expect(edge[0]).toEqual({ startMs: NOW_MS - 86_400_000, endMs: NOW_MS - 82_800_000 });
    expect(edge.at(-1)).toEqual({ startMs: NOW_MS - 3_600_000, endMs: NOW_MS });
    expect(gaps).toEqual([]);
  });

  it('reads the overlap again, because tasks become visible late', () => {
    const { edge } = planReads({ ...NOTHING, lastEndMs: NOW_MS - 10_000 }, NOW_MS, SETTINGS);
    expect(edge).toEqual([{ startMs: NOW_MS - 310_000, endMs: NOW_MS }]);
  });

  it('reads gaps as they are due, and does not read twice what the overlap covers', () => {
    const dueGaps = [
      gap(NOW_MS - 320_000, NOW_MS - 305_000),
      gap(NOW_MS - 900_000, NOW_MS - 800_000),
      gap(NOW_MS - 100_000, NOW_MS - 90_000),
    ];
    expect(planReads({ ...NOTHING, dueGaps, lastEndMs: NOW_MS - 10_000 }, NOW_MS, SETTINGS)).toEqual({
      edge: [{ startMs: NOW_MS - 310_000, endMs: NOW_MS }],
      gaps: [
        { startMs: NOW_MS - 320_000, endMs: NOW_MS - 310_000 },
        { startMs: NOW_MS - 900_000, endMs: NOW_MS - 800_000 },
      ],
    });
  });

  it('leaves out of the edge what could not be read before: it is read as a gap when it is due', () => {
    const unreadable = { ...gap(NOW_MS - 20_000, NOW_MS - 19_000), expectedCount: null };
    const resting = gap(NOW_MS - 315_000, NOW_MS - 300_000, NOW_MS + 1);
    const uncounted = [unreadable, resting];
    const ledger = { dueGaps: [unreadable], uncounted, lastEndMs: NOW_MS - 10_000 };
    expect(planReads(ledger, NOW_MS, SETTINGS)).toEqual({
      edge: [
        { startMs: NOW_MS - 300_000, endMs: NOW_MS - 20_000 },
        { startMs: NOW_MS - 19_000, endMs: NOW_MS },
      ],
      gaps: [{ startMs: NOW_MS - 20_000, endMs: NOW_MS - 19_000 }],
    });
  });

  it('reads up to now also when a clock that ran ahead has been put back: what was read of the future proves nothing', () => {
    const { edge } = planReads({ ...NOTHING, lastEndMs: NOW_MS + 400_000 }, NOW_MS, SETTINGS);
    expect(edge).toEqual([{ startMs: NOW_MS - 300_000, endMs: NOW_MS }]);
  });
});

describe('a clock of ours that is ahead of the ACD’s', () => {
  it('reads up to the ACD’s now, which is told in whole seconds', () => {
    const window = { startMs: NOW_MS - 300_000, endMs: NOW_MS };
    expect(upToServerTime(window, NOW_MS - 1_000)).toEqual(window);
    expect(upToServerTime(window, NOW_MS - 60_000)).toEqual({ startMs: NOW_MS - 300_000, endMs: NOW_MS - 59_000 });
    expect(upToServerTime(window, NOW_MS - 301_000)).toBeNull();
  });

  it('knows by how much it is ahead at least', () => {
    expect(aheadOfServerMs(NOW_MS, NOW_MS - 1_000)).toBe(0);
    expect(aheadOfServerMs(NOW_MS, NOW_MS + 5_000)).toBe(0);
    expect(aheadOfServerMs(NOW_MS, NOW_MS - 61_000)).toBe(60_000);
  });
});

describe('splitWindow', () => {
  it('halves what holds too many tasks, oldest first', () => {
    expect(splitWindow({ startMs: 0, endMs: 101 }, 1_001, 1_000)).toEqual([
      { startMs: 0, endMs: 50 },
      { startMs: 50, endMs: 101 },
    ]);
  });
  it('leaves what is small, and a single millisecond whatever it holds', () => {
    expect(splitWindow({ startMs: 0, endMs: 101 }, 1_000, 1_000)).toBeNull();
    expect(splitWindow({ startMs: 0, endMs: 1 }, 5_000, 1_000)).toBeNull();
  });
});

describe('gapRetryDelayMs', () => {
  it('doubles from 5 s to 10 min', () => {
    expect([1, 2, 3, 8, 50].map(gapRetryDelayMs)).toEqual([5_000, 10_000, 20_000, 600_000, 600_000]);
  });
});

describe('paintReading', () => {
  it('begins the ledger with the first reading', () => {
    const rows = paintReading([], reading(0, 1_000, { endedAtMs: [5, 999] }), 60_000);
    expect(rows).toMatchObject([{ startMs: 0, endMs: 1_000, state: 'accepted', expectedCount: 2, seenCount: 2 }]);
  });

  it('lets the row at the live edge grow to its width, counted anew by each reading', () => {
    const rows = paintReading([accepted(0, 50_000)], reading(0, 60_000, { endedAtMs: [1, 55_000] }), 60_000);
    expect(rows).toMatchObject([{ startMs: 0, endMs: 60_000, seenCount: 2 }]);
    const next = paintReading(rows, reading(0, 61_000), 60_000);
    expect(next.map((row) => [row.startMs, row.endMs])).toEqual([
      [0, 60_000],
      [60_000, 61_000],
    ]);
  });

  it('closes the covered part of a gap and keeps the rest of it', () => {
    const rows = paintReading([gap(0, 100), accepted(100, 200)], reading(0, 40), 10);
    expect(rows.map((row) => [row.startMs, row.endMs, row.state])).toEqual([
      [0, 40, 'accepted'],
      [40, 100, 'gap'],
      [100, 200, 'accepted'],
    ]);
  });

  it('doubts what a reading covered that did not match its count, and tries it again ever later', () => {
    const failed = reading(50, 150, { complete: false, expectedCount: 3, endedAtMs: [60, 70] });
    const rows = paintReading([accepted(0, 100)], failed, 10);
    expect(rows).toMatchObject([
      { startMs: 0, endMs: 50, state: 'accepted' },
      {
        startMs: 50,
        endMs: 100,
        state: 'gap',
        expectedCount: 3,
        seenCount: 2,
        attempts: 1,
        nextReadAtMs: NOW_MS + 5_000,
      },
      { startMs: 100, endMs: 150, state: 'gap', expectedCount: 3, seenCount: 0, attempts: 1 },
    ]);
    expect(paintReading([gap(0, 100)], reading(0, 100, { complete: false }), 10)[0]).toMatchObject({ attempts: 2 });
  });

  it('knows no counts of what could not be read', () => {
    const failed = reading(0, 100, { complete: false, expectedCount: null });
    expect(paintReading([accepted(0, 100)], failed, 10)).toMatchObject([
      { startMs: 0, endMs: 100, state: 'gap', expectedCount: null, seenCount: null, nextReadAtMs: NOW_MS + 5_000 },
    ]);
  });

  it('calls a gap what would lie unread before the window', () => {
    const rows = paintReading([accepted(0, 100)], reading(150, 200), 1_000);
    expect(rows.map((row) => [row.startMs, row.endMs, row.state])).toEqual([
      [0, 100, 'accepted'],
      [100, 150, 'gap'],
      [150, 200, 'accepted'],
    ]);
  });

  it('property: whatever is read in whatever order, the rows tile time and only a proven reading is accepted', () => {
    const readings = fc.array(
      fc.record({ startMs: fc.nat({ max: 200 }), widthMs: fc.integer({ min: 1, max: 80 }), complete: fc.boolean() }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 60 }), (all, rowMs) => {
        let rows: LedgerRow[] = [];
        const proven = new Map<number, boolean>();
        for (const one of all) {
          const endMs = one.startMs + one.widthMs;
          const before = rows;
          rows = paintReading(before, reading(one.startMs, endMs, { complete: one.complete }), rowMs);
          for (let at = one.startMs; at < endMs; at += 1) proven.set(at, one.complete);
        }
        for (const [n, row] of rows.entries()) {
          expect(row.endMs).toBeGreaterThan(row.startMs);
          if (n > 0) expect(row.startMs).toBe(rows[n - 1]!.endMs);
          for (let at = row.startMs; at < row.endMs; at += 1) {
            // Accepted time was accepted by the last reading of it; a gap may hold time that nobody read.
            if (row.state === 'accepted') expect(proven.get(at)).toBe(true);
            else expect(proven.get(at) ?? false).toBe(false);
          }
        }
      }),
    );
  });
});
