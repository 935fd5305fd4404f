/**
 * Whether an event may follow a released one under the same `ce_type`. Both directions count: consumers of this release
 * read events of the last one (they stay in topics), and consumers that were not deployed yet read ours.
 */
import type { EventDefinition } from './definitions.ts';

export interface JsonSchema {
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  [keyword: string]: unknown;
}

/** What a release promised of one topic; kept in `released/`. */
export interface ReleasedEvent {
  type: string;
  key: string;
  compacted: boolean;
  publisher: string;
  schema: JsonSchema;
}

/** They say nothing about what is valid; values of an open set come and go. */
const WITHOUT_EFFECT = new Set(['$id', 'title', 'description', 'examples', 'x-extensible-enum']);
/** Any change of them makes something invalid, for old events or for old consumers. */
const FIXED = [
  'type',
  'const',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
] as const;
/** Each has a rule of its own below. */
const RULED = ['enum', 'properties', 'required', 'items', 'anyOf', 'additionalProperties'];
const KNOWN = new Set<string>([...WITHOUT_EFFECT, ...FIXED, ...RULED]);

/** The part of a definition that a release promises. */
export function releasedEvent(d: EventDefinition): ReleasedEvent {
  const schema = JSON.parse(JSON.stringify(d.schema)) as JsonSchema;
  return { type: d.type, key: d.keyDescription, compacted: d.compacted, publisher: d.publisher, schema };
}

/** Every breaking change of an event, what stands beside its schema included; none means compatible. */
export function breakingEventChanges(before: ReleasedEvent, after: ReleasedEvent): string[] {
  const beside = (['type', 'key', 'compacted', 'publisher'] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${JSON.stringify(before[name])} became ${JSON.stringify(after[name])}`);
  return [...beside, ...breakingChanges(before.schema, after.schema)];
}

/**
 * Every breaking change from one schema to the other, one line each, with its path; none means compatible. A keyword
 * that has no rule here counts as a change: nobody has decided yet whether it may change.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const at = path || '(whole event)';
  if (!same(before.type, after.type)) return [changeOf('type', before, after, at)];
  return [
    ...unknownKeywords({ ...before, ...after }, at),
    ...FIXED.filter((name) => !same(before[name], after[name])).map((name) => changeOf(name, before, after, at)),
    ...changesOfValues(before, after, at),
    ...changesOfProperties(before, after, path),
    ...changesOfOthers(before, after, path),
    ...changesOfItems(before, after, path),
    ...changesOfAlternatives(before, after, path),
  ];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function changeOf(keyword: string, before: JsonSchema, after: JsonSchema, at: string): string {
  const [old, now] = [before, after].map((schema) => JSON.stringify(schema[keyword]) ?? 'none');
  return `${at}: ${keyword} ${old} became ${now}`;
}

function unknownKeywords(schema: JsonSchema, at: string): string[] {
  return Object.keys(schema)
    .filter((keyword) => !KNOWN.has(keyword))
    .map((keyword) => `${at}: no rule says how '${keyword}' may change; add one to the gate`);
}

function changesOfValues(before: JsonSchema, after: JsonSchema, at: string): string[] {
  if (!before.enum !== !after.enum) return [changeOf('enum', before, after, at)];
  const old = new Set(before.enum);
  const now = new Set(after.enum);
  return [
    ...[...old].filter((v) => !now.has(v)).map((v) => `${at}: the value ${JSON.stringify(v)} was removed`),
    ...[...now]
      .filter((v) => !old.has(v))
      .map((v) => `${at}: the value ${JSON.stringify(v)} was added to a closed set`),
  ];
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
  for (const [name, schema] of Object.entries(now)) {
    if (old[name]) continue;
    // Compared with itself: it must hold nothing that could not be judged at the next release.
    found.push(...breakingChanges(schema, schema, `${path}/${name}`));
    if (before.additionalProperties !== undefined && before.additionalProperties !== true) {
      found.push(`${path}/${name}: was added, but older consumers refuse what they do not know`);
    }
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

/** Of `additionalProperties`: open to closed refuses old events, closed to open is refused by old consumers. */
function changesOfOthers(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const [old, now] = [before.additionalProperties ?? true, after.additionalProperties ?? true];
  if (typeof old === 'object' && typeof now === 'object') return breakingChanges(old, now, `${path}/*`);
  return same(old, now) ? [] : [changeOf('additionalProperties', before, after, path || '(whole event)')];
}

function changesOfItems(before: JsonSchema, after: JsonSchema, path: string): string[] {
  if (before.items && after.items) return breakingChanges(before.items, after.items, `${path}/*`);
  if (!before.items && !after.items) return [];
  return [`${path}/*: what items are was ${after.items ? 'narrowed' : 'removed'}`];
}

function changesOfAlternatives(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const old = before.anyOf ?? [];
  const now = after.anyOf ?? [];
  if (old.length !== now.length)
    return [`${path}: the number of alternatives changed from ${old.length} to ${now.length}`];
  return old.flatMap((schema, index) => breakingChanges(schema, now[index]!, `${path}|${index}`));
}
