import { Problem } from '@wxcc-wfo/contracts';
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
