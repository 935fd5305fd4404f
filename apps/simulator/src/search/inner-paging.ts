import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import type { FaultBoard } from '../faults/fault-board.ts';
import { type Filter, matches } from './filters.ts';
import { selectedLeaves } from './selection.ts';
import type { View } from './task-view.ts';

const DEFAULT_FIRST = 25;
const MAX_FIRST = 100;

/** What the resolver of a page of rows needs to know beside the record. */
export interface InnerContext {
  faults: FaultBoard;
}

interface Parent extends View {
  isAggregated?: boolean;
  activities?: unknown;
  activityRows?: View[];
  nodeFilter?: Filter | undefined;
}

/**
 * A page of a record's rows, newest first. The cursor is the time of the last row and `after` leaves out rows of exactly
 * that time, so rows of one millisecond can be lost at a page's end: clients have to ask again or count.
 */
export function resolveActivities(
  parent: Parent,
  args: { first?: number | null; after?: string | null },
  context: InnerContext,
  info: GraphQLResolveInfo,
): unknown {
  if (parent.isAggregated === true) return parent.activities;
  const first = Math.min(MAX_FIRST, Math.max(1, args.first ?? DEFAULT_FIRST));
  const rows = (parent.activityRows ?? []).filter((row) => matches(row, parent.nodeFilter));
  const ascending = sortOf(info) === 'asc';
  const ordered = ascending ? rows.toReversed() : rows;
  const after = args.after === null || args.after === undefined || args.after === 'NA' ? undefined : Number(args.after);
  const rest = ordered.filter(
    (row) => after === undefined || isBeyond(Number(row.createdTime ?? row.startTime), after, ascending),
  );
  const page = rest.slice(0, first);
  if (page.length > 1 && context.faults.strike('short-inner-page') !== undefined) {
    const half = page.slice(0, Math.ceil(page.length / 2));
    return { totalCount: rows.length, nodes: half, pageInfo: { hasNextPage: false, endCursor: null } };
  }
  const last = page.at(-1);
  const hasNextPage = rest.length > page.length;
  const endCursor = hasNextPage && last !== undefined ? String(last.createdTime ?? last.startTime) : null;
  return { totalCount: rows.length, nodes: page, pageInfo: { hasNextPage, endCursor } };
}

function isBeyond(timeMs: number, after: number, ascending: boolean): boolean {
  return ascending ? timeMs > after : timeMs < after;
}

const sorts = new WeakMap<FieldNode, 'asc' | 'desc'>();

function sortOf(info: GraphQLResolveInfo): 'asc' | 'desc' {
  const node = info.fieldNodes[0]!;
  const known = sorts.get(node);
  if (known !== undefined) return known;
  const leaf = selectedLeaves(info).find((one) => one.path.join('.') === 'nodes.createdTime');
  const sort = leaf?.args.sort === 'asc' ? 'asc' : 'desc';
  sorts.set(node, sort);
  return sort;
}
