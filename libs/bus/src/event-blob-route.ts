import { type App, problem } from '@wxcc-wfo/service-kit';
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
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
      },
    },
    async (request, reply) => {
      const { rows } = await deps.pool.query<{ value: string }>(
        'SELECT value FROM event_blob WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)',
        [request.params.id, request.caller.tenantId],
      );
      if (!rows[0]) {
        throw problem({
          status: 404,
          code: 'not-found',
          detail: `There is no event blob '${request.params.id}'; they are kept for 14 days.`,
          remedy: 'Have the publisher send the event again.',
        });
      }
      return await reply.header('content-type', 'application/json; charset=utf-8').send(rows[0].value);
    },
  );
}
