import { describe, expect, it } from '@jest/globals';
import type { FieldMapping } from '@wxcc-wfo/contracts';
import { askedFieldsOf } from './metadata-fields.ts';
import { refusedFieldsOf } from './not-offered-policy.ts';
import { lineOfAsked } from './task-query.ts';

const field = (path: string): FieldMapping => ({ kind: 'field', prefix: 'task', path: path.split('.') });
const asked = askedFieldsOf([
  field('origin'),
  field('entryPoint.id'),
  field('entryPoint.name'),
  { kind: 'global-variable', prefix: 'task', name: 'Tier', type: 'Long' },
]);
const refused = (...faults: { message: string; lines?: number[]; path?: string[] }[]) =>
  refusedFieldsOf(
    faults.map((fault) => ({ lines: [], path: [], ...fault })),
    asked,
  ).map(({ asked: one }) => asked.indexOf(one));

describe('CAP-04 which mapped field an answer refuses', () => {
  it('CAP-04 the one on the line that the error names, each error for itself', () => {
    const message = 'Cannot query field "entryPoint" on type "TaskDetails".';
    expect(refused({ message, lines: [lineOfAsked(1)] })).toEqual([1]);
    expect(refused({ message, lines: [lineOfAsked(1)] }, { message, lines: [lineOfAsked(2)] })).toEqual([1, 2]);
  });

  it.each([
    "Validation error (FieldUndefined@[taskDetails/tasks/entryPoint]) : Field 'entryPoint' in type 'Task' is undefined",
    "Validation error of type FieldUndefined: Field 'entryPoint' in type 'Task' is undefined",
    'Field "entryPoint" must not have a selection since type "String" has no subfields.',
    "Validation error : Subselection not allowed on leaf type 'String' of field 'entryPoint'",
  ])('CAP-04 without a line, all that have the name that is refused: %s', (message) =>
    expect(refused({ message })).toEqual([1, 2]),
  );

  it('CAP-04 a global variable by the field of its type', () =>
    expect(refused({ message: 'Cannot query field "longGlobalVariables" on type "TaskDetails".' })).toEqual([3]));

  it('CAP-04 one whose value could not be had, by its alias in the path', () =>
    expect(refused({ message: 'Access denied', path: ['taskDetails', 'tasks', '0', 'mapped2'] })).toEqual([2]));

  it('CAP-04 all of them where something is unknown and nothing tells what', () =>
    expect(refused({ message: 'Validation error' })).toEqual([0, 1, 2, 3]));

  it.each(['Internal Server Error(s) while executing query', 'Access denied', 'The window is too wide'])(
    'CAP-04 none where the error is not about the schema: %s',
    (message) => expect(refused({ message, path: ['taskDetails'] })).toEqual([]),
  );
});
