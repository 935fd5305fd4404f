import { problemSchema } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { readTask } from './task-repository.ts';

const TaskBody = Type.Object({
  acdId: Type.String({ format: 'uuid' }),
  taskId: Type.String(),
  revision: Type.Integer({ description: 'Grows by one whenever the facts change.' }),
  observedAt: Type.String({ format: 'date-time', description: 'When this revision was read.' }),
  facts: Type.Unknown({ description: 'As in the event task-ended: what the ACD said, its activities oldest first.' }),
});

/** GET /v1/tasks/{acdId}/{taskId}: one ended task as it is stored. */
export async function taskRoute(app: App, deps: { pool: Pool }): Promise<void> {
  app.get(
    '/v1/tasks/:acdId/:taskId',
    {
      config: { scope: 'capture:read' },
      schema: {
        summary: 'One ended task',
        tags: ['capture'],
        params: Type.Object({
          acdId: Type.String({ format: 'uuid' }),
          taskId: Type.String({ minLength: 1, maxLength: 200 }),
        }),
        response: { 200: TaskBody, 404: problemSchema },
      },
    },
    async (request) => {
      const acdId = request.params.acdId.toLowerCase();
      const { taskId } = request.params;
      const tenant = { tenantId: requireTenant(request) };
      const task = await readAsTenant(deps.pool, tenant, (tx) => readTask(tx, acdId, taskId));
      if (!task) {
        throw problem({
          status: 404,
          code: 'not-found',
          detail: `Task ${taskId} of ACD ${acdId} is not stored.`,
          remedy: 'A task is stored once it has ended. GET /v1/acds/{acdId}/capture shows how far capture is.',
        });
      }
      const { revision, observedAtMs, facts } = task;
      return { acdId, taskId, revision, observedAt: new Date(observedAtMs).toISOString(), facts };
    },
  );
}
