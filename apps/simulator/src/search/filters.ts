/** A filter as it came: `{field: {op: value}}`, objects spelled out, lists under and / or / not. */
export type Filter = { readonly [key: string]: unknown };

type Values = { readonly [key: string]: unknown };

/** Whether a record satisfies a filter; fields beside each other must all hold. */
export function matches(record: Values | null | undefined, filter: Filter | undefined | null): boolean {
  if (filter === undefined || filter === null) return true;
  return Object.entries(filter).every(([key, value]) => {
    if (key === 'and') return listOf(value).every((one) => matches(record, one));
    if (key === 'or') return listOf(value).some((one) => matches(record, one));
    if (key === 'not') return !listOf(value).some((one) => matches(record, one));
    const condition = value as Filter;
    if (isComparison(condition)) return compare(record?.[key], condition);
    const inner = record?.[key];
    if (Array.isArray(inner)) return inner.some((one) => matches(one as Values, condition));
    return matches(inner as Values | undefined, condition);
  });
}

/** How many comparisons a filter holds; the tenant allows 1,000 in one query. */
export function countArguments(filter: unknown): number {
  if (filter === null || typeof filter !== 'object') return 0;
  if (Array.isArray(filter)) return filter.reduce<number>((sum, one) => sum + countArguments(one), 0);
  if (isComparison(filter as Filter)) return Object.keys(filter).length;
  return Object.values(filter).reduce<number>((sum, one) => sum + countArguments(one), 0);
}

const operators = new Set(['equals', 'notequals', 'match', 'contains', 'gt', 'gte', 'lt', 'lte']);

function isComparison(value: Filter): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => operators.has(key));
}

function listOf(value: unknown): Filter[] {
  return (Array.isArray(value) ? value : [value]) as Filter[];
}

function compare(actual: unknown, condition: Filter): boolean {
  return Object.entries(condition).every(([operator, wanted]) => {
    switch (operator) {
      case 'equals':
        return (actual ?? null) === wanted;
      case 'notequals':
        return (actual ?? null) !== wanted;
      case 'contains':
        return typeof actual === 'string' && actual.includes(String(wanted));
      case 'match':
        return typeof actual === 'string' && new RegExp(`^(?:${String(wanted)})$`).test(actual);
      default:
        return typeof actual === 'number' && order(operator, actual, Number(wanted));
    }
  });
}

function order(operator: string, actual: number, wanted: number): boolean {
  if (operator === 'gt') return actual > wanted;
  if (operator === 'gte') return actual >= wanted;
  if (operator === 'lt') return actual < wanted;
  return actual <= wanted;
}
