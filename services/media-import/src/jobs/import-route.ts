import { Nullable, Problem } from '@wxcc-wfo/contracts';
import { type App, inTransaction, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { listJobs, wakeJob } from './job-repository.ts';

const Time = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} UTC, ISO 8601.` });

const ids = {
  acdId: Type.String({ description: 'The ACD.' }),
  taskId: Type.String({ description: 'The task whose recordings are imported, by its id in Webex.' }),
};
const JobView = Type.Object({
  ...ids,
  state: Type.String({
    description: 'waiting: it is looked at again when it is due. done: nothing is missing. failed: it was given up.',
  }),
  endedAt: Time('When the task ended.'),
  attempts: Type.Integer({ description: 'Attempts since the last success.' }),
  nextAttemptAt: Time('waiting: when it is due; else when it last was.'),
  code: Nullable(Type.String(), 'What is missing, or why there is nothing, for programs; null: nothing is missing.'),
  reason: Nullable(Type.String(), 'The same for people.'),
});

const example = { acdId: '2b9d7a10-93c1-4d7e-8f00-4a52b1c30002', taskId: 'c4a1b2d3-0f5e-4b6a-9d8c-7e6f5a4b0004' };

const JobPage = Type.Object(
  {
    items: Type.Array(JobView, { description: 'The imports.' }),
    next: Nullable(Type.String(), 'Send it as `after` for the next page; null: this is the last one.'),
  },
  {
    description: 'A page, latest ended first.',
    examples: [
      {
        items: [
          {
            ...example,
            state: 'failed',
            endedAt: '2026-03-02T09:02:18.000Z',
            attempts: 61,
            nextAttemptAt: '2026-04-01T09:03:07.000Z',
            code: 'not-offered',
            reason: 'The ACD does not offer the recording yet.',
          },
        ],
        next: null,
      },
    ],
  },
);

const Woken = Type.Object(ids, { description: 'The import that is tried again.', examples: [example] });

/** What is imported, what waits and why, and what could not be had (MED-08). */
export function importRoutes(app: App, wiring: Wiring, wake: () => void): void {
  app.get(
    '/v1/imports',
    {
      config: { scope: 'imports:read' },
      schema: {
        summary: 'List imports with the reason of those that wait or failed',
        description:
          'The imports of the tenant in one state, latest ended first; there is one for each ended call that becomes contacts.',
        tags: ['imports'],
        querystring: Type.Object({
          state: Type.Enum(['waiting', 'done', 'failed'], {
            default: 'failed',
            description: 'Only those in this state.',
          }),
          after: Type.Optional(Type.String({ maxLength: 400, description: 'The `next` of the page before.' })),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 500, description: 'At most so many.' }),
        }),
        response: {
          200: JobPage,
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
        description:
          'Makes the import due at once, whatever its state, and counts its attempts anew. Contacts wait for their audio again. It is done in the background: GET /v1/imports shows what came of it.',
        tags: ['imports'],
        params: Type.Object({
          acdId: Type.String({ format: 'uuid', description: 'The ACD.' }),
          taskId: Type.String({ maxLength: 200, description: 'The task, by its id in Webex.' }),
        }),
        response: { 202: Woken, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request, reply) => {
      const { acdId, taskId } = request.params;
      const tenantId = requireTenant(request);
      const job = { acdId, taskId, tenantId, nowMs: wiring.nowMs() };
      const woken = await inTransaction(wiring.pool, (tx) => wakeJob(tx, job));
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
