import { type Static, Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import { EVIDENCE_RULES, type EvidenceRule } from './duplicate-policy.ts';
import type { Duplicate, DuplicateItem, DuplicateState, ItemKind } from './duplicate-repository.ts';
import type { Merge } from './merge-repository.ts';

const Id = (description: string) => Type.String({ format: 'uuid', description });
const Time = (description: string) => Type.String({ format: 'date-time', description });
const TextOrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });
const OneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description });
const Kind = OneOf<ItemKind>(['user', 'team'], 'What the two are.');
const State = OneOf<DuplicateState>(['open', 'merged', 'dismissed'], 'Whether and how it was decided.');
const MergeState = OneOf<Merge['state']>(['merged', 'undone'], 'Whether it was taken back.');

const Item = Type.Object(
  {
    id: Id('The WFO user or team.'),
    name: Type.String({ description: 'Its name.' }),
    email: TextOrNull('Of users.'),
    acdId: TextOrNull('The ACD id of the user (its id there, its TID in 1.0), or the id of the team there.'),
    webexId: TextOrNull('Its id in Webex Contact Center.'),
    acdState: TextOrNull('What the ACD’s directory says of it.'),
    mergedIntoId: TextOrNull('What stands for it since it was merged.'),
    createdAt: Time('When it came to WFO.'),
  },
  { description: 'One of the two, as it is now.' },
);
const Evidence = Type.Object({
  rule: OneOf<EvidenceRule>(EVIDENCE_RULES, 'Which rule found it.'),
  weight: Type.Integer({ description: 'How much it alone says, 0 to 100; 0 speaks against it.' }),
  text: Type.String({ description: 'The same in words.' }),
});

const duplicateFields = {
  duplicateId: Id('The candidate.'),
  acdId: Id('The ACD connection.'),
  kind: Kind,
  score: Type.Integer({ description: 'How sure it is, 50 to 100.' }),
  evidence: Type.Array(Evidence, { description: 'Why.' }),
  state: State,
  older: Item,
  newer: Item,
  runId: TextOrNull('The run that found it first.'),
  foundAt: Time('When it was found.'),
  changedAt: Time('When it was last changed.'),
  decidedBy: TextOrNull('Who decided.'),
  decisionReason: TextOrNull('Why it was dismissed.'),
};
const person = {
  name: 'Ada Example',
  acdState: 'deleted',
  mergedIntoId: null,
  createdAt: '2026-01-15T09:00:00.000Z',
};
const example = {
  duplicateId: '0c6e3a52-77d3-4a51-9c0c-0f8d1d2a7b11',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  kind: 'user' as const,
  score: 75,
  evidence: [
    {
      rule: 'same-email-other-domain' as const,
      weight: 45,
      text: 'The e-mail addresses differ in the domain only: ada@old.example and @new.example.',
    },
    { rule: 'same-name' as const, weight: 35, text: 'Both are named Ada Example.' },
    {
      rule: 'one-gone-one-new' as const,
      weight: 30,
      text: 'One went from the ACD and the other appeared there, on the same day.',
    },
  ],
  state: 'open' as const,
  older: {
    ...person,
    id: '1b7f8a52-8f0e-5c0a-9a38-52f0a3a7b101',
    email: 'ada@old.example',
    acdId: '93912f11-6017-404b-bf14-5331890b1797',
    webexId: '93912f11-6017-404b-bf14-5331890b1797',
  },
  newer: {
    ...person,
    id: '2d8e9b63-9a1f-5d1b-8b49-63a1b4c8d212',
    email: 'ada@new.example',
    acdId: 'c0ffee11-6017-404b-bf14-5331890b1797',
    webexId: 'c0ffee11-6017-404b-bf14-5331890b1797',
    acdState: 'active',
    createdAt: '2026-11-20T09:00:00.000Z',
  },
  runId: '7f0c1d2e-3b4a-4c5d-8e6f-7a8b9c0d1e2f',
  foundAt: '2026-11-20T09:00:10.000Z',
  changedAt: '2026-11-20T09:00:10.000Z',
  decidedBy: null,
  decisionReason: null,
};

export const DuplicateView = Type.Object(duplicateFields, {
  description: 'Two users, or two teams, that are probably the same.',
  examples: [example],
});
export const DuplicatePage = Type.Object(
  { items: Type.Array(Type.Object(duplicateFields), { description: 'The candidates.' }), nextCursor: NextCursor },
  { description: 'A page, the surest first.', examples: [{ items: [example], nextCursor: null }] },
);
export const DuplicateParams = Type.Object({ duplicateId: Id('The candidate.') });
export const DuplicateQuery = Type.Object(
  {
    state: Type.Optional({ ...State, default: 'open', description: 'Only candidates in this state; default: open.' }),
    kind: Type.Optional(Kind),
    acdId: Type.Optional(Id('Only candidates of this ACD.')),
    minScore: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Only candidates this sure.' })),
    rule: Type.Optional(OneOf<EvidenceRule>(EVIDENCE_RULES, 'Only candidates that this rule speaks for or against.')),
    runId: Type.Optional(Id('Only candidates that this run found first.')),
    ...pageQuery,
  },
  { additionalProperties: false },
);
export const MergeDuplicate = Type.Object(
  { survivorId: Type.Optional(Id('Which of the two survives; default: the one known longer.')) },
  { additionalProperties: false, examples: [{}] },
);
export const DismissDuplicate = Type.Object(
  {
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_TEXT, description: 'Why they are not the same.' }),
    ),
  },
  { additionalProperties: false, examples: [{ reason: 'Two persons of one name.' }] },
);

const mergeFields = {
  mergeId: Id('The merge.'),
  acdId: Id('The ACD connection.'),
  kind: Kind,
  survivorId: Id('The one that stands for both.'),
  mergedId: Id('The one that was merged into it.'),
  duplicateId: TextOrNull('The candidate that it decided.'),
  state: MergeState,
  mergedAt: Time('When.'),
  mergedBy: Type.String({ description: 'Who did it.' }),
  undoneAt: TextOrNull('When it was taken back.'),
  undoneBy: TextOrNull('Who took it back.'),
};
const mergeExample = {
  mergeId: '5b1c2d3e-4f5a-4b6c-8d7e-8f9a0b1c2d3e',
  acdId: example.acdId,
  kind: 'user' as const,
  survivorId: example.older.id,
  mergedId: example.newer.id,
  duplicateId: example.duplicateId,
  state: 'merged' as const,
  mergedAt: '2026-11-20T10:00:00.000Z',
  mergedBy: 'operations',
  undoneAt: null,
  undoneBy: null,
};
export const MergeView = Type.Object(mergeFields, { description: 'One merge.', examples: [mergeExample] });
export const MergePage = Type.Object(
  { items: Type.Array(Type.Object(mergeFields), { description: 'The merges.' }), nextCursor: NextCursor },
  { description: 'A page, the latest first.', examples: [{ items: [mergeExample], nextCursor: null }] },
);
export const MergeParams = Type.Object({ mergeId: Id('The merge.') });
export const MergeQuery = Type.Object(
  {
    kind: Type.Optional(Kind),
    state: Type.Optional(MergeState),
    itemId: Type.Optional(Id('Only merges of this user or team.')),
    ...pageQuery,
  },
  { additionalProperties: false },
);
export const CreateMerge = Type.Object(
  { kind: Kind, survivorId: Id('The one that stands for both.'), mergedId: Id('The one that is merged into it.') },
  {
    additionalProperties: false,
    examples: [{ kind: 'user', survivorId: example.older.id, mergedId: example.newer.id }],
  },
);

const iso = (ms: number) => new Date(ms).toISOString();

export function duplicateView(duplicate: Duplicate): Static<typeof DuplicateView> {
  const { tenantId: _, revision: __, older, newer, foundAtMs, changedAtMs, ...shown } = duplicate;
  const item = ({ createdAtMs, ...rest }: DuplicateItem) => ({ ...rest, createdAt: iso(createdAtMs) });
  return { ...shown, older: item(older), newer: item(newer), foundAt: iso(foundAtMs), changedAt: iso(changedAtMs) };
}

export function mergeView(merge: Merge): Static<typeof MergeView> {
  const { tenantId: _, seq: __, snapshot: ___, mergedAtMs, undoneAtMs, ...shown } = merge;
  return { ...shown, mergedAt: iso(mergedAtMs), undoneAt: undoneAtMs === null ? null : iso(undoneAtMs) };
}
