import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { type App, problem } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { type DeadLetterDetail, type DeadLetterSummary, type DeadLetters, InvalidCursorError } from './dead-letters.ts';

const Uuid = Type.String({ format: 'uuid' });
const Text = (description: string) => Type.String({ description });
const OrNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);
const State = Type.Union(
  [Type.Literal('waiting'), Type.Literal('parked'), Type.Literal('replayed'), Type.Literal('discarded')],
  { description: 'waiting: tried again by itself; parked: somebody has to look; replayed and discarded: settled' },
);
const SUMMARY = {
  id: Uuid,
  tenantId: OrNull(Uuid),
  acdId: OrNull(Uuid),
  consumerGroup: Text('Who could not handle it'),
  topic: Text('Where it came from'),
  partition: Type.Integer(),
  offset: Text('Offset of the record, a decimal number'),
  code: Text('Short and stable, e.g. contract-broken, refused-by-database, unknown-failure'),
  reason: Text('What happened'),
  step: Text('decode or handle'),
  attempt: Type.Integer({ description: 'How often it was tried' }),
  traceId: OrNull(Type.String()),
  state: State,
  edited: Type.Boolean(),
  createdAt: Text('ISO 8601, UTC'),
  updatedAt: Text('ISO 8601, UTC'),
  updatedBy: OrNull(Type.String()),
  note: OrNull(Type.String()),
};
const Shown = Type.Object({
  encoding: Type.Union([Type.Literal('text'), Type.Literal('base64')]),
  content: Type.String(),
});
const Summary = Type.Object(SUMMARY);
const Detail = Type.Object({
  ...SUMMARY,
  key: OrNull(Shown),
  value: OrNull(Shown),
  editedValue: OrNull(Shown),
  headers: Type.Record(Type.String(), Type.String()),
});
const Page = Type.Object({ items: Type.Array(Summary), nextCursor: OrNull(Type.String()) });
const Query = Type.Object(
  {
    state: Type.Optional(State),
    topic: Type.Optional(Type.String({ enum: [...TOPIC_NAMES] })),
    acdId: Type.Optional(Uuid),
    tenantId: Type.Optional(Uuid),
    code: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
);
const Replayed = Type.Object({ result: Type.Literal('replayed') });
const ById = Type.Object({ id: Uuid });
const Discard = Type.Object({ note: Type.Optional(Type.String({ maxLength: 1000 })) }, { additionalProperties: false });

const READ = { scope: 'dead-letters:read' };
const WRITE = { scope: 'dead-letters:write' };
const tags = ['dead letters'];

/**
 * Routes to list, inspect, mend, replay and discard dead letters under /v1/dead-letters. The tenant comes from the
 * credential; one without a tenant (the platform's) sees every row, those of no known tenant included.
 */
export async function deadLetterRoutes(app: App, deps: { deadLetters: DeadLetters }): Promise<void> {
  const { deadLetters } = deps;

  app.get(
    '/v1/dead-letters',
    {
      config: READ,
      schema: { tags, summary: 'List dead letters, newest first', querystring: Query, response: { 200: Page } },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      try {
        const page = await deadLetters.list(request.caller.tenantId, {
          filter,
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        return { items: page.items.map(summaryBody), nextCursor: page.nextCursor };
      } catch (error) {
        if (!(error instanceof InvalidCursorError)) throw error;
        throw problem({ status: 400, code: 'invalid-request', detail: error.message, field: 'cursor' });
      }
    },
  );

  app.get(
    '/v1/dead-letters/:id',
    { config: READ, schema: { tags, summary: 'Inspect one', params: ById, response: { 200: Detail } } },
    async (request) => {
      const found = await deadLetters.read(request.caller.tenantId, request.params.id);
      if (!found) throw notFound(request.params.id);
      return detailBody(found);
    },
  );

  app.put(
    '/v1/dead-letters/:id/value',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Mend the value that a replay uses; the original stays',
        params: ById,
        body: Shown,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { encoding, content } = request.body;
      const value = Buffer.from(content, encoding === 'text' ? 'utf8' : 'base64');
      const edited = await deadLetters.edit(request.caller.tenantId, request.params.id, value, request.caller.subject);
      if (!edited) throw notFound(request.params.id);
      return await reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/dead-letters/:id/replay',
    { config: WRITE, schema: { tags, summary: 'Handle it again, now', params: ById, response: { 200: Replayed } } },
    async (request) => {
      const { id } = request.params;
      const replayed = await deadLetters.replay(request.caller.tenantId, id, request.caller.subject);
      switch (replayed.result) {
        case 'replayed':
          return { result: 'replayed' as const };
        case 'not-found':
          throw notFound(id);
        case 'waiting':
        case 'parked':
          throw problem({
            status: 409,
            code: 'conflict',
            detail: `The event failed again and stays a dead letter: ${replayed.reason}`,
            remedy: 'Mend the cause, or the value by PUT …/value, and replay it again; or discard it.',
          });
        default:
          return replayed satisfies never;
      }
    },
  );

  app.post(
    '/v1/dead-letters/:id/discard',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Give it up; the row stays',
        params: ById,
        body: Discard,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { tenantId, subject } = request.caller;
      if (!(await deadLetters.discard(tenantId, id, subject, request.body.note ?? null))) throw notFound(id);
      return await reply.code(204).send(null);
    },
  );
}

function notFound(id: string) {
  return problem({
    status: 404,
    code: 'not-found',
    detail: `There is no such dead letter as '${id}', or it is settled already.`,
    remedy: 'List them at GET /v1/dead-letters?state=parked.',
  });
}

function summaryBody(d: DeadLetterSummary) {
  const { createdAtMs, updatedAtMs, ...rest } = d;
  return { ...rest, createdAt: new Date(createdAtMs).toISOString(), updatedAt: new Date(updatedAtMs).toISOString() };
}

function detailBody(d: DeadLetterDetail) {
  const { key, value, editedValue, headers, ...summary } = d;
  return { ...summaryBody(summary), key, value, editedValue, headers };
}
