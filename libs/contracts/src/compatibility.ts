/**
 * Whether a schema may follow a released one under the same `ce_type`. Both directions count: consumers of this release
 * read events of the last one (they stay in topics), and consumers that were not deployed yet read ours.
 */

export interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  'x-extensible-enum'?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  [keyword: string]: unknown;
}

const LOWER_BOUNDS = ['minimum', 'minLength', 'minItems'] as const;
const UPPER_BOUNDS = ['maximum', 'maxLength', 'maxItems'] as const;

/** Every breaking change from `before` to `after`, one line each, with its path; none means compatible. */
export function breakingChanges(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const at = path || '(whole event)';
  const found: string[] = [];
  if (!same(before.type, after.type)) {
    return [`${at}: type ${JSON.stringify(before.type)} became ${JSON.stringify(after.type)}`];
  }
  found.push(...changesOfValues(before, after, at), ...changesOfBounds(before, after, at));
  if (before.properties || after.properties) found.push(...changesOfProperties(before, after, path));
  if (before.items && after.items) found.push(...breakingChanges(before.items, after.items, `${path}/*`));
  if (before.anyOf || after.anyOf) found.push(...changesOfAlternatives(before, after, path));
  return found;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function changesOfValues(before: JsonSchema, after: JsonSchema, at: string): string[] {
  const found: string[] = [];
  if (!same(before.const, after.const)) found.push(`${at}: the fixed value changed`);
  if (!same(before.pattern, after.pattern)) found.push(`${at}: the pattern changed`);
  if (before.enum || after.enum) {
    const old = new Set(before.enum ?? []);
    const now = new Set(after.enum ?? []);
    for (const value of old) if (!now.has(value)) found.push(`${at}: the value ${JSON.stringify(value)} was removed`);
    for (const value of now)
      if (!old.has(value)) found.push(`${at}: the value ${JSON.stringify(value)} was added to a closed set`);
  }
  return found;
}

function changesOfBounds(before: JsonSchema, after: JsonSchema, at: string): string[] {
  return [...LOWER_BOUNDS, ...UPPER_BOUNDS]
    .filter((bound) => !same(before[bound], after[bound]))
    .map((bound) => `${at}: ${bound} ${before[bound] ?? 'none'} became ${after[bound] ?? 'none'}`);
}

function changesOfProperties(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const found: string[] = [];
  const old = before.properties ?? {};
  const now = after.properties ?? {};
  for (const [name, schema] of Object.entries(old)) {
    const next = now[name];
    if (!next) found.push(`${path}/${name}: was removed`);
    else found.push(...breakingChanges(schema, next, `${path}/${name}`));
  }
  const wasRequired = new Set(before.required ?? []);
  const isRequired = new Set(after.required ?? []);
  for (const name of isRequired) {
    if (!wasRequired.has(name)) found.push(`${path}/${name}: became required, but older events lack it`);
  }
  for (const name of wasRequired) {
    if (!isRequired.has(name) && now[name])
      found.push(`${path}/${name}: became optional, but older consumers rely on it`);
  }
  return found;
}

function changesOfAlternatives(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const old = before.anyOf ?? [];
  const now = after.anyOf ?? [];
  if (old.length !== now.length)
    return [`${path}: the number of alternatives changed from ${old.length} to ${now.length}`];
  return old.flatMap((schema, index) => breakingChanges(schema, now[index]!, `${path}|${index}`));
}
