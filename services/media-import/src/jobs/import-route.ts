import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { listJobs, wakeJob } from './job-repository.ts';

const JobView = Type.Object({
  acdId: Type.String(),
  taskId: Type.String(),
  state: Type.String(),
  endedAt: Type.String({ format: 'date-time' }),
  attempts: Type.Integer(),
  nextAttemptAt: Type.String({ format: 'date-time' }),
  code: Type.Union([Type.String(), Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
});

/** What is imported, what waits and why, and what could not be had (MED-08). */
export function importRoutes(app: App, wiring: Wiring, wake: () => void): void {
  app.get(
    '/v1/imports',
    {
      config: { scope: 'imports:read' },
      schema: {
        summary: 'List imports with the reason of those that wait or failed',
        tags: ['imports'],
        querystring: Type.Object({
          state: Type.Enum(['waiting', 'done', 'failed'], { default: 'failed' }),
          after: Type.Optional(Type.String({ maxLength: 400, description: 'The `next` of the page before.' })),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
        }),
        response: {
          200: Type.Object({ items: Type.Array(JobView), next: Type.Union([Type.String(), Type.Null()]) }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
    },
    async (request) => {
      const { state, after, limit } = request.query;
      const page = { state, limit, before: after === undefined ? null : parseCursor(after) };
      const jobs = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) => listJobs(sql, page));
      const last = jobs.length === limit ? jobs.at(-1) : undefined;
      return {
        items: jobs.map(({ endedAtMs, nextAttemptAtMs, ...job }) => ({
          ...job,
          endedAt: new Date(endedAtMs).toISOString(),
          nextAttemptAt: new Date(nextAttemptAtMs).toISOString(),
        })),
        next: last ? `${last.endedAtMs}:${last.taskId}` : null,
      };
    },
  );

  app.post(
    '/v1/imports/:acdId/:taskId/retry',
    {
      config: { scope: 'imports:write' },
      schema: {
        summary: 'Try an import again now',
        tags: ['imports'],
        params: Type.Object({ acdId: Type.String({ format: 'uuid' }), taskId: Type.String({ maxLength: 200 }) }),
        response: { 202: Type.Object({ acdId: Type.String(), taskId: Type.String() }), '4xx': Problem, '5xx': Problem },
      },
    },
    async (request, reply) => {
      const { acdId, taskId } = request.params;
      const tenantId = requireTenant(request);
      const woken = await wakeJob(wiring.pool, { acdId, taskId, tenantId, nowMs: wiring.nowMs() });
      if (!woken) {
        throw problem({
          status: 404,
          code: 'not-found',
          title: 'There is no such import',
          detail: `No import of task ${taskId} exists for this tenant.`,
          remedy: 'List imports with GET /v1/imports.',
        });
      }
      wake();
      reply.code(202);
      return { acdId, taskId };
    },
  );
}

function parseCursor(after: string): { endedAtMs: number; taskId: string } {
  const match = /^(\d{12,14}):(.+)$/.exec(after);
  if (match) return { endedAtMs: Number(match[1]), taskId: match[2]! };
  throw problem({
    status: 400,
    code: 'invalid-request',
    title: 'The page cannot be found',
    detail: 'after: it is not a cursor of ours.',
    field: 'after',
    remedy: 'Send the `next` of the page before, or leave it out for the first page.',
  });
}
