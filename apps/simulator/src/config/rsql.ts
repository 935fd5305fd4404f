import { ApiError } from '../gateway/errors.ts';
import type { ConfigRecord } from './records.ts';

/** The subset of RSQL that the tenant documents: `==`, `!=`, `=in=`, `=out=`, joined by `;` or `and`. */
export function filterRecords(
  records: readonly ConfigRecord[],
  filter: string | undefined,
  onlyId: boolean,
): ConfigRecord[] {
  if (filter === undefined || filter === '') return [...records];
  const conditions = filter.split(/;|\s+and\s+/).map((part) => readCondition(part.trim()));
  for (const { field } of conditions) {
    if (onlyId && field !== 'id')
      throw new ApiError(400, `filter is on "${field}", but this list can be filtered on id only.`);
  }
  return records.filter((record) =>
    conditions.every(({ field, negated, values }) => {
      // Teams are filtered by one user's id although they hold a list of them.
      const actual = field === 'userId' ? record.userIds : record[field];
      const hit = Array.isArray(actual)
        ? actual.some((one) => values.includes(String(one)))
        : values.includes(String(actual));
      return hit !== negated;
    }),
  );
}

function readCondition(text: string): { field: string; negated: boolean; values: string[] } {
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
