import { nearestOf } from './nearest.ts';
import { type Reading, refuse } from './reading.ts';
import { type FieldTree, LISTS, MAPPABLE_FIELDS, type MappingPrefix, pathsOf } from './task-fields.ts';

export interface FieldMapping {
  kind: 'field';
  prefix: MappingPrefix;
  /** Names of fields, from the outside in. */
  path: readonly string[];
}

const PATHS = pathsOf(MAPPABLE_FIELDS);

/** Reads what follows the prefix, level by level. `from` is where it begins in the whole name. */
export function readField(o: { prefix: MappingPrefix; rest: string; from: number }): Reading<FieldMapping> {
  const { prefix, rest } = o;
  const path = rest.split('.');
  let level: FieldTree = MAPPABLE_FIELDS;
  let index = o.from;
  for (const [depth, field] of path.entries()) {
    if (field === '') {
      const without = path.filter((one) => one !== '').join('.');
      return refuse(index, 'The name of a field is missing between or behind periods.', [`${prefix}.${without}`]);
    }
    const list = depth === 0 ? lastOfList(field) : undefined;
    if (list) return refuseList(prefix, field, { index, list });
    const below = Object.hasOwn(level, field) ? level[field] : undefined;
    if (below === undefined) return refuseUnknown(prefix, path, { depth, index });
    const soFar = path.slice(0, depth + 1).join('.');
    if (below === 'value') {
      if (depth === path.length - 1) return { ok: true, mapping: { kind: 'field', prefix, path } };
      return refuse(index + field.length, `${soFar} has one value and no fields below it.`, [`${prefix}.${soFar}`]);
    }
    if (depth === path.length - 1) return refuseObject(prefix, soFar, { index, below });
    level = below;
    index += field.length + 1;
  }
  return refuse(o.from, 'The name of a field is missing.');
}

const lastOfList = (field: string) => (Object.hasOwn(LISTS, field) ? LISTS[field] : undefined);

function refuseList(prefix: MappingPrefix, field: string, o: { index: number; list: string }): Reading<never> {
  const instead = `${prefix}.${o.list}.name`;
  return refuse(o.index, `${field} is a list, and lists are not supported; ${instead} tells the last one.`, [instead]);
}

function refuseObject(prefix: MappingPrefix, field: string, o: { index: number; below: FieldTree }): Reading<never> {
  const children = pathsOf(o.below, `${prefix}.${field}.`);
  return refuse(o.index, `${field} is an object without a value of its own; map one of ${children.join(', ')}.`);
}

function refuseUnknown(
  prefix: MappingPrefix,
  path: readonly string[],
  o: { depth: number; index: number },
): Reading<never> {
  const rest = path.join('.');
  const field = path[o.depth]!;
  if (/^(string|integer|long|double|boolean)?globalVariables$/i.test(path[0]!)) {
    return refuse(o.index, `A global variable is mapped by its own name and data type, as ${prefix}.Name:String.`);
  }
  if (o.depth > 0) {
    const parent = path.slice(0, o.depth).join('.');
    return refuse(o.index, `${parent} has no field ${field}.`, meantBy(prefix, rest));
  }
  const candidates = meantBy(prefix, rest);
  const isVariable = path.length === 1 && /^[\p{L}\p{N}_-]+$/u.test(field);
  // Nothing like it is known, so it may well be a global variable whose data type was left out.
  const hint = isVariable ? ` A global variable needs its data type behind it, as ${prefix}.${field}:String.` : '';
  return refuse(o.index, `${field} is no field of a task that can be mapped.${hint}`, [
    ...candidates,
    ...(isVariable && /^global/i.test(field) ? [`${prefix}.${field}:String`] : []),
  ]);
}

/** The field that differs by a slip, a list that does, or the only field of that name on a lower level. */
function meantBy(prefix: MappingPrefix, rest: string): string[] {
  const nearest = nearestOf(rest, [...PATHS, ...Object.keys(MAPPABLE_FIELDS), ...Object.keys(LISTS)]);
  const deeper = PATHS.filter((path) => path.endsWith(`.${rest}`));
  return [...(nearest ? [nearest] : []), ...(deeper.length === 1 ? deeper : [])].map((path) => `${prefix}.${path}`);
}
