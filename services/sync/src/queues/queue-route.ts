import { ACD_STATES, Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import { pageByName } from '../listing/list-by-name.ts';
import { notFound } from '../listing/refusals.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'queues:read' };
const SELECT = 'SELECT x.* FROM directory_queue x';
const Time = (description: string) => Type.String({ format: 'date-time', description });
const AcdState = Type.Unsafe<(typeof ACD_STATES)[number]>({
  type: 'string',
  enum: [...ACD_STATES],
  description: 'What the ACD says; a queue that went away is kept for history.',
});

const queueFields = {
  queueId: Type.String({ format: 'uuid', description: 'The queue in WFO.' }),
  acdId: Type.String({ format: 'uuid', description: 'The ACD connection.' }),
  revision: Type.Integer({ description: 'Grows with every change.' }),
  acdQueueId: Type.String({ description: 'Its id in Webex Contact Center.' }),
  name: Type.String({ description: 'Its name there.' }),
  channel: Type.String({ description: 'What it serves: voice, chat, sms, email, …' }),
  channelType: Type.String({ description: 'Webex’s word for the channel.' }),
  direction: Type.String({ description: 'inbound or outbound.' }),
  serviceLevelThresholdSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'Null: none is set.' }),
  acdState: AcdState,
  createdAt: Time('When it came to WFO.'),
  changedAt: Time('When it was last changed.'),
};
const example = {
  queueId: '4a0d2b3c-5f1e-5d6a-8b7c-9e0f1a2b3c4d',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  revision: 2,
  acdQueueId: 'a58a16de-1d09-4f5a-9d0b-8f4b4c6d7e8f',
  name: 'Service EMEA',
  channel: 'voice',
  channelType: 'TELEPHONY',
  direction: 'inbound',
  serviceLevelThresholdSeconds: 30,
  acdState: 'active' as const,
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-20T10:00:00.000Z',
};
const QueueView = Type.Object(queueFields, { description: 'One service queue.', examples: [example] });
const QueuePage = Type.Object(
  { items: Type.Array(Type.Object(queueFields), { description: 'The queues.' }), nextCursor: NextCursor },
  { description: 'A page in order of the names.', examples: [{ items: [example], nextCursor: null }] },
);
const QueueQuery = Type.Object(
  {
    acdId: Type.Optional(Type.String({ format: 'uuid', description: 'Only queues of this ACD.' })),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Beginning of the name.' }),
    ),
    acdQueueId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Its id in Webex.' }),
    ),
    channel: Type.Optional(
      Type.String({ minLength: 1, maxLength: 50, pattern: PLAIN_TEXT, description: 'Only queues of this channel.' }),
    ),
    acdState: Type.Optional(AcdState),
    ...pageQuery,
  },
  { additionalProperties: false },
);

const iso = (ms: unknown) => new Date(Number(ms)).toISOString();

function view(row: Record<string, unknown>) {
  return {
    queueId: row.queue_id as string,
    acdId: row.acd_id as string,
    revision: row.revision as number,
    acdQueueId: row.acd_queue_id as string,
    name: row.name as string,
    channel: row.channel as string,
    channelType: row.channel_type as string,
    direction: row.direction as string,
    serviceLevelThresholdSeconds: row.service_level_threshold_seconds as number | null,
    acdState: row.acd_state as (typeof ACD_STATES)[number],
    createdAt: iso(row.created_at_ms),
    changedAt: iso(row.changed_at_ms),
  };
}

/** Search and read service queues; they are the ACD's, nothing of them is edited here. */
export function queueRoutes(app: App, { pool }: { pool: Pool }): void {
  app.get(
    '/v1/queues',
    {
      config: READ,
      schema: {
        summary: 'Search the tenant’s service queues',
        description: 'In order of their names, those that went away included.',
        tags: ['queues'],
        querystring: QueueQuery,
        response: { 200: QueuePage, ...errors },
      },
    },
    async (request) => {
      const { query } = request;
      return await pageByName(
        pool,
        { ...query, tenantId: requireTenant(request) },
        {
          select: SELECT,
          idColumn: 'queue_id',
          conditions: [
            ['x.acd_id = ?::uuid', query.acdId],
            ['x.acd_queue_id = ?', query.acdQueueId],
            ['x.channel = ?', query.channel],
            ['x.acd_state = ?', query.acdState],
          ],
          view,
        },
      );
    },
  );

  app.get(
    '/v1/queues/:queueId',
    {
      config: READ,
      schema: {
        summary: 'Read a service queue',
        description: 'As the last run found it.',
        tags: ['queues'],
        params: Type.Object({ queueId: Type.String({ format: 'uuid', description: 'The queue.' }) }),
        response: { 200: QueueView, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { queueId } = request.params;
      const { rows } = await readAsTenant(pool, { tenantId }, (sql) =>
        sql.query(`${SELECT} WHERE x.queue_id = $1 AND x.tenant_id = $2`, [queueId, tenantId]),
      );
      if (!rows[0]) throw notFound('queue', queueId, 'GET /v1/queues');
      return view(rows[0]);
    },
  );
}
