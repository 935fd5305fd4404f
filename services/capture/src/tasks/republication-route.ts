import { findAcd } from '@wxcc-wfo/acd';
import { Nullable, problemSchema } from '@wxcc-wfo/contracts';
import { type App, problem } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { createRepublishTasksJob } from './republish-tasks-job.ts';
import type { TaskPosition } from './task-repository.ts';

const MOST_PER_REQUEST = 5_000;

const Body = Type.Object(
  {
    acdId: Type.String({ format: 'uuid', description: 'The ACD whose tasks are published again.' }),
    from: Type.String({ format: 'date-time', description: 'Tasks that ended at or after this time (ISO 8601).' }),
    to: Type.String({ format: 'date-time', description: 'Tasks that ended before this time.' }),
    cursor: Type.Optional(Type.String({ maxLength: 500, description: 'From the answer before, to go on.' })),
  },
  {
    additionalProperties: false,
    examples: [
      {
        acdId: '2b9d7a10-93c1-4d7e-8f00-4a52b1c30002',
        from: '2026-03-02T00:00:00.000Z',
        to: '2026-03-03T00:00:00.000Z',
      },
    ],
  },
);

const Answer = Type.Object(
  {
    published: Type.Integer({ description: 'How many tasks this request published.' }),
    cursor: Nullable(Type.String(), 'Send it again with the same range to go on; null: all is published.'),
  },
  { description: 'What was published, and how to go on.', examples: [{ published: 1840, cursor: null }] },
);

/** POST /v1/republications: tells the stored tasks of a time range once more, to whoever was not there or was restored. */
export async function republicationRoute(app: App, deps: { pool: Pool }): Promise<void> {
  const republish = createRepublishTasksJob(deps);
  app.post(
    '/v1/republications',
    {
      config: { scope: 'capture:write' },
      schema: {
        summary: 'Publish stored tasks again',
        description: `At most ${MOST_PER_REQUEST} tasks a request; consumers ignore revisions that they know.`,
        tags: ['capture'],
        body: Body,
        response: { 200: Answer, 400: problemSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const acd = await findAcd(deps.pool, request.body.acdId.toLowerCase());
      const { tenantId } = request.caller;
      if (!acd || (tenantId !== null && tenantId !== acd.tenantId)) {
        const detail = `There is no ACD ${request.body.acdId}.`;
        throw problem({ status: 404, code: 'not-found', detail, field: 'acdId', remedy: 'Check the id.' });
      }
      const fromMs = Date.parse(request.body.from);
      const toMs = Date.parse(request.body.to);
      if (toMs <= fromMs) throw invalid('to', '`to` must be later than `from`.', 'Swap them.');
      const after = request.body.cursor === undefined ? null : parseCursor(request.body.cursor);
      const { published, next } = await republish({ acd, fromMs, toMs, after, limit: MOST_PER_REQUEST });
      return { published, cursor: next && Buffer.from(JSON.stringify(next)).toString('base64url') };
    },
  );
}

function parseCursor(cursor: string): TaskPosition {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(position.endedAtMs) && typeof position.taskId === 'string') return position;
  } catch {
    // told below
  }
  throw invalid('cursor', 'This is no cursor of ours.', 'Send it as the answer gave it, or leave it out.');
}

const invalid = (field: string, detail: string, remedy: string) =>
  problem({ status: 400, code: 'invalid-request', detail, field, remedy });
