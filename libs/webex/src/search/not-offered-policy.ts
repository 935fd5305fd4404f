import type { QueryFault } from '../http/webex-error.ts';
import type { AskedField } from './metadata-fields.ts';
import { lineOfAsked } from './task-query.ts';

/** An asked field that an answer refused, with what it said. */
export interface RefusedField {
  asked: AskedField;
  reason: string;
}

/** How GraphQL servers say that their schema has no such field, or has it in another shape. */
const UNFIT =
  /cannot query field|fieldundefined|is undefined|sub-?selection|have a selection|unknown (field|argument)|validation/i;

/**
 * The asked fields that these faults are about. A fault names its field by the line of the query (each has one of its
 * own), by its alias in the path, or by its name. Where the schema is said to lack something and none of that tells
 * what, all asked fields are suspected: without them capture works as it would without a mapping.
 */
export function refusedFieldsOf(faults: readonly QueryFault[], asked: readonly AskedField[]): RefusedField[] {
  const refused = new Map<AskedField, RefusedField>();
  let isPuzzling = false;
  for (const fault of faults) {
    const placed = asked.filter((one, index) => isPlaced(fault, one, lineOfAsked(index)));
    const about = placed.length > 0 ? placed : asked.filter((one) => isNamed(fault, one));
    for (const one of about) if (!refused.has(one)) refused.set(one, { asked: one, reason: fault.message });
    if (about.length === 0 && UNFIT.test(fault.message)) isPuzzling = true;
  }
  if (refused.size > 0) return [...refused.values()];
  if (!isPuzzling) return [];
  return asked.map((one) => ({ asked: one, reason: faults[0]?.message ?? 'The question was refused.' }));
}

function isPlaced(fault: QueryFault, { alias }: AskedField, line: number): boolean {
  if (fault.path.includes(alias) || new RegExp(`\\b${alias}\\b`).test(fault.message)) return true;
  return UNFIT.test(fault.message) && fault.lines.includes(line);
}

const isNamed = ({ message }: QueryFault, asked: AskedField): boolean =>
  UNFIT.test(message) && namesOf(asked).some((name) => new RegExp(`["'\`/]${name}["'\`/\\]]`).test(message));

/** Names that tell one field from the others: not `id` and `name`, which many have. */
function namesOf({ field, selection }: AskedField): string[] {
  const names = field.kind === 'field' ? field.path : [/: (\w+)/.exec(selection)?.[1] ?? ''];
  return names.filter((name) => name !== 'id' && name !== 'name' && name !== '');
}
