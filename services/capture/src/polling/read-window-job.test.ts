import { describe, expect, it } from '@jest/globals';
import { type TaskFacts, type TimeWindow, WebexError } from '@wxcc-wfo/webex';
import { taskFacts } from '../../test/task-facts.ts';
import { createReadWindowJob } from './read-window-job.ts';
import type { WindowReading } from './window-policy.ts';

interface Scenario {
  window: TimeWindow;
  count(window: TimeWindow, asked: number): number;
  pages(window: TimeWindow, asked: number): TaskFacts[][];
  incomplete?: string[];
  maxTasks?: number;
  hasFailedBefore?: boolean;
  serverTimeMs?: number;
}

/** Reads one window from a source that is told what to answer; gives the readings and the questions. */
async function read(o: Scenario) {
  const readings: WindowReading[] = [];
  const unreadable: TimeWindow[] = [];
  const asked = { count: 0, list: 0 };
  const job = createReadWindowJob({
    acdId: 'acd',
    source: {
      async countEndedTasks(window, options) {
        asked.count += 1;
        const count = o.count(window, asked.count);
        if (o.serverTimeMs !== undefined) options?.onServerTime?.(o.serverTimeMs);
        return count;
      },
      async *listEndedTasks(window) {
        asked.list += 1;
        for (const tasks of o.pages(window, asked.list)) yield { tasks };
      },
    },
    async storePage(tasks) {
      const incomplete = tasks.map((task) => task.taskId).filter((id) => o.incomplete?.includes(id));
      return { settled: [], open: [], incomplete, accepted: 0, unchanged: 0 };
    },
    async record(reading) {
      readings.push(reading);
    },
    checkpoint: async () => {},
    onServerTime: () => {},
    onUnreadable: (window) => unreadable.push(window),
    clock: { nowMs: () => 1_780_000_000_000 },
    maxTasksPerWindow: o.maxTasks ?? 10,
    signal: new AbortController().signal,
  });
  const failure = await job
    .readWindow(o.window, { hasFailedBefore: o.hasFailedBefore ?? false })
    .then(() => null, String);
  return {
    asked,
    failure,
    unreadable,
    unfinished: job.unfinished(),
    recorded: readings,
    readings: readings.map(({ window, complete }) => ({ ...window, complete })),
  };
}

const task = (id: string, endedAtMs = 500) => taskFacts({ taskId: id, endedAtMs });
const WINDOW = { startMs: 0, endMs: 1_000 };
const holds = (window: TimeWindow, atMs: number) => window.startMs <= atMs && window.endMs > atMs;

function expectTiled(readings: readonly TimeWindow[], whole: TimeWindow): void {
  for (const [n, one] of readings.entries()) expect(one.startMs).toBe(n === 0 ? whole.startMs : readings[n - 1]!.endMs);
  expect(readings.at(-1)?.endMs).toBe(whole.endMs);
}

describe('reading a window (rule 5)', () => {
  it('asks for nothing more when nothing is counted', async () => {
    const { asked, readings } = await read({ window: WINDOW, count: () => 0, pages: () => [] });
    expect(asked).toEqual({ count: 1, list: 0 });
    expect(readings).toEqual([{ ...WINDOW, complete: true }]);
  });

  it('accepts one page whose distinct tasks are as many as were counted', async () => {
    const { asked, readings } = await read({ window: WINDOW, count: () => 2, pages: () => [[task('a'), task('b')]] });
    expect(asked).toEqual({ count: 1, list: 1 });
    expect(readings).toEqual([{ ...WINDOW, complete: true }]);
  });

  it('counts several pages again: one may have come while another slipped through', async () => {
    // Before, two were counted; while paging, "c" came and "b" shifted from the second page to the first.
    const pages = (_: TimeWindow, asked: number) =>
      asked === 1 ? [[task('c')], [task('a')]] : [[task('c')], [task('b'), task('a')]];
    const count = (_: TimeWindow, asked: number) => (asked === 1 ? 2 : 3);
    const { asked, readings } = await read({ window: WINDOW, count, pages });
    expect(asked).toEqual({ count: 3, list: 2 });
    expect(readings).toEqual([{ ...WINDOW, complete: true }]);
  });

  it('leaves a gap when three listings do not match their count', async () => {
    const { asked, readings } = await read({ window: WINDOW, count: () => 2, pages: () => [[task('a')], []] });
    expect(asked.list).toBe(3);
    expect(readings).toEqual([{ ...WINDOW, complete: false }]);
  });

  it('leaves a gap for a task that is told in part, without listing the others again', async () => {
    const { asked, readings } = await read({
      window: WINDOW,
      count: () => 1,
      pages: () => [[task('a')]],
      incomplete: ['a'],
    });
    expect(asked.list).toBe(1);
    expect(readings).toEqual([{ ...WINDOW, complete: false }]);
  });

  it('splits what holds too many, and keeps each part, oldest first', async () => {
    const within = (window: TimeWindow) =>
      [100, 300, 600, 800].filter((at) => at >= window.startMs && at < window.endMs);
    const { readings } = await read({
      window: WINDOW,
      maxTasks: 2,
      count: (window) => within(window).length,
      pages: (window) => [within(window).map((at) => task(`t${at}`, at))],
    });
    expect(readings).toEqual([
      { startMs: 0, endMs: 500, complete: true },
      { startMs: 500, endMs: 1_000, complete: true },
    ]);
  });

  it('cuts out what can’t be read, down to a second, so that one broken task does not stop its ACD', async () => {
    const { readings, recorded, unfinished } = await read({
      window: { startMs: 0, endMs: 16_000 },
      count: () => 1,
      pages(window) {
        if (holds(window, 5_500)) throw new WebexError('invalid-answer', 'A task has no id.');
        return [[task(`t${window.startMs}`)]];
      },
    });
    expect(readings.filter((reading) => !reading.complete)).toEqual([
      { startMs: 5_000, endMs: 6_000, complete: false },
    ]);
    expect(recorded.find((reading) => !reading.complete)).toMatchObject({ expectedCount: null });
    expectTiled(readings, { startMs: 0, endMs: 16_000 });
    expect(unfinished).toBeNull();
  });

  it('leaves what is too much to cut as gaps that are wide, and says so: reading goes on behind them', async () => {
    const day = { startMs: 0, endMs: 86_400_000 };
    const { readings, failure, unfinished } = await read({
      window: day,
      count: () => 1,
      pages() {
        throw new WebexError('invalid-answer', 'A task has no id.');
      },
    });
    expect(failure).toBeNull();
    expectTiled(readings, day);
    expect(readings.length).toBeLessThanOrEqual(41); // 40 cuts leave 41 parts
    expect(unfinished).toMatchObject({ message: 'A task has no id.' });
  });

  describe('a window without an answer', () => {
    const FIVE_MINUTES = { startMs: 0, endMs: 310_000 };
    const noAnswer = () => new WebexError('unavailable', 'Searching tasks failed with HTTP 503.');
    const oneBroken = (window: TimeWindow) => {
      if (holds(window, 200_500)) throw noAnswer();
      return [[task(`t${window.startMs}`)]];
    };

    it('is tried again by the next poll while it has not failed often', async () => {
      const { failure, readings, asked } = await read({ window: FIVE_MINUTES, count: () => 1, pages: oneBroken });
      expect(failure).toMatch('503');
      expect(readings).toEqual([]);
      expect(asked.list).toBe(1);
    });

    it('is cut down to a second once it has, while other time is answered', async () => {
      const { readings, failure, unreadable, unfinished } = await read({
        window: FIVE_MINUTES,
        count: () => 1,
        pages: oneBroken,
        hasFailedBefore: true,
      });
      expect([failure, unfinished]).toEqual([null, null]);
      const gaps = readings.filter((reading) => !reading.complete);
      expect(gaps).toHaveLength(1);
      expect(holds(gaps[0]!, 200_500)).toBe(true);
      expect(gaps[0]!.endMs - gaps[0]!.startMs).toBeLessThanOrEqual(1_000);
      expect(unreadable).toEqual([{ startMs: gaps[0]!.startMs, endMs: gaps[0]!.endMs }]);
      expectTiled(readings, FIVE_MINUTES);
    });

    it('is the source’s outage when nothing else is answered either: nothing is written', async () => {
      const pages = () => {
        throw noAnswer();
      };
      const outage = await read({ window: FIVE_MINUTES, count: () => 1, pages, hasFailedBefore: true });
      expect(outage.failure).toMatch('503');
      expect(outage.readings).toEqual([]);
      expect(outage.asked.list).toBe(2); // the window and the newest second
    });

    it('stays wide where much is broken, as each question may take as long as a call: a few, and the poll goes on', async () => {
      const pages = (window: TimeWindow) => {
        if (window.startMs < 1_000_000) throw noAnswer();
        return [[]];
      };
      const much = await read({ window: FIVE_MINUTES, count: () => 1, pages, hasFailedBefore: true });
      expect(much.failure).toBeNull();
      expectTiled(much.readings, FIVE_MINUTES);
      expect(much.readings.length).toBeLessThanOrEqual(10);
      expect(much.unfinished).toMatchObject({ kind: 'unavailable' });
    });
  });

  it('meets every window the same way without a token: that is thrown', async () => {
    const pages = () => {
      throw new WebexError('unauthorized', 'The access token is not accepted.');
    };
    const { failure, readings } = await read({ window: WINDOW, count: () => 1, pages, hasFailedBefore: true });
    expect(failure).toMatch('access token');
    expect(readings).toEqual([]);
  });

  it('proves nothing beyond the ACD’s now, where our clock is ahead', async () => {
    const window = { startMs: 0, endMs: 600_000 };
    const listed: TimeWindow[] = [];
    const pages = (one: TimeWindow) => {
      listed.push(one);
      return [[task('a')]];
    };
    const { readings } = await read({ window, count: () => 1, pages, serverTimeMs: 120_000 });
    expect(listed).toEqual([{ startMs: 0, endMs: 121_000 }]);
    expect(readings).toEqual([{ startMs: 0, endMs: 121_000, complete: true }]);
  });
});
