import { ApiError } from '../gateway/errors.ts';
import type { ConfigRecord } from './records.ts';

export interface RecordFilter {
  /** The ids that alone can pass, where the filter says so. */
  ids: string[] | undefined;
  matches(record: ConfigRecord): boolean;
}

interface Condition {
  field: string;
  negated: boolean;
  values: string[];
}

/**
 * The subset of RSQL that the tenant documents: `==`, `!=`, `=in=`, `=out=`, joined by `;` or `and`. Teams are
 * filtered by a user's id, which `teamIdsOf` resolves.
 */
export function readFilter(
  filter: string | undefined,
  onlyId: boolean,
  teamIdsOf: (userIds: string[]) => string[],
): RecordFilter {
  if (filter === undefined || filter === '') return { ids: undefined, matches: () => true };
  const conditions = filter.split(/;|\s+and\s+/).map((part) => readCondition(part.trim()));
  for (const { field } of conditions) {
    if (onlyId && field !== 'id')
      throw new ApiError(400, `filter is on "${field}", but this list can be filtered on id only.`);
  }
  const resolved = conditions.map((condition) =>
    condition.field === 'userId' ? { ...condition, field: 'id', values: teamIdsOf(condition.values) } : condition,
  );
  return {
    ids: resolved.find(({ field, negated }) => field === 'id' && !negated)?.values,
    matches: (record) => resolved.every((condition) => holds(condition, record)),
  };
}

function holds({ field, negated, values }: Condition, record: ConfigRecord): boolean {
  const actual = record[field];
  const hit = Array.isArray(actual)
    ? actual.some((one) => values.includes(String(one)))
    : values.includes(String(actual));
  return hit !== negated;
}

function readCondition(text: string): Condition {
  const match = /^([A-Za-z]+)\s*(==|!=|=in=|=out=)\s*(.+)$/.exec(text);
  if (match === null) throw new ApiError(400, `filter "${text}" can not be read.`);
  const [, field, operator, operand] = match as unknown as [string, string, string, string];
  const list = operator === '=in=' || operator === '=out=';
  if (field === 'userId' && /["']/.test(operand))
    throw new ApiError(400, 'filter on userId takes the id without quotes.');
  const values = (list ? operand.replace(/^\(|\)$/g, '').split(',') : [operand]).map((one) =>
    one.trim().replace(/^["']|["']$/g, ''),
  );
  return { field, negated: operator === '!=' || operator === '=out=', values };
}
