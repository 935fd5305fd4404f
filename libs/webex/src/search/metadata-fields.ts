import { type GlobalVariableType, keyOfMetadataField, type MetadataField, storableText } from '@wxcc-wfo/contracts';
import type { Fields } from '../http/fields.ts';

/** What else to read of each task (CAP-04). */
export interface MetadataQuestion {
  fields: readonly MetadataField[];
  /** Told of a field that the tenant's API does not know: it was left out of the question, all else was read. */
  onNotOffered(field: MetadataField, reason: string): void;
}

/** Webex's field that gives the global variables of a type. */
const VARIABLES_OF: Record<GlobalVariableType, string> = {
  String: 'stringGlobalVariables',
  Integer: 'integerGlobalVariables',
  Long: 'longGlobalVariables',
  Double: 'doubleGlobalVariables',
  Boolean: 'booleanGlobalVariables',
};

/** What may stand in a query; names from elsewhere never do, whoever made the mapping. */
const GRAPHQL_NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** A metadata field as it is asked for: under an alias of its own, so that it collides with no other field. */
export interface AskedField {
  field: MetadataField;
  alias: string;
  /** One line of the query. */
  selection: string;
  /** Names of global variables go in as GraphQL variables. */
  variable?: { name: string; value: string };
}

/** @throws RangeError for a path that is no GraphQL name; the grammar of mappings lets none through. */
export function askedFieldsOf(fields: readonly MetadataField[]): AskedField[] {
  return fields.map((field, index) => {
    const alias = `mapped${index}`;
    if (field.kind === 'field') return { field, alias, selection: `${alias}: ${nested(field.path)}` };
    const name = `name${index}`;
    const selection = `${alias}: ${VARIABLES_OF[field.type]}(name: $${name}) { name value }`;
    return { field, alias, selection, variable: { name, value: field.name } };
  });
}

/** The GraphQL variables of asked fields. */
export const variablesOf = (asked: readonly AskedField[]): Record<string, string> =>
  Object.fromEntries(asked.flatMap(({ variable: one }) => (one ? [[one.name, one.value]] : [])));

function nested(path: readonly string[]): string {
  if (path.length === 0 || !path.every((name) => GRAPHQL_NAME.test(name))) {
    throw new RangeError('A metadata field has a path that GraphQL can’t ask for');
  }
  return `${path.join(' { ')}${' }'.repeat(path.length - 1)}`;
}

/** The longest value that an event carries; what is longer is cut, for its end is worth less than the task. */
const LONGEST_VALUE = 10_000;

/**
 * The values of a record by the keys of their fields, as text: numbers in digits (times are epoch ms), booleans as
 * `true` and `false`. What is null, empty, or has another shape than one value is left out. It never fails.
 */
export function decodeMetadata(record: Fields, asked: readonly AskedField[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { field, alias } of asked) {
    const below = field.kind === 'field' ? field.path.slice(1) : ['value'];
    const value = textOfValue(below.reduce(childOf, record[alias]));
    if (value !== null) values[keyOfMetadataField(field)] = value;
  }
  return values;
}

const childOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Fields)[name] : undefined;

function textOfValue(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string' || value === '') return null;
  // The cut may halve a surrogate pair.
  return storableText(value.slice(0, LONGEST_VALUE));
}
