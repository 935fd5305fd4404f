import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { listAudit } from './audit-repository.ts';

const Uuid = (description: string) => Type.Optional(Type.String({ format: 'uuid', description }));
const Instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });
const Anything = (description: string) => Type.Unknown({ description });

const Entry = Type.Object({
  auditId: Type.String({ description: 'Grows with time.' }),
  occurredAt: Type.String({ format: 'date-time', description: 'When.' }),
  subject: Type.String({ description: 'Who: `key:…`, `oidc:…`, or `system:…` for what no person did.' }),
  action: Type.String({ description: 'What was done, such as acd-created, acd-changed or client-deleted.' }),
  acdId: OrNull('The ACD that it is about.'),
  clientRef: OrNull('The client record that it is about.'),
  changes: Type.Array(
    Type.Object({
      field: Type.String({ description: 'Which field.' }),
      before: Anything('Its value before; null: none.'),
      after: Anything('Its value after; null: none. A secret is only said to be `changed` or `removed`.'),
    }),
    { description: 'What changed.' },
  ),
});

const Page = Type.Object(
  {
    items: Type.Array(Entry, { description: 'The entries of this page.' }),
    next: OrNull('The `before` of the next page; null at the end.'),
  },
  {
    description: 'A page of the audit trail, the newest first.',
    examples: [
      {
        items: [
          {
            auditId: '17',
            occurredAt: '2026-01-15T09:00:00.000Z',
            subject: 'oidc:operator',
            action: 'acd-changed',
            acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
            clientRef: null,
            changes: [
              { field: 'synchronizationIntervalMinutes', before: 30, after: 60 },
              { field: 'apiKey', before: null, after: 'changed' },
            ],
          },
        ],
        next: null,
      },
    ],
  },
);

/** Who changed what and when (ACD-06); also of ACDs that are deleted. */
export function auditRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/audit-entries',
    {
      config: { scope: 'audit:read' },
      schema: {
        summary: 'The audit trail of the tenant',
        description: 'The newest first, by pages. Nothing is ever changed or deleted in it; secrets are not in it.',
        tags: ['audit'],
        querystring: Type.Object({
          acdId: Uuid('Only what is about this ACD, which may be deleted.'),
          clientRef: Uuid('Only what is about this client record.'),
          subject: Type.Optional(Type.String({ maxLength: 300, description: 'Only what this one did.' })),
          from: Instant('Only what happened at this moment or later.'),
          to: Instant('Only what happened before this moment.'),
          before: Type.Optional(
            Type.String({ pattern: '^[1-9]\\d{0,17}$', description: 'The `next` of the page before.' }),
          ),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 200, description: 'At most so many.' }),
        }),
        response: { 200: Page, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request) => {
      const { acdId, clientRef, subject, from, to, before, limit } = request.query;
      const filter = { acdId, clientRef, subject, fromMs: msOf('from', from), toMs: msOf('to', to) };
      const entries = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) =>
        listAudit(sql, filter, { beforeId: before ?? null, limit }),
      );
      return {
        items: entries.map(({ tenantId: _tenant, occurredAtMs, ...entry }) => ({
          ...entry,
          occurredAt: new Date(occurredAtMs).toISOString(),
        })),
        next: entries.length === limit ? entries.at(-1)!.auditId : null,
      };
    },
  );
}

/** The format allows leap seconds, which Date does not know. */
function msOf(field: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  throw problem({
    status: 400,
    code: 'invalid-request',
    detail: `query/${field}: there is no such moment.`,
    field: `query/${field}`,
    remedy: 'Send a time such as 2026-01-15T09:00:00Z.',
  });
}
