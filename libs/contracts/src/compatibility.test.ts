import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  breakingChanges,
  breakingEventChanges,
  type JsonSchema,
  type ReleasedEvent,
  releasedEvent,
} from './compatibility.ts';
import { EVENT_DEFINITIONS, TOPIC_NAMES, type TopicName } from './definitions.ts';
import { changed } from './examples/golden-example.ts';

const folder = new URL('../released/', import.meta.url);
const releases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort();

/**
 * Changes that were weighed: a consumer of that release refuses such an event (it waits as a dead letter) until it is
 * updated, and there is none before an operator saves a connection of the new variants.
 */
const WEIGHED: Record<string, Record<string, string[]>> = {
  '0.1.0.json': {
    'acd-changed': ['1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1'].map(
      (variant) => `/variant: the value "${variant}" was added to a closed set`,
    ),
  },
};

describe.each(releases)('OPS-04 compatibility with release %s', (file) => {
  const released = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, ReleasedEvent>;

  it.each(Object.keys(released))('%s has no breaking change under the same type', (topic) => {
    const now = EVENT_DEFINITIONS[topic as TopicName];
    expect(now).toBeDefined();
    expect(breakingEventChanges(released[topic]!, releasedEvent(now as never))).toEqual(WEIGHED[file]?.[topic] ?? []);
  });
});

describe('OPS-04 the schemas of today', () => {
  // A topic that came after the last release is compared with nothing yet, but must be comparable from the next one on.
  it.each(TOPIC_NAMES)('%s uses only what the gate can judge', (topic) => {
    const now = releasedEvent(EVENT_DEFINITIONS[topic] as never);
    expect(breakingEventChanges(now, now)).toEqual([]);
  });
});

/** One property of every kind of schema. */
const event: JsonSchema = {
  type: 'object',
  required: ['id', 'rows'],
  properties: {
    id: { type: 'string', pattern: '^[a-z]+$', format: 'uuid', minLength: 1, maxLength: 9 },
    kind: { type: 'string', 'x-extensible-enum': ['call'] },
    channel: { type: 'string', enum: ['voice', 'chat'] },
    version: { const: 1 },
    share: { type: 'number', minimum: 0, maximum: 9, exclusiveMinimum: 0, exclusiveMaximum: 9, multipleOf: 0.5 },
    rows: {
      type: 'array',
      minItems: 1,
      maxItems: 9,
      uniqueItems: true,
      items: { type: 'object', required: ['at'], properties: { at: { type: 'integer' } } },
    },
    name: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    closed: { type: 'object', additionalProperties: false, properties: {} },
  },
};
const after = (path: string, value: unknown) => breakingChanges(event, changed(event, path, value) as JsonSchema);

describe('OPS-04 a breaking change is found', () => {
  const row = 'properties/rows/items';
  it.each([
    ['a property that went away', 'properties/id', undefined, '/id: was removed'],
    ['a type that changed', 'properties/id/type', 'integer', '/id: type "string" became "integer"'],
    ['a fixed value that changed', 'properties/version/const', 2, '/version: const 1 became 2'],
    ['a pattern that changed', 'properties/id/pattern', '^x$', '/id: pattern "^[a-z]+$" became "^x$"'],
    ['a format that came or went', 'properties/id/format', undefined, '/id: format "uuid" became none'],
    ['minLength', 'properties/id/minLength', 2, '/id: minLength 1 became 2'],
    ['maxLength', 'properties/id/maxLength', 10, '/id: maxLength 9 became 10'],
    ['minimum', 'properties/share/minimum', undefined, '/share: minimum 0 became none'],
    ['maximum', 'properties/share/maximum', 8, '/share: maximum 9 became 8'],
    ['exclusiveMinimum', 'properties/share/exclusiveMinimum', 1, '/share: exclusiveMinimum 0 became 1'],
    ['exclusiveMaximum', 'properties/share/exclusiveMaximum', 8, '/share: exclusiveMaximum 9 became 8'],
    ['multipleOf', 'properties/share/multipleOf', 1, '/share: multipleOf 0.5 became 1'],
    ['minItems', 'properties/rows/minItems', 2, '/rows: minItems 1 became 2'],
    ['maxItems', 'properties/rows/maxItems', 10, '/rows: maxItems 9 became 10'],
    ['uniqueItems', 'properties/rows/uniqueItems', undefined, '/rows: uniqueItems true became none'],
    [
      'a closed set that grew',
      'properties/channel/enum',
      ['voice', 'chat', 'fax'],
      '/channel: the value "fax" was added to a closed set',
    ],
    ['a closed set that shrank', 'properties/channel/enum', ['voice'], '/channel: the value "chat" was removed'],
    [
      'a set that was opened',
      'properties/channel',
      { type: 'string', 'x-extensible-enum': ['voice', 'chat'] },
      '/channel: enum ["voice","chat"] became none',
    ],
    [
      'a required property of nested rows',
      `${row}/required`,
      ['at', 'colour'],
      '/rows/*/colour: became required, but older events lack it',
    ],
    ['a property that became optional', 'required', ['rows'], '/id: became optional, but older consumers rely on it'],
    ['items that may be anything now', row, undefined, '/rows/*: what items are was removed'],
    [
      'alternatives',
      'properties/name/anyOf',
      [{ type: 'string' }],
      '/name: the number of alternatives changed from 2 to 1',
    ],
    ['one alternative', 'properties/name/anyOf/0/type', 'integer', '/name|0: type "string" became "integer"'],
    [
      'properties that nobody named, refused now',
      'additionalProperties',
      false,
      '(whole event): additionalProperties none became false',
    ],
    [
      'their type',
      'properties/labels/additionalProperties/type',
      'integer',
      '/labels/*: type "string" became "integer"',
    ],
    [
      'a property more where others are refused',
      'properties/closed/properties/colour',
      { type: 'string' },
      '/closed/colour: was added, but older consumers refuse what they do not know',
    ],
    [
      'a keyword without a rule',
      'properties/id/contentEncoding',
      'base64',
      "/id: no rule says how 'contentEncoding' may change; add one to the gate",
    ],
    [
      'such a keyword in a property that is new',
      'properties/colour',
      { type: 'array', items: { not: {} } },
      "/colour/*: no rule says how 'not' may change; add one to the gate",
    ],
  ])('%s', (_name, path, value, expected) => {
    expect(after(path, value)).toEqual([expected]);
  });

  it.each([
    ['ce_type', { type: 'wxcc-wfo.task-ended.v2' }, 'type: "wxcc-wfo.task-ended.v1" became "wxcc-wfo.task-ended.v2"'],
    ['the key', { key: 'acdId' }, 'key: "acdId:taskId" became "acdId"'],
    ['compaction', { compacted: true }, 'compacted: false became true'],
    ['the publisher', { publisher: 'segmenter' }, 'publisher: "capture" became "segmenter"'],
  ])('beside the schema: %s', (_name, change, expected) => {
    const before = { type: 'wxcc-wfo.task-ended.v1', key: 'acdId:taskId', compacted: false, publisher: 'capture' };
    expect(breakingEventChanges({ ...before, schema: event }, { ...before, ...change, schema: event })).toEqual([
      expected,
    ]);
  });

  it('takes a new optional property, a new value of an open set and other words', () => {
    expect(after('properties/colour', { type: 'string', maxLength: 9 })).toEqual([]);
    expect(after('properties/kind/x-extensible-enum', ['anything'])).toEqual([]);
    expect(after('properties/id/description', 'The id.')).toEqual([]);
  });
});
