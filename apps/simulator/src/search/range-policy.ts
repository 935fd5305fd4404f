import type { GraphQLResolveInfo } from 'graphql';
import { ApiError } from '../gateway/errors.ts';
import type { Aggregation } from './aggregate.ts';
import type { Filter } from './filters.ts';
import { type IntervalArgument, refuseInterval } from './intervals.ts';
import { selectedLeaves } from './selection.ts';

const DAY_MS = 86_400_000;
const MAX_SPAN_MS = 365 * DAY_MS;
const MAX_ACTIVITY_SPAN_MS = 30 * DAY_MS;
const OLDEST_MS = 36 * 30.5 * DAY_MS;

/** Arguments of a list query. */
export interface SearchArgs {
  from: number;
  to: number;
  timeComparator?: 'createdTime' | 'endedTime' | null;
  filter?: Filter | null;
  extFilter?: Filter | null;
  aggregations?: Aggregation[] | null;
  aggregationInterval?: IntervalArgument | null;
  pagination?: { cursor?: string | null } | null;
}

/** Refuses the time ranges that the tenant refuses, and cuts one that reaches into the future. */
export function checkRange(
  args: SearchArgs,
  nowMs: number,
  info: GraphQLResolveInfo,
): { fromMs: number; toMs: number } {
  const toMs = Math.min(args.to, nowMs);
  if (args.from > args.to) throw new ApiError(400, 'from should not be after to');
  if (args.from < nowMs - OLDEST_MS) throw new ApiError(400, 'from should not be older than 36 months');
  const spanMs = toMs - args.from;
  if (spanMs > MAX_SPAN_MS) throw new ApiError(400, 'The time range should not be longer than 365 days');
  const raw = args.aggregations == null || args.aggregations.length === 0;
  if (raw && spanMs > MAX_ACTIVITY_SPAN_MS && selectedLeaves(info).some((leaf) => leaf.path.includes('activities'))) {
    throw new ApiError(400, 'The time range should not be longer than 30 days where activities are selected');
  }
  const refused = args.aggregationInterval ? refuseInterval(args.aggregationInterval.interval, spanMs) : undefined;
  if (refused !== undefined) throw new ApiError(400, refused);
  return { fromMs: args.from, toMs };
}
