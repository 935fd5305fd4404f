import { type Filter, matches } from './filters.ts';
import type { View } from './task-view.ts';

export interface Aggregation {
  field: string;
  type: 'count' | 'min' | 'max' | 'sum' | 'average' | 'cardinality';
  name: string;
  filter?: Filter | null;
  extFilter?: Filter | null;
  predicate?: Filter | null;
}

/** A field to group by: where it stands, and the name of the global variable where it is one. */
export interface GroupField {
  path: string[];
  variable?: string | undefined;
}

export interface Unwound {
  record: View;
  /** Values by dotted path, inner rows unwound: one entry per row. */
  valueAt(path: string[], variable?: string): unknown;
}

/** Groups records and computes the asked numbers; rows come sorted by their group, as nested objects. */
export function aggregate(
  records: readonly Unwound[],
  groups: readonly GroupField[],
  aggregations: readonly Aggregation[],
  intervalOf: ((record: View) => number) | undefined,
): View[] {
  const buckets = new Map<string, { keys: unknown[]; interval: number | undefined; records: Unwound[] }>();
  for (const record of records) {
    const interval = intervalOf?.(record.record);
    const keys = groups.map((group) => record.valueAt(group.path, group.variable) ?? null);
    const id = JSON.stringify([interval, keys]);
    const bucket = buckets.get(id) ?? { keys, interval, records: [] };
    buckets.set(id, bucket);
    bucket.records.push(record);
  }
  if (groups.length === 0 && intervalOf === undefined && buckets.size === 0) {
    buckets.set('', { keys: [], interval: undefined, records: [] });
  }
  const sorted = [...buckets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bucket]) => bucket);
  return sorted.map((bucket) => {
    const row: View = { isAggregated: true, intervalStartTime: bucket.interval ?? null };
    for (const [index, group] of groups.entries()) place(row, group, bucket.keys[index]);
    row.aggregation = aggregations.map((one) => ({ name: one.name, value: compute(one, bucket.records) }));
    return row;
  });
}

function compute(aggregation: Aggregation, records: readonly Unwound[]): number {
  const path = aggregation.field.split('.');
  const wanted = variableName(aggregation.predicate);
  const values = records
    .filter((one) => matches(one.record, aggregation.filter) && matches(one.record, aggregation.extFilter))
    .map((one) => one.valueAt(path, wanted))
    .filter((value) => value !== null && value !== undefined);
  if (aggregation.type === 'count') return values.length;
  if (aggregation.type === 'cardinality') return new Set(values).size;
  const numbers = values.map(Number);
  if (numbers.length === 0) return 0;
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (aggregation.type === 'sum') return sum;
  if (aggregation.type === 'average') return sum / numbers.length;
  return numbers.reduce((best, value) => (aggregation.type === 'min' ? Math.min(best, value) : Math.max(best, value)));
}

/** `predicate: {integerGlobalVariables: {name: {equals: "X"}}}` → X. */
function variableName(predicate: Filter | null | undefined): string | undefined {
  for (const inner of Object.values(predicate ?? {})) {
    const name = (inner as { name?: { equals?: string } } | null)?.name?.equals;
    if (name !== undefined) return name;
  }
  return undefined;
}

function place(row: View, group: GroupField, value: unknown): void {
  let at: View = row;
  for (const [depth, name] of group.path.slice(0, -1).entries()) {
    const isList = name === 'nodes' || name === 'channelInfo';
    // A global variable stands under its alias, so that two of one type do not overwrite each other.
    const key = depth === 0 && group.variable !== undefined ? `${name}:${group.variable}` : name;
    const known = at[key] as View | [View] | undefined;
    const inner: View = Array.isArray(known) ? known[0] : (known ?? {});
    at[key] = isList ? [inner] : inner;
    at = inner;
  }
  at[group.path.at(-1)!] = value;
}
