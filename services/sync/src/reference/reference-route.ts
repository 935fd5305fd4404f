import { ACD_STATES, Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import { pageByName } from '../listing/list-by-name.ts';
import { notFound } from '../listing/refusals.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'reference:read' };
const SELECT = 'SELECT x.* FROM reference_item x';
const Time = (description: string) => Type.String({ format: 'date-time', description });
const AcdState = Type.Unsafe<(typeof ACD_STATES)[number]>({
  type: 'string',
  enum: [...ACD_STATES],
  description: 'What the ACD says; what went away is kept for history.',
});

/** The three lists of names that statistics need; they are the ACD's and read-only. */
const LISTS = [
  {
    kind: 'site',
    path: '/v1/sites',
    many: 'sites',
    one: 'a site',
    example: { name: 'Hamburg', facts: {} },
  },
  {
    kind: 'entry-point',
    path: '/v1/entry-points',
    many: 'entry points',
    one: 'an entry point',
    example: { name: 'Main number', facts: { direction: 'inbound', channelType: 'TELEPHONY' } },
  },
  {
    kind: 'auxiliary-code',
    path: '/v1/auxiliary-codes',
    many: 'auxiliary codes (idle and wrap-up)',
    one: 'an auxiliary code',
    example: { name: 'Lunch', facts: { workType: 'idle' } },
  },
] as const;

const itemFields = {
  itemId: Type.String({ format: 'uuid', description: 'Its id in WFO.' }),
  acdId: Type.String({ format: 'uuid', description: 'The ACD connection.' }),
  acdItemId: Type.String({ description: 'Its id in Webex Contact Center.' }),
  name: Type.String({ description: 'Its name there.' }),
  facts: Type.Record(Type.String(), Type.Unknown(), { description: 'What else the ACD says of it.' }),
  acdState: AcdState,
  createdAt: Time('When it came to WFO.'),
  changedAt: Time('When it was last changed.'),
};
const ItemQuery = Type.Object(
  {
    acdId: Type.Optional(Type.String({ format: 'uuid', description: 'Only those of this ACD.' })),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Beginning of the name.' }),
    ),
    acdItemId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Its id in Webex.' }),
    ),
    acdState: Type.Optional(AcdState),
    ...pageQuery,
  },
  { additionalProperties: false },
);

const iso = (ms: unknown) => new Date(Number(ms)).toISOString();

function view(row: Record<string, unknown>) {
  return {
    itemId: row.item_id as string,
    acdId: row.acd_id as string,
    acdItemId: row.acd_item_id as string,
    name: row.name as string,
    facts: row.facts as Record<string, unknown>,
    acdState: row.acd_state as (typeof ACD_STATES)[number],
    createdAt: iso(row.created_at_ms),
    changedAt: iso(row.changed_at_ms),
  };
}

/** Search and read sites, entry points and auxiliary codes. */
export function referenceRoutes(app: App, deps: { pool: Pool }): void {
  for (const list of LISTS) listRoutes(app, deps, list);
}

function listRoutes(app: App, { pool }: { pool: Pool }, o: (typeof LISTS)[number]): void {
  const example = {
    itemId: '6c1e0f2a-3b4d-5c6e-9f70-8a9b0c1d2e3f',
    acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
    acdItemId: 'b1a2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d',
    ...o.example,
    acdState: 'active' as const,
    createdAt: '2026-01-15T09:00:00.000Z',
    changedAt: '2026-01-20T10:00:00.000Z',
  };
  const View = Type.Object(itemFields, { description: `This is ${o.one} of the ACD.`, examples: [example] });
  const Page = Type.Object(
    { items: Type.Array(Type.Object(itemFields), { description: `The ${o.many}.` }), nextCursor: NextCursor },
    { description: 'A page in order of the names.', examples: [{ items: [example], nextCursor: null }] },
  );

  app.get(
    o.path,
    {
      config: READ,
      schema: {
        summary: `Search the tenant’s ${o.many}`,
        description: 'In order of their names, those that went away included.',
        tags: ['reference'],
        querystring: ItemQuery,
        response: { 200: Page, ...errors },
      },
    },
    async (request) => {
      const { query } = request;
      return await pageByName(
        pool,
        { ...query, tenantId: requireTenant(request) },
        {
          select: SELECT,
          idColumn: 'item_id',
          conditions: [
            ['x.kind = ?', o.kind],
            ['x.acd_id = ?::uuid', query.acdId],
            ['x.acd_item_id = ?', query.acdItemId],
            ['x.acd_state = ?', query.acdState],
          ],
          view,
        },
      );
    },
  );

  app.get(
    `${o.path}/:itemId`,
    {
      config: READ,
      schema: {
        summary: `Read ${o.one}`,
        description: 'As the last run found it.',
        tags: ['reference'],
        params: Type.Object({ itemId: Type.String({ format: 'uuid', description: 'Its id in WFO.' }) }),
        response: { 200: View, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { itemId } = request.params;
      const { rows } = await readAsTenant(pool, { tenantId }, (sql) =>
        sql.query(`${SELECT} WHERE x.item_id = $1 AND x.tenant_id = $2 AND x.kind = $3`, [itemId, tenantId, o.kind]),
      );
      if (!rows[0]) throw notFound(o.kind, itemId, `GET ${o.path}`);
      return view(rows[0]);
    },
  );
}
