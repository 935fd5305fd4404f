import type { FaultBoard } from '../faults/fault-board.ts';
import { ApiError } from '../gateway/errors.ts';

export interface PageRequest {
  pageSize: number;
  /** Records that paging can reach at all. */
  reach: number;
  cursor: string | null | undefined;
  faults: FaultBoard;
}

export interface Page<T> {
  items: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** One page of fixed size. Cursors mean nothing to clients; what a page holds depends on what is there when it is asked. */
export function pageOf<T>(records: readonly T[], request: PageRequest): Page<T> {
  const start = startOf(request.cursor) * request.pageSize;
  const reachable = Math.min(records.length, request.reach);
  const number = start / request.pageSize;
  const hasNextPage = start + request.pageSize < reachable;
  if (hasNextPage && number > 0) {
    // An empty page gives way to the same records under another cursor; a lost page skips them.
    const empty = request.faults.strike('empty-page');
    if (empty !== undefined) return { items: [], pageInfo: { hasNextPage: true, endCursor: `${number}.1` } };
    const lost = request.faults.strike('lost-page');
    if (lost !== undefined) return { items: [], pageInfo: { hasNextPage: true, endCursor: String(number + 1) } };
  }
  const items = records.slice(start, Math.min(start + request.pageSize, reachable));
  return { items, pageInfo: { hasNextPage, endCursor: hasNextPage ? String(number + 1) : null } };
}

function startOf(cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined || cursor === 'NA') return 0;
  const match = /^(\d+)(?:\.\d+)?$/.exec(cursor);
  if (match === null) throw new ApiError(400, 'The cursor is not valid.');
  return Number(match[1]);
}
