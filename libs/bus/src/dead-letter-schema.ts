import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { Type } from 'typebox';

const uuid = { type: 'string', format: 'uuid' } as const;
const Uuid = (description: string) => Type.Unsafe<string>({ ...uuid, description });
const Text = (description: string) => Type.String({ description });
const OrNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const State = Type.Union(
  [Type.Literal('waiting'), Type.Literal('parked'), Type.Literal('replayed'), Type.Literal('discarded')],
  { description: 'waiting: tried again by itself; parked: somebody has to look; replayed and discarded: settled' },
);

const summaryFields = {
  id: Uuid('The dead letter'),
  tenantId: OrNull(Type.Unsafe<string>(uuid), 'Whose it is; null where the record does not tell'),
  acdId: OrNull(Type.Unsafe<string>(uuid), 'The ACD connection; null where the record does not tell'),
  consumerGroup: Text('Who could not handle it'),
  topic: Text('Where it came from'),
  partition: Type.Integer({ description: 'Partition of the record' }),
  offset: Text('Offset of the record, a decimal number'),
  code: Text('Short and stable, e.g. contract-broken, refused-by-database, unknown-failure'),
  reason: Text('What happened'),
  step: Text('decode or handle'),
  attempt: Type.Integer({ description: 'How often it was tried' }),
  traceId: OrNull(Type.String(), 'The trace in which it failed'),
  state: State,
  edited: Type.Boolean({ description: 'Whether a replay uses a mended value' }),
  createdAt: Text('ISO 8601, UTC'),
  updatedAt: Text('ISO 8601, UTC'),
  updatedBy: OrNull(Type.String(), 'Who mended, replayed or discarded it'),
  note: OrNull(Type.String(), 'Why it was discarded'),
};
const bytesFields = {
  encoding: Type.Union([Type.Literal('text'), Type.Literal('base64')], {
    description: 'text where the bytes are UTF-8, else base64',
  }),
  content: Text('The bytes in that form'),
};
const Bytes = Type.Object(bytesFields);
const detailFields = {
  ...summaryFields,
  key: OrNull(Bytes, 'The record’s key'),
  value: OrNull(Bytes, 'The record’s value as it came'),
  editedValue: OrNull(Bytes, 'The value that a replay uses instead'),
  headers: Type.Record(Type.String(), Type.String(), { description: 'The record’s headers' }),
};

const summaryExample = {
  id: '8d0e1f2a-3b4c-4d5e-8f6a-7b8c9d0e1f2a',
  tenantId: '7a1d9c44-5c1e-4f4e-9d2b-3f2f8a6b5c01',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  consumerGroup: 'sync',
  topic: 'acd-changed',
  partition: 0,
  offset: '4711',
  code: 'refused-by-database',
  reason: 'null value in column "name" violates a constraint',
  step: 'handle',
  attempt: 3,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  state: 'parked' as const,
  edited: false,
  createdAt: '2026-01-15T09:00:00.000Z',
  updatedAt: '2026-01-15T09:00:00.000Z',
  updatedBy: null,
  note: null,
};
const valueExample = { encoding: 'text' as const, content: '{"acdId":"3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01"}' };

export const DeadLetterBytes = Type.Object(bytesFields, {
  description: 'The mended value.',
  examples: [valueExample],
});
export const DeadLetterView = Type.Object(detailFields, {
  description: 'One dead letter, whole.',
  examples: [
    {
      ...summaryExample,
      key: { encoding: 'text', content: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01' },
      value: valueExample,
      editedValue: null,
      headers: { ce_type: 'acd-changed' },
    },
  ],
});
export const DeadLetterPage = Type.Object(
  {
    items: Type.Array(Type.Object(summaryFields), { description: 'The newest first' }),
    nextCursor: OrNull(Type.String(), '`cursor` of the next page; null on the last one'),
  },
  { description: 'A page.', examples: [{ items: [summaryExample], nextCursor: null }] },
);
export const DeadLetterQuery = Type.Object(
  {
    state: Type.Optional(State),
    topic: Type.Optional(Type.String({ enum: [...TOPIC_NAMES], description: 'Only from this topic' })),
    acdId: Type.Optional(Uuid('Only of this ACD')),
    tenantId: Type.Optional(Uuid('Only of this tenant; for the platform, which sees all')),
    code: Type.Optional(Type.String({ maxLength: 200, description: 'Only with this code' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'At most so many' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`nextCursor` of the page before' })),
  },
  { additionalProperties: false },
);
export const Replayed = Type.Object(
  { result: Type.Literal('replayed', { description: 'It was handled' }) },
  { description: 'It was handled.', examples: [{ result: 'replayed' }] },
);
export const DeadLetterParams = Type.Object({ id: Uuid('The dead letter') });
export const DiscardDeadLetter = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 1000, description: 'Why' })) },
  { additionalProperties: false, description: 'Why it is given up.', examples: [{ note: 'A test call.' }] },
);
