import { type App, problem } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import {
  DeadLetterBytes,
  DeadLetterPage,
  DeadLetterParams,
  DeadLetterQuery,
  DeadLetterView,
  DiscardDeadLetter,
  Replayed,
} from './dead-letter-schema.ts';
import { type DeadLetterDetail, type DeadLetterSummary, type DeadLetters, InvalidCursorError } from './dead-letters.ts';

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
      schema: {
        tags,
        summary: 'List dead letters',
        description: 'The newest first: events that this service could not handle.',
        querystring: DeadLetterQuery,
        response: { 200: DeadLetterPage },
      },
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
    {
      config: READ,
      schema: {
        tags,
        summary: 'Inspect a dead letter',
        description: 'With key, value and headers of the record.',
        params: DeadLetterParams,
        response: { 200: DeadLetterView },
      },
    },
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
        summary: 'Mend the value of a dead letter',
        description: 'A replay uses it; the original stays.',
        params: DeadLetterParams,
        body: DeadLetterBytes,
        response: { 204: Type.Null({ description: 'It is saved.' }) },
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
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Replay a dead letter',
        description: 'It is handled again, now, with its mended value if there is one.',
        params: DeadLetterParams,
        response: { 200: Replayed },
      },
    },
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
        summary: 'Give a dead letter up',
        description: 'Its row stays.',
        params: DeadLetterParams,
        body: DiscardDeadLetter,
        response: { 204: Type.Null({ description: 'It is given up.' }) },
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
