import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ActivityFacts } from '../port.ts';
import { readAllActivities } from './activity-pages.ts';
import { type ActivityPage, decodeActivity, decodeActivityPage } from './task-decoder.ts';

const rowAt = (id: string, startedAtMs: number): ActivityFacts =>
  decodeActivity({ id, createdTime: startedAtMs, eventName: 'connected' }, 'row', () => undefined);

/** A server that pages as Webex does: newest first, the cursor is the time of the page's last row. */
function serve(rows: ActivityFacts[], pageSize: number, cursorIsIncluded: boolean) {
  const newestFirst = [...rows].reverse().sort((a, b) => b.startedAtMs - a.startedAtMs);
  const page = (after: string | null): ActivityPage => {
    const left = newestFirst.filter(
      ({ startedAtMs }) => after === null || startedAtMs < Number(after) + (cursorIsIncluded ? 1 : 0),
    );
    const activities = left.slice(0, pageSize);
    const hasNextPage = left.length > pageSize;
    const endCursor = hasNextPage ? String(activities.at(-1)?.startedAtMs) : null;
    return { activities, totalCount: rows.length, hasNextPage, endCursor };
  };
  return { first: page(null), read: async (after: string) => page(after) };
}

describe('reading all activities of a task', () => {
  it('finds every row, oldest first, wherever milliseconds straddle pages', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 8, max: 20 }), fc.boolean(), async (offsets, pageSize, included) => {
        // More rows of one millisecond than a page holds cannot be told apart by this cursor at all.
        const perMs = new Map<number, number>();
        for (const offset of offsets) perMs.set(offset, (perMs.get(offset) ?? 0) + 1);
        const sorted = [...offsets].sort((a, b) => a - b);
        fc.pre(Math.max(...perMs.values()) < (included ? pageSize / 2 : pageSize));
        const rows = sorted.map((offset, index) => rowAt(`row-${index}`, 1_700_000_000_000 + offset));
        const { first, read } = serve(rows, pageSize, included);
        const all = await readAllActivities(first, read);
        expect(all).toMatchObject({ activitiesComplete: true, activityCount: rows.length });
        expect(all.activities.map((row) => row.activityId).sort()).toEqual(rows.map((row) => row.activityId).sort());
        expect(all.activities.map((row) => row.startedAtMs)).toEqual(rows.map((row) => row.startedAtMs));
      }),
      { numRuns: 300 },
    );
  });

  it('asks from one millisecond after the cursor', async () => {
    const rows = [1, 2, 3].map((offset) => rowAt(`r${offset}`, 1_700_000_000_000 + offset));
    const { first, read } = serve(rows, 2, false);
    const asked: string[] = [];
    await readAllActivities(first, (after) => {
      asked.push(after);
      return read(after);
    });
    expect(asked).toEqual(['1700000000003']);
  });

  it('is incomplete, not endless, when one millisecond fills whole pages', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => rowAt(`r${index}`, 1_700_000_000_000));
    const { first, read } = serve(rows, 3, true);
    await expect(readAllActivities(first, read)).resolves.toMatchObject({
      activitiesComplete: false,
      activityCount: 7,
    });
  });

  it.each(['an empty last page', 'the page before'])(
    'tries the cursor itself when one millisecond later brings %s',
    async (answer) => {
      const rows = [1, 2, 3].map((offset) => rowAt(`r${offset}`, 1_700_000_000_000 + offset));
      const { first, read } = serve(rows, 2, false);
      const known = String(first.endCursor);
      const odd =
        answer === 'the page before' ? first : { ...first, activities: [], hasNextPage: false, endCursor: null };
      const all = await readAllActivities(first, async (after) => (after === known ? read(after) : odd));
      expect(all).toMatchObject({ activitiesComplete: true, activityCount: 3 });
      expect(all.activities.map((row) => row.activityId)).toEqual(['r1', 'r2', 'r3']);
    },
  );

  it('asks no further once it has as many as Webex counts', async () => {
    const activities = [rowAt('r1', 1_700_000_000_000)];
    const first: ActivityPage = { activities, totalCount: 1, hasNextPage: true, endCursor: '1700000000000' };
    const never = async () => Promise.reject(new Error('asked'));
    await expect(readAllActivities(first, never)).resolves.toMatchObject({ activitiesComplete: true });
  });

  it('proves nothing without a count', async () => {
    const absent = decodeActivityPage(null, 'activities', () => undefined);
    const none = async () => undefined;
    await expect(readAllActivities(absent, none)).resolves.toMatchObject({ activitiesComplete: false });
    const activities = [rowAt('r1', 1_700_000_000_000)];
    const uncounted: ActivityPage = { activities, totalCount: null, hasNextPage: false, endCursor: null };
    const all = await readAllActivities(uncounted, none);
    expect(all).toMatchObject({ activitiesComplete: false, activityCount: 1 });
  });

  it('is incomplete when the count does not fit, the task vanishes or the cursor is missing', async () => {
    const activities = [rowAt('r1', 1_700_000_000_000)];
    const none = async () => undefined;
    const first: ActivityPage = { activities, totalCount: 2, hasNextPage: false, endCursor: null };
    await expect(readAllActivities(first, none)).resolves.toMatchObject({ activitiesComplete: false });
    const more = { ...first, hasNextPage: true, endCursor: '1700000000000' };
    await expect(readAllActivities(more, none)).resolves.toMatchObject({ activitiesComplete: false });
    await expect(readAllActivities({ ...more, endCursor: null }, none)).resolves.toMatchObject({
      activitiesComplete: false,
    });
  });
});
