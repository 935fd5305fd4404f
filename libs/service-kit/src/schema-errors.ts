import type { ErrorObject } from 'ajv';

/** One finding of a schema check in words: what is wrong and what to do. Never contains the value itself. */
export interface SchemaFinding {
  field: string;
  reason: string;
  remedy: string;
}

type Explain = (params: Record<string, unknown>) => [reason: string, remedy: string];

const EXPLANATIONS: Record<string, Explain> = {
  required: (p) => [`'${p.missingProperty}' is missing`, `Send '${p.missingProperty}'`],
  type: (p) => [`is not of type ${list(p.type)}`, `Give a value of type ${list(p.type)}`],
  enum: (p) => ['is none of the allowed values', `Use one of ${list(p.allowedValues)}`],
  const: (p) => ['is not the expected value', `Use ${JSON.stringify(p.allowedValue)}`],
  format: (p) => [`is not a valid ${p.format}`, `Give a value in the format '${p.format}'`],
  pattern: (p) => ['does not have the expected form', `Give a value that matches ${p.pattern}`],
  minLength: (p) => ['is too short', `Give at least ${p.limit} character(s)`],
  maxLength: (p) => ['is too long', `Give at most ${p.limit} characters`],
  minimum: (p) => ['is too small', `Give a number ${p.comparison} ${p.limit}`],
  maximum: (p) => ['is too large', `Give a number ${p.comparison} ${p.limit}`],
  exclusiveMinimum: (p) => ['is too small', `Give a number ${p.comparison} ${p.limit}`],
  exclusiveMaximum: (p) => ['is too large', `Give a number ${p.comparison} ${p.limit}`],
  minItems: (p) => ['has too few entries', `Give at least ${p.limit} entry(ies)`],
  maxItems: (p) => ['has too many entries', `Give at most ${p.limit} entries`],
  uniqueItems: () => ['names an entry twice', 'Name every entry once'],
  additionalProperties: (p) => [`'${p.additionalProperty}' is not known here`, `Leave out '${p.additionalProperty}'`],
};

/** Says in words what Ajv found: `field` is the path with slashes, `''` for the whole. */
export function explainSchemaError(error: ErrorObject): SchemaFinding {
  const explain = EXPLANATIONS[error.keyword];
  const [reason, remedy] = explain?.(error.params) ?? [
    error.message ?? 'is not valid',
    'Compare it with the documentation',
  ];
  return { field: fieldOf(error), reason, remedy };
}

function fieldOf(error: ErrorObject): string {
  const path = error.instancePath.replace(/^\//, '');
  const inner =
    error.keyword === 'required'
      ? error.params.missingProperty
      : error.keyword === 'additionalProperties'
        ? error.params.additionalProperty
        : undefined;
  if (inner === undefined) return path;
  return path === '' ? String(inner) : `${path}/${inner}`;
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(', ') : String(value);
}
