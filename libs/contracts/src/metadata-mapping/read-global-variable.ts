import { nearestOf } from './nearest.ts';
import { type Reading, refuse } from './reading.ts';
import type { MappingPrefix } from './task-fields.ts';

/** The guide's data types: `stringGlobalVariables` is written as `String`, and so on. */
export const GLOBAL_VARIABLE_TYPES = ['String', 'Integer', 'Long', 'Double', 'Boolean'] as const;
export type GlobalVariableType = (typeof GLOBAL_VARIABLE_TYPES)[number];

export interface GlobalVariableMapping {
  kind: 'global-variable';
  prefix: MappingPrefix;
  name: string;
  type: GlobalVariableType;
}

/** Other systems' words for the five types. */
const ALIASES: Readonly<Record<string, GlobalVariableType>> = {
  str: 'String',
  text: 'String',
  int: 'Integer',
  number: 'Double',
  float: 'Double',
  decimal: 'Double',
  bool: 'Boolean',
};

/** Reads `<Name>:<Type>`. `from` is where it begins in the whole name, `colon` where the colon is in `rest`. */
export function readGlobalVariable(o: {
  prefix: MappingPrefix;
  rest: string;
  from: number;
  colon: number;
}): Reading<GlobalVariableMapping> {
  const { prefix, rest, from, colon } = o;
  const name = rest.slice(0, colon);
  const type = rest.slice(colon + 1);
  if (name === '') return refuse(from, 'The name of the global variable is missing before the colon.');
  const odd = name.search(/[^\p{L}\p{M}\p{N}_-]/u);
  if (odd >= 0) {
    const character = String.fromCodePoint(name.codePointAt(odd)!);
    const reason =
      character === '.'
        ? 'A global variable has no levels: its name is written without periods.'
        : `${JSON.stringify(character)} can't be in the name of a global variable: letters, digits, _ and - can.`;
    // A field with a type behind it: fields are mapped without one.
    return refuse(from + odd, reason, [`${prefix}.${name}`]);
  }
  const known = GLOBAL_VARIABLE_TYPES.find((one) => one === type);
  if (known) return { ok: true, mapping: { kind: 'global-variable', prefix, name, type: known } };
  const wanted = `one of ${GLOBAL_VARIABLE_TYPES.join(', ')}`;
  const at = from + colon + 1;
  if (type === '') return refuse(at, `The data type is missing behind the colon: ${wanted}.`);
  const meant = typeLike(type);
  return refuse(at, `${type} is no data type of a global variable; it is ${wanted}, written exactly so.`, [
    ...(meant ? [`${prefix}.${name}:${meant}`] : []),
  ]);
}

function typeLike(type: string): GlobalVariableType | undefined {
  const word = type.replace(/GlobalVariables?$/i, '').toLowerCase();
  return (Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined) ?? nearestOf(word, GLOBAL_VARIABLE_TYPES);
}
