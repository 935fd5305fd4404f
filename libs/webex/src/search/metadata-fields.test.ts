import { describe, expect, it } from '@jest/globals';
import {
  keyOfMetadataField,
  type MetadataField,
  parseMetadataMapping,
  SAMPLE_REQUEST_OPTIONS,
} from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import { askedFieldsOf, decodeMetadata, variablesOf } from './metadata-fields.ts';
import { lineOfAsked, tasksQuery } from './task-query.ts';

const fieldOf = (name: string): MetadataField => {
  const parsed = parseMetadataMapping(name);
  if (!parsed.ok || parsed.mapping.kind === 'call-type') throw new Error(name);
  return parsed.mapping;
};
const asked = (...names: string[]) => askedFieldsOf(names.map(fieldOf));

describe('CAP-04 the mapped fields in the query', () => {
  it('CAP-04 each stands on a line of its own under its own alias, whatever its depth', () => {
    const fields = asked('taskDetails.channelType', 'task.owner.name', 'task.channelMetaData.email.subject');
    const lines = tasksQuery(fields).split('\n');
    const lineAt = (index: number) => lines[lineOfAsked(index) - 1]?.trim();
    expect([0, 1, 2].map(lineAt)).toEqual([
      'mapped0: channelType',
      'mapped1: owner { name }',
      'mapped2: channelMetaData { email { subject } }',
    ]);
  });

  it('CAP-04 global variables are asked for by their type, their names going in as GraphQL variables', () => {
    const types = ['String', 'Integer', 'Long', 'Double', 'Boolean'];
    const fields = asked(...types.map((type) => `task.Global_X:${type}`));
    expect(fields.map(({ selection }) => selection)).toEqual([
      'mapped0: stringGlobalVariables(name: $name0) { name value }',
      'mapped1: integerGlobalVariables(name: $name1) { name value }',
      'mapped2: longGlobalVariables(name: $name2) { name value }',
      'mapped3: doubleGlobalVariables(name: $name3) { name value }',
      'mapped4: booleanGlobalVariables(name: $name4) { name value }',
    ]);
    expect(variablesOf(fields)).toMatchObject({ name0: 'Global_X', name4: 'Global_X' });
    expect(tasksQuery(fields)).toContain('$cursor: String, $name0: String!, $name1: String!');
    expect(tasksQuery(fields)).not.toContain('Global_X');
  });

  it('CAP-04 nothing but a name of GraphQL gets into the text of a query', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (path) => {
        const ask = () => askedFieldsOf([{ kind: 'field', prefix: 'task', path }]);
        if (path.every((name) => /^[_A-Za-z][_0-9A-Za-z]*$/.test(name))) expect(ask).not.toThrow();
        else expect(ask).toThrow(RangeError);
      }),
    );
  });

  it('CAP-04 both prefixes read the same field', () => {
    expect(keyOfMetadataField(fieldOf('task.owner.name'))).toBe('owner.name');
    expect(keyOfMetadataField(fieldOf('taskDetails.owner.name'))).toBe('owner.name');
    expect(keyOfMetadataField(fieldOf('task.Tier:Integer'))).toBe('Tier:Integer');
  });

  it('CAP-04 all 118 options of the guide can be asked for at once, each under its alias', () => {
    const query = tasksQuery(asked(...SAMPLE_REQUEST_OPTIONS));
    expect(query.match(/mapped\d+:/g)).toHaveLength(118);
  });
});

describe('CAP-04 values become text', () => {
  const names = ['task.origin', 'task.owner.name', 'task.isCallback', 'task.totalDuration', 'task.Tier:Integer'];
  const decode = (...values: unknown[]) =>
    decodeMetadata(Object.fromEntries(values.map((value, i) => [`mapped${i}`, value])), asked(...names));

  it('CAP-04 texts as they are, numbers in digits, booleans as true and false, of objects the asked field', () => {
    expect(decode('+1 555', { name: 'Ada' }, false, 61_000, { name: 'Tier', value: 3 })).toEqual({
      origin: '+1 555',
      'owner.name': 'Ada',
      isCallback: 'false',
      totalDuration: '61000',
      'Tier:Integer': '3',
    });
  });

  it('CAP-04 null, empty, missing and odd shapes are no value and no failure', () => {
    expect(decode('', null, undefined, [1], { name: null, value: null })).toEqual({});
    expect(decode({ a: 1 }, 'text', null, {}, [])).toEqual({});
  });

  it('CAP-04 a value is cut at 10,000 characters and never holds what no database takes', () => {
    expect(decode('x'.repeat(10_001)).origin).toHaveLength(10_000);
    expect(decode('a\u0000b\ud800').origin).toBe('a\ufffdb\ufffd');
  });
});
