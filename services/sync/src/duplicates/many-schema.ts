import { Nullable } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';
import { PLAIN_TEXT } from '../listing/cursor.ts';
import type { Decided } from './decide-many.ts';

/** Candidates of one request. */
const MOST = 500;

const Id = (description: string) => Type.String({ format: 'uuid', description });
const exampleIds = ['0c6e3a52-77d3-4a51-9c0c-0f8d1d2a7b11', '1d7f4b63-88e4-4b62-8d1d-1a9e2e3b8c22'] as const;
const duplicateIds = Type.Array(Id('A candidate.'), {
  minItems: 1,
  maxItems: MOST,
  uniqueItems: true,
  description: `Up to ${MOST} candidates, as GET /v1/duplicates lists them.`,
});

export const MergeMany = Type.Object(
  { duplicateIds },
  { additionalProperties: false, description: 'What to merge.', examples: [{ duplicateIds: [...exampleIds] }] },
);
export const DismissMany = Type.Object(
  {
    duplicateIds,
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_TEXT, description: 'Why they are not the same.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What to dismiss.',
    examples: [{ duplicateIds: [...exampleIds], reason: 'Persons of one name.' }],
  },
);

const Count = (description: string) => Type.Integer({ minimum: 0, description });
export const DecidedMany = Type.Object(
  {
    done: Count('So many were decided now.'),
    doneBefore: Count('So many were decided so before.'),
    refused: Count('So many could not be decided so.'),
    items: Type.Array(
      Type.Object({
        duplicateId: Id('The candidate.'),
        outcome: Type.Unsafe<Decided['outcome']>({
          type: 'string',
          enum: ['done', 'done-before', 'refused'],
          description: 'done-before: it was decided so already, which is no error.',
        }),
        mergeId: Nullable(Type.String({ format: 'uuid' }), 'The merge, by which it is taken back.'),
        problem: Nullable(
          Type.Object({
            status: Type.Integer({ description: 'The status that deciding it alone would answer with.' }),
            code: Type.String({ description: 'A stable code.' }),
            title: Type.String({ description: 'What happened.' }),
            detail: Type.String({ description: 'To what.' }),
            remedy: Type.String({ description: 'What to do next.' }),
          }),
          'Why it was refused.',
        ),
      }),
      { description: 'What became of each, in the order of the request.' },
    ),
  },
  {
    description: 'Each candidate was decided, or refused, by itself.',
    examples: [
      {
        done: 1,
        doneBefore: 0,
        refused: 1,
        items: [
          {
            duplicateId: exampleIds[0],
            outcome: 'done',
            mergeId: '5b1c2d3e-4f5a-4b6c-8d7e-8f9a0b1c2d3e',
            problem: null,
          },
          {
            duplicateId: exampleIds[1],
            outcome: 'refused',
            mergeId: null,
            problem: {
              status: 404,
              code: 'not-found',
              title: 'Not found',
              detail: `There is no duplicate ${exampleIds[1]}, or it is another tenant’s.`,
              remedy: 'Take an id from GET /v1/duplicates.',
            },
          },
        ],
      },
    ],
  },
);

export function decidedView(decided: readonly Decided[]): Static<typeof DecidedMany> {
  const count = (outcome: Decided['outcome']) => decided.filter((one) => one.outcome === outcome).length;
  return {
    done: count('done'),
    doneBefore: count('done-before'),
    refused: count('refused'),
    items: decided.map(({ problem, ...one }) => ({
      ...one,
      problem: problem && {
        status: problem.status,
        code: problem.code,
        title: problem.title,
        detail: problem.detail ?? problem.title,
        remedy: problem.remedy ?? '',
      },
    })),
  };
}
