import type { GraphQLResolveInfo } from 'graphql';
import { ApiError } from '../gateway/errors.ts';
import type { TaskModel } from '../story/task-model.ts';
import type { Tenant } from '../tenant.ts';
import { aggregate, type GroupField, type Unwound } from './aggregate.ts';
import { countArguments, type Filter, matches } from './filters.ts';
import { intervalStart } from './intervals.ts';
import { viewLegs } from './leg-view.ts';
import { pageOf } from './outer-paging.ts';
import { checkRange, type SearchArgs } from './range-policy.ts';
import { type SelectedLeaf, selectedLeaves } from './selection.ts';
import { viewSessions } from './session-view.ts';
import { type View, viewTask } from './task-view.ts';

const EXT_FILTER_REACH = 2_500;

interface Listing {
  listName: 'tasks' | 'taskLegs' | 'agentSessions';
  pageSize: number;
  reach: number;
  records: View[];
  /** Where the rows of a record stand, for group-by and extFilter. */
  rowPath: 'activities.nodes' | 'channelInfo.activities.nodes' | undefined;
}

export function resolveTasks(_: unknown, args: SearchArgs, tenant: Tenant, info: GraphQLResolveInfo): unknown {
  const nowMs = tenant.now();
  const range = checkRange(args, nowMs, info);
  const { filter } = args;
  const wanted = wantedIds(filter);
  const tasks = tenant.story
    .between(args.timeComparator ?? 'createdTime', range.fromMs, range.toMs)
    .filter(
      (task) => (wanted === undefined || wanted.has(task.id)) && task.createdMs <= nowMs && !isHidden(task, nowMs),
    );
  const toView = (task: TaskModel): View => viewTask(task, nowMs, tenant.options);
  const listing = { listName: 'tasks', pageSize: 250, reach: 100_000, rowPath: 'activities.nodes' } as const;
  if (isPlainCount(args, info)) return countOf(tasks.length, args);
  if (isPlain(args)) return answerPlain(tasks, toView, { ...listing, args, tenant, info });
  const records = tasks.map(toView).filter((view) => matches(withVariables(view, filter), filter));
  return answer({ ...listing, records }, args, tenant, info);
}

/** Ids that a filter asks for by name, so that only those tasks have to be looked at; undefined where it names none. */
function wantedIds(filter: Filter | null | undefined): Set<string> | undefined {
  const idOf = (one: Filter): string | undefined => (one.id as { equals?: string } | undefined)?.equals;
  const own = idOf(filter ?? {});
  if (own !== undefined) return new Set([own]);
  const ids = (filter?.or as Filter[] | undefined)?.map(idOf);
  return ids?.every((id) => id !== undefined) ? new Set(ids) : undefined;
}

/** Nothing to filter or count: only the tasks of the asked page have to be looked at. */
function isPlain(args: SearchArgs): boolean {
  return args.filter == null && args.extFilter == null && (args.aggregations ?? []).length === 0;
}

/** "How many are there" is asked often and of wide ranges: no task has to be looked at for it. */
function isPlainCount(args: SearchArgs, info: GraphQLResolveInfo): boolean {
  const aggregations = args.aggregations ?? [];
  const isOnlyCount =
    aggregations.length > 0 && aggregations.every((one) => one.field === 'id' && one.type === 'count');
  const hasFilter = [args, ...aggregations].some((one) => one.filter != null || one.extFilter != null);
  if (!isOnlyCount || hasFilter || args.aggregationInterval != null) return false;
  return selectedLeaves(info).every(({ path }) => path[0] !== 'tasks' || path[1] === 'aggregation');
}

function countOf(count: number, args: SearchArgs): unknown {
  const aggregation = args.aggregations!.map(({ name }) => ({ name, value: count }));
  return {
    tasks: [{ isAggregated: true, aggregation }],
    pageInfo: { hasNextPage: false, endCursor: null },
    intervalInfo: null,
  };
}

function answerPlain(
  tasks: readonly TaskModel[],
  toView: (task: TaskModel) => View,
  request: { pageSize: number; reach: number; args: SearchArgs; tenant: Tenant; info: GraphQLResolveInfo },
): unknown {
  const { pageSize, reach, args, tenant, info } = request;
  const leaves = selectedLeaves(info).map((leaf) => ({ ...leaf, path: leaf.path.slice(1) }));
  const paging = { pageSize, reach, cursor: args.pagination?.cursor, faults: tenant.faults };
  const intervalInfo = intervalInfoOf(args);
  if (isSorted(leaves)) {
    const page = pageOf(sortRecords(tasks.map(toView), leaves), paging);
    return { tasks: page.items, pageInfo: page.pageInfo, intervalInfo };
  }
  const page = pageOf(tasks, paging);
  return { tasks: page.items.map(toView), pageInfo: page.pageInfo, intervalInfo };
}

export function resolveLegs(_: unknown, args: SearchArgs, tenant: Tenant, info: GraphQLResolveInfo): unknown {
  const nowMs = tenant.now();
  const range = checkRange(args, nowMs, info);
  const records = tenant.story
    .between(args.timeComparator ?? 'createdTime', range.fromMs, range.toMs)
    .filter((task) => task.createdMs <= nowMs && !isHidden(task, nowMs))
    .flatMap((task) => viewLegs(task, nowMs, tenant.options))
    .filter((view) => matches(view, args.filter));
  return answer(
    { listName: 'taskLegs', pageSize: 500, reach: 100_000, records, rowPath: undefined },
    args,
    tenant,
    info,
  );
}

export function resolveAgentSessions(_: unknown, args: SearchArgs, tenant: Tenant, info: GraphQLResolveInfo): unknown {
  const range = checkRange(args, tenant.now(), info);
  const records = viewSessions(tenant.story, tenant.options, tenant.now())
    .filter((view) => Number(view.startTime) >= range.fromMs && Number(view.startTime) <= range.toMs)
    .filter((view) => matches(view, args.filter));
  const rowPath = 'channelInfo.activities.nodes';
  return answer({ listName: 'agentSessions', pageSize: 250, reach: Infinity, records, rowPath }, args, tenant, info);
}

function answer(listing: Listing, args: SearchArgs, tenant: Tenant, info: GraphQLResolveInfo): unknown {
  if (countArguments([args.filter, args.extFilter, args.aggregations]) > 1_000) {
    throw new ApiError(400, 'A query may not have more than 1000 filter arguments.');
  }
  const leaves = selectedLeaves(info)
    .filter((leaf) => leaf.path[0] === listing.listName)
    .map((leaf) => ({ ...leaf, path: leaf.path.slice(1) }));
  const intervalInfo = intervalInfoOf(args);
  if (args.aggregations != null && args.aggregations.length > 0) {
    const rows = groupRows(listing, args, leaves);
    const page = pageOf(rows, {
      pageSize: 1_000,
      reach: Infinity,
      cursor: args.pagination?.cursor,
      faults: tenant.faults,
    });
    return { [listing.listName]: page.items, pageInfo: page.pageInfo, intervalInfo };
  }
  const nodeFilter = nodeFilterOf(args.extFilter);
  const kept = nodeFilter === undefined ? listing.records : withRows(listing, nodeFilter);
  const sorted = sortRecords(kept, leaves);
  const { pageSize, reach } = listing;
  const page = pageOf(sorted, { pageSize, reach, cursor: args.pagination?.cursor, faults: tenant.faults });
  return { [listing.listName]: page.items, pageInfo: page.pageInfo, intervalInfo };
}

function intervalInfoOf({ aggregationInterval }: SearchArgs): unknown {
  if (aggregationInterval == null) return null;
  return { interval: aggregationInterval.interval, timezone: aggregationInterval.timezone ?? 'UTC' };
}

function groupRows(listing: Listing, args: SearchArgs, leaves: SelectedLeaf[]): View[] {
  const groups: GroupField[] = leaves
    .filter((leaf) => leaf.path[0] !== 'aggregation' && leaf.path[0] !== 'intervalStartTime')
    .map((leaf) => ({ path: leaf.path, variable: leaf.args.name as string | undefined }));
  if (groups.length > 10) throw new ApiError(400, 'A query may not group by more than 10 fields.');
  const fields = [...groups.map((group) => group.path.join('.')), ...args.aggregations!.map((one) => one.field)];
  const nodeFilter = nodeFilterOf(args.extFilter);
  const perRow =
    listing.rowPath !== undefined &&
    (nodeFilter !== undefined || fields.some((one) => one.startsWith(listing.rowPath!)));
  const unwound = listing.records.flatMap((record) => (perRow ? unwind(record, nodeFilter) : [whole(record)]));
  const { aggregationInterval } = args;
  const timeOf = (record: View): number => Number(record[args.timeComparator ?? 'createdTime'] ?? record.startTime);
  const intervalOf = aggregationInterval
    ? (record: View) => intervalStart(timeOf(record), aggregationInterval)
    : undefined;
  return aggregate(unwound, groups, args.aggregations!, intervalOf);
}

function whole(record: View): Unwound {
  return { record, valueAt: (path, variable) => valueAt(record, path, variable) };
}

function unwind(record: View, nodeFilter: Filter | undefined): Unwound[] {
  return rowsOf(record)
    .filter((row) => matches(row, nodeFilter))
    .map((row) => ({
      record,
      valueAt: (path, variable) => {
        const at = path.indexOf('nodes');
        return at >= 0 ? valueAt(row, path.slice(at + 1)) : valueAt(record, path, variable);
      },
    }));
}

function valueAt(record: View, path: string[], variable?: string): unknown {
  if (path[0]?.endsWith('GlobalVariables')) {
    const value = (record.globalVariables as View | undefined)?.[variable ?? ''];
    return path[1] === 'name' ? (value === undefined ? null : variable) : value;
  }
  if (path.length === 1 && path[0] === 'queueDuration' && record.queueDuration === undefined) {
    return (record.queue as View | undefined)?.duration;
  }
  return path.reduce<unknown>(
    (value, name) => (Array.isArray(value) ? value[0] : (value as View | null | undefined))?.[name],
    record,
  );
}

function rowsOf(record: View): View[] {
  if (record.activityRows !== undefined) return record.activityRows as View[];
  return ((record.channelInfo as View[] | undefined) ?? []).flatMap(
    (channel) => (channel.activityRows as View[] | undefined) ?? [],
  );
}

/** Keeps records with a matching row and trims their rows to those. */
function withRows(listing: Listing, nodeFilter: Filter): View[] {
  const hits = (record: View): boolean => rowsOf(record).some((row) => matches(row, nodeFilter));
  const reached = listing.records.slice(0, EXT_FILTER_REACH).filter(hits);
  const more = listing.records.length > EXT_FILTER_REACH;
  if (more && reached.length < listing.pageSize) {
    throw new ApiError(
      413,
      'The extFilter matches too few of the first 2500 records. Narrow the time range or add a filter.',
    );
  }
  return listing.records.filter(hits).map((record) => {
    const channels = (record.channelInfo as View[] | undefined)?.map((channel) => ({ ...channel, nodeFilter }));
    return Object.assign(
      Object.create(record) as View,
      { nodeFilter },
      channels === undefined ? {} : { channelInfo: channels },
    );
  });
}

/** `{activities: {nodes: F}}` → F. */
function nodeFilterOf(extFilter: Filter | null | undefined): Filter | undefined {
  if (extFilter === null || extFilter === undefined) return undefined;
  if ('nodes' in extFilter) return extFilter.nodes as Filter;
  const translated: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(extFilter)) {
    if (key === 'and' || key === 'or' || key === 'not')
      translated[key] = (value as Filter[]).map((one) => nodeFilterOf(one) ?? {});
    else Object.assign(translated, nodeFilterOf(value as Filter));
  }
  return translated;
}

function sortRecords(records: View[], leaves: SelectedLeaf[]): View[] {
  const sorted = leaves.find(isSortedLeaf);
  if (sorted === undefined) return records;
  const sign = sorted.args.sort === 'asc' ? 1 : -1;
  return records.toSorted((a, b) => sign * compareValues(valueAt(a, sorted.path), valueAt(b, sorted.path)));
}

function isSorted(leaves: SelectedLeaf[]): boolean {
  return leaves.some(isSortedLeaf);
}

function isSortedLeaf(leaf: SelectedLeaf): boolean {
  return leaf.args.sort !== undefined && !leaf.path.includes('nodes');
}

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return a < b ? -1 : 1;
}

/** Global variables are filtered as `{name: …, value: …}` of one variable, so each becomes an entry of a list. */
function withVariables(view: View, filter: Filter | null | undefined): View {
  if (filter === null || filter === undefined || !JSON.stringify(filter).includes('GlobalVariables')) return view;
  const list = Object.entries((view.globalVariables as View | undefined) ?? {}).map(([name, value]) => ({
    name,
    value,
  }));
  const kinds = ['string', 'integer', 'long', 'double', 'boolean'].map((kind) => [`${kind}GlobalVariables`, list]);
  return { ...view, ...Object.fromEntries(kinds) };
}

function isHidden(task: { endedMs: number; visibleFromMs?: number }, nowMs: number): boolean {
  return task.visibleFromMs !== undefined && nowMs >= task.endedMs && nowMs < task.visibleFromMs;
}
