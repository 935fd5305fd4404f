import type { ActivityFacts } from '../port.ts';
import { type ActivityPage, oldestFirst } from './task-decoder.ts';

/** Reads the page of one task's activities that follows the cursor; undefined when the task was not in the answer. */
export type ReadActivityPage = (after: string) => Promise<ActivityPage | undefined>;

export interface AllActivities {
  activities: ActivityFacts[];
  activitiesComplete: boolean;
  activityCount: number;
}

/** 100 pages of 100: no task has that many; it ends a server's loop. */
const MAX_PAGES = 100;

/**
 * Follows the inner pages of one task from its first page to the end.
 *
 * The inner cursor is the time of the last row, rows come newest first, and two rows of one millisecond may stand on
 * both sides of a page's end. Whether `after` excludes that millisecond is not documented, so each page is asked for
 * from one millisecond later and what comes twice is dropped by id. When a page brings nothing new that way (a whole
 * page of one millisecond, or a server that knows its own cursors only), the cursor itself is tried. The reading ends
 * when the distinct ids are as many as Webex counts, which alone proves that it is whole: without a count, or when rows
 * were added or lost meanwhile, the task is marked incomplete.
 */
export async function readAllActivities(first: ActivityPage, read: ReadActivityPage): Promise<AllActivities> {
  const byId = new Map<string, ActivityFacts>();
  const add = (page: ActivityPage): number => {
    const before = byId.size;
    for (const activity of page.activities) if (!byId.has(activity.activityId)) byId.set(activity.activityId, activity);
    return byId.size - before;
  };
  const isWhole = ({ totalCount }: ActivityPage) => byId.size === totalCount;
  add(first);
  let page = first;
  for (let pages = 1; pages < MAX_PAGES && !isWhole(page) && page.hasNextPage; pages++) {
    const cursor = page.endCursor;
    if (cursor === null) break;
    let next = await read(oneMillisecondLater(cursor));
    let added = next ? add(next) : 0;
    if (next && added === 0 && !isWhole(next)) {
      next = await read(cursor);
      added = next ? add(next) : 0;
    }
    if (!next) break;
    page = next;
    if (added === 0) break;
  }
  return {
    activities: oldestFirst([...byId.values()]),
    activitiesComplete: isWhole(page),
    activityCount: page.totalCount ?? byId.size,
  };
}

function oneMillisecondLater(cursor: string): string {
  return /^\d{10,15}$/.test(cursor) ? String(Number(cursor) + 1) : cursor;
}
