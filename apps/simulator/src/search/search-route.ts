import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { type DocumentNode, type ExecutionResult, execute, type GraphQLError, parse, validate } from 'graphql';
import { ApiError } from '../gateway/errors.ts';
import { headerOf, READ_SCOPES } from '../gateway/gateway.ts';
import type { Tenant } from '../tenant.ts';
import { buildSearchSchema } from './schema.ts';

const COMPRESS_ABOVE_BYTES = 1_000_000;
const compress = promisify(gzip);

interface SearchBody {
  query?: unknown;
  variables?: Record<string, unknown> | null;
  operationName?: string;
}

/** The GraphQL endpoint: whatever is asked is parsed, validated against the schema and executed. */
export function searchRoute(app: FastifyInstance, tenant: Tenant): void {
  const schema = buildSearchSchema({ sampleFields: tenant.options.searchSampleFields });
  const documents = new Map<string, DocumentNode | readonly GraphQLError[]>();

  const prepare = (query: string): DocumentNode | readonly GraphQLError[] => {
    const known = documents.get(query);
    if (known !== undefined) return known;
    const prepared = parseAndValidate(query);
    if (documents.size > 500) documents.clear();
    documents.set(query, prepared);
    return prepared;
  };
  const parseAndValidate = (query: string): DocumentNode | readonly GraphQLError[] => {
    try {
      const document = parse(query);
      const errors = validate(schema, document);
      return errors.length > 0 ? errors : document;
    } catch (error) {
      return [error as GraphQLError];
    }
  };

  app.post<{ Body: SearchBody | undefined }>(
    '/search',
    { config: { kind: 'search', errors: 'data', scopes: READ_SCOPES } },
    async (request, reply) => {
      const query = request.body?.query;
      if (typeof query !== 'string') throw new ApiError(400, 'query is required.');
      const struck = tenant.faults.strike('errors-with-200');
      if (struck !== undefined)
        return {
          data: null,
          errors: [{ message: struck.message ?? 'Internal Server Error(s) while executing query' }],
        };
      const document = prepare(query);
      if (!('kind' in document)) return { errors: document.map((error) => error.toJSON()) };
      const result = await execute({
        schema,
        document,
        contextValue: tenant,
        variableValues: request.body?.variables ?? {},
      });
      rethrowRefusal(result);
      const text = JSON.stringify(result);
      reply.header('Content-Type', 'application/json');
      if (text.length > COMPRESS_ABOVE_BYTES && headerOf(request, 'accept-encoding')?.includes('gzip')) {
        return reply.header('Content-Encoding', 'gzip').send(await compress(text));
      }
      return reply.send(text);
    },
  );
}

/** A refused time range or cursor is an HTTP error with the published body, not a GraphQL error. */
function rethrowRefusal(result: ExecutionResult): void {
  const refusal = result.errors?.map((error) => error.originalError).find((error) => error instanceof ApiError);
  if (refusal !== undefined) throw refusal;
}
