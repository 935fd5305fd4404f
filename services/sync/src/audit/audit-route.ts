import { Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { decodeCursor, isNumberAndId, NextCursor, PLAIN_TEXT, pageOf, pageQuery } from '../listing/cursor.ts';
import { AUDIT_TARGETS, type AuditTarget, listAudit } from './audit-repository.ts';

const TargetKind = Type.Unsafe<AuditTarget>({
  type: 'string',
  enum: [...AUDIT_TARGETS],
  description: 'What was changed.',
});
const entryFields = {
  auditId: Type.Integer({ description: 'Grows with every entry.' }),
  acdId: Type.Union([Type.String(), Type.Null()], { description: 'Null for what belongs to the tenant.' }),
  subject: Type.String({ description: 'Who did it.' }),
  action: Type.String({ description: 'What was done, such as `user-edited`.' }),
  target: Type.Object(
    { kind: TargetKind, id: Type.String({ description: 'Its id.' }) },
    { description: 'What was changed.' },
  ),
  changes: Type.Array(
    Type.Object({
      field: Type.String({ description: 'The field.' }),
      before: Type.Unknown({ description: 'Its value before.' }),
      after: Type.Unknown({ description: 'Its value since.' }),
    }),
    { description: 'What differs.' },
  ),
  occurredAt: Type.String({ format: 'date-time', description: 'When.' }),
};
const example = {
  auditId: 17,
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  subject: 'operations',
  action: 'user-edited',
  target: { kind: 'user' as const, id: '1b7f8a52-8f0e-5c0a-9a38-52f0a3a7b101' },
  changes: [{ field: 'windowsLogin', before: null, after: 'CONTOSO\\ada' }],
  occurredAt: '2026-01-20T10:00:00.000Z',
};
const AuditPage = Type.Object(
  { items: Type.Array(Type.Object(entryFields), { description: 'The entries.' }), nextCursor: NextCursor },
  { description: 'A page, newest first.', examples: [{ items: [example], nextCursor: null }] },
);
const AuditQuery = Type.Object(
  {
    acdId: Type.Optional(Type.String({ format: 'uuid', description: 'Only entries of this ACD.' })),
    subject: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Only what this subject did.' }),
    ),
    targetKind: Type.Optional(TargetKind),
    targetId: Type.Optional(Type.String({ format: 'uuid', description: 'Only entries about this thing.' })),
    ...pageQuery,
  },
  { additionalProperties: false },
);

/** Reads who changed what by hand; nothing changes or removes an entry. */
export function auditRoutes(app: App, { pool }: { pool: Pool }): void {
  app.get(
    '/v1/audit-entries',
    {
      config: { scope: 'audit:read' },
      schema: {
        summary: 'Who changed what by hand',
        description: 'Edits of users, teams, roles and settings, merges, and decisions about runs and duplicates.',
        tags: ['audit'],
        querystring: AuditQuery,
        response: { 200: AuditPage, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { cursor, limit = 50, ...filter } = request.query;
      const beforeId =
        decodeCursor<[number]>(cursor, (place) => place.length === 1 && isNumberAndId(place))?.[0] ?? null;
      const found = await readAsTenant(pool, { tenantId }, (sql) =>
        listAudit(sql, tenantId, { filter, beforeId, limit: limit + 1 }),
      );
      const page = pageOf(found, limit, ({ auditId }) => [auditId]);
      const items = page.items.map(({ tenantId: _, occurredAtMs, ...entry }) => ({
        ...entry,
        occurredAt: new Date(occurredAtMs).toISOString(),
      }));
      return { items, nextCursor: page.nextCursor };
    },
  );
}
