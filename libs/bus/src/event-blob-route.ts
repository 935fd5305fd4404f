import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';

/** GET /v1/event-blobs/{id}: the value of an event too large for the broker, for the siblings that consume it. */
export async function eventBlobRoutes(app: App, deps: { pool: Pool }): Promise<void> {
  app.get(
    '/v1/event-blobs/:id',
    {
      config: { scope: 'events:read' },
      schema: {
        tags: ['events'],
        summary: 'The value of an event that was too large for the broker',
        description: 'Named by the event that stands in its place. Kept for 14 days.',
        params: Type.Object({ id: Type.String({ format: 'uuid', description: 'As the event names it.' }) }),
        response: {
          200: Type.Unsafe<string>({
            description: 'The value, as it would have stood in the topic.',
            examples: [{ acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01', revision: 1 }],
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { tenantId } = request.caller;
      const value =
        tenantId === null
          ? await findValue(deps.pool, id)
          : await readAsTenant(deps.pool, { tenantId }, (tx) => findValue(tx, id));
      if (value === undefined) {
        throw problem({
          status: 404,
          code: 'not-found',
          detail: `There is no event blob '${id}'; they are kept for 14 days.`,
          remedy: 'Have the publisher send the event again.',
        });
      }
      return await reply.header('content-type', 'application/json; charset=utf-8').send(value);
    },
  );
}

async function findValue(sql: SqlClient, id: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ value: string }>('SELECT value FROM event_blob WHERE id = $1', [id]);
  return rows[0]?.value;
}
