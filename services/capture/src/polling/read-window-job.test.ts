import { describe, expect, it } from '@jest/globals';
import { type TaskFacts, type TimeWindow, WebexError } from '@wxcc-wfo/webex';
import { taskFacts } from '../../test/task-facts.ts';
import { createReadWindowJob } from './read-window-job.ts';
import type { WindowReading } from './window-policy.ts';

/** Reads one window from a source that is told what to answer; gives the readings and the questions. */
async function read(o: {
  window: TimeWindow;
  count(window: TimeWindow, asked: number): number;
  pages(window: TimeWindow, asked: number): TaskFacts[][];
  incomplete?: string[];
  maxTasks?: number;
}) {
  const readings: WindowReading[] = [];
  const asked = { count: 0, list: 0 };
  const readWindow = createReadWindowJob({
    acdId: 'acd',
    source: {
      async countEndedTasks(window) {
        asked.count += 1;
        return o.count(window, asked.count);
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
    clock: { nowMs: () => 1_780_000_000_000 },
    maxTasksPerWindow: o.maxTasks ?? 10,
    signal: new AbortController().signal,
  });
  await readWindow(o.window);
  return { asked, readings: readings.map(({ window, complete }) => ({ ...window, complete })) };
}

const task = (id: string, endedAtMs = 500) => taskFacts({ taskId: id, endedAtMs });
const WINDOW = { startMs: 0, endMs: 1_000 };

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
    const broken = (window: TimeWindow) => window.startMs <= 5_500 && window.endMs > 5_500;
    const { readings } = await read({
      window: { startMs: 0, endMs: 16_000 },
      count: () => 1,
      pages(window) {
        if (broken(window)) throw new WebexError('invalid-answer', 'A task has no id.');
        return [[task(`t${window.startMs}`)]];
      },
    });
    expect(readings.filter((reading) => !reading.complete)).toEqual([
      { startMs: 5_000, endMs: 6_000, complete: false },
    ]);
    expect(readings.at(0)?.startMs).toBe(0);
    for (const [n, one] of readings.entries()) expect(one.startMs).toBe(n === 0 ? 0 : readings[n - 1]!.endMs);
    expect(readings.at(-1)?.endMs).toBe(16_000);
  });

  it('gives up on failures that a narrower window would meet as well', async () => {
    const pages = () => {
      throw new WebexError('unavailable', 'Searching tasks failed with HTTP 503.');
    };
    await expect(read({ window: WINDOW, count: () => 1, pages })).rejects.toThrow('503');
  });
});
