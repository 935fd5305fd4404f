import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { breakingChanges, type JsonSchema } from './compatibility.ts';
import { EVENT_DEFINITIONS, type TopicName } from './definitions.ts';
import { changed } from './examples/golden-example.ts';

const folder = new URL('../released/', import.meta.url);
const releases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort();
const schemaOf = (topic: TopicName) => JSON.parse(JSON.stringify(EVENT_DEFINITIONS[topic].schema)) as JsonSchema;

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
  const released = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<
    string,
    { type: string; schema: JsonSchema }
  >;

  it.each(Object.keys(released))('%s has no breaking change under the same type', (topic) => {
    const now = EVENT_DEFINITIONS[topic as TopicName];
    expect(now?.type).toBe(released[topic]!.type);
    expect(breakingChanges(released[topic]!.schema, schemaOf(topic as TopicName))).toEqual(
      WEIGHED[file]?.[topic] ?? [],
    );
  });
});

describe('OPS-04 a breaking change is found', () => {
  const task = schemaOf('task-ended');
  const after = (path: string, value: unknown) => breakingChanges(task, changed(task, path, value) as JsonSchema);

  it.each([
    ['a property that went away', 'properties/revision', undefined, '/revision: was removed'],
    ['a type that changed', 'properties/revision/type', 'string', '/revision: type "integer" became "string"'],
    [
      'a closed set that grew',
      'properties/channel/enum',
      ['voice', 'chat', 'sms', 'email', 'social', 'other', 'fax'],
      '/channel: the value "fax" was added to a closed set',
    ],
    ['a bound that moved', 'properties/revision/minimum', 5, '/revision: minimum 1 became 5'],
    [
      'a required property of nested rows',
      'properties/activities/items/required',
      ['activityId', 'colour'],
      '/activities/*/colour: became required, but older events lack it',
    ],
    ['a pattern that changed', 'properties/tenantId/pattern', '^x$', '/tenantId: the pattern changed'],
  ])('%s', (_name, path, value, expected) => {
    expect(after(path, value)).toContain(expected);
  });

  it('takes a new optional property and a new value of an open set', () => {
    const grown = changed(task, 'properties/colour', { type: 'string' }) as JsonSchema;
    expect(breakingChanges(task, grown)).toEqual([]);
    expect(after('properties/activities/items/properties/kind/x-extensible-enum', ['anything'])).toEqual([]);
  });
});
