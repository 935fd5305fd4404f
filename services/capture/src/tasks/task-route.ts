import { GOLDEN_EXAMPLES, problemSchema, type TaskEnded } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { readTask } from './task-repository.ts';

const TaskBody = Type.Object(
  {
    acdId: Type.String({ format: 'uuid', description: 'The ACD.' }),
    taskId: Type.String({ description: 'Its id in Webex Contact Center.' }),
    revision: Type.Integer({ description: 'Grows by one whenever the facts change.' }),
    observedAt: Type.String({ format: 'date-time', description: 'When this revision was read. UTC, ISO 8601.' }),
    facts: Type.Unknown({ description: 'As in the event task-ended: what the ACD said, its activities oldest first.' }),
  },
  { description: 'One ended task at its latest revision.', examples: [example()] },
);

/** The task of the event's own example, as it is stored. */
function example() {
  const task = GOLDEN_EXAMPLES['task-ended'].valid[0]!.payload as TaskEnded;
  const { acdId, taskId, revision, observedAtMs, tenantId: _t, webexOrgId: _o, contactsWanted: _c, ...rest } = task;
  const { lastActivityAtMs: _l, metadata: _m, ...facts } = rest;
  return { acdId, taskId, revision, observedAt: new Date(observedAtMs).toISOString(), facts };
}

/** GET /v1/tasks/{acdId}/{taskId}: one ended task as it is stored. */
export async function taskRoute(app: App, deps: { pool: Pool }): Promise<void> {
  app.get(
    '/v1/tasks/:acdId/:taskId',
    {
      config: { scope: 'capture:read' },
      schema: {
        summary: 'One ended task',
        description: 'As it was last published: the facts that contacts and statistics are made of, at their revision.',
        tags: ['capture'],
        params: Type.Object({
          acdId: Type.String({ format: 'uuid', description: 'The ACD.' }),
          taskId: Type.String({ minLength: 1, maxLength: 200, description: 'The task, by its id in Webex.' }),
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
