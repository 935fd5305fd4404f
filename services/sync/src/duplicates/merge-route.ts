import { Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { decodeCursor, isNumberAndId, pageOf } from '../listing/cursor.ts';
import { notFound } from '../listing/refusals.ts';
import type { EditDeps } from '../users/edit-user.ts';
import { CreateMerge, MergePage, MergeParams, MergeQuery, MergeView, mergeView } from './duplicate-schema.ts';
import { mergeItems } from './merge-items.ts';
import { findMerge, listMerges } from './merge-repository.ts';
import { undoMerge } from './undo-merge.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'duplicates:read' };
const WRITE = { scope: 'duplicates:write' };

/** Merges by hand of what no run reported, and taking merges back (SYNC-07). */
export function mergeRoutes(app: App, deps: EditDeps): void {
  app.post(
    '/v1/merges',
    {
      config: WRITE,
      schema: {
        summary: 'Merge two users or two teams',
        description: 'Of one ACD, reported as duplicates or not. The survivor keeps its WFO id and history.',
        tags: ['duplicates'],
        body: CreateMerge,
        response: { 201: MergeView, ...errors },
      },
    },
    async (request, reply) => {
      const { kind, survivorId, mergedId } = request.body;
      const merge = await mergeItems(deps, {
        tenantId: requireTenant(request),
        subject: request.caller.subject,
        kind,
        survivorId: survivorId.toLowerCase(),
        mergedId: mergedId.toLowerCase(),
      });
      reply.code(201).header('location', `/v1/merges/${merge.mergeId}`);
      return mergeView(merge);
    },
  );

  app.post(
    '/v1/merges/:mergeId/undo',
    {
      config: WRITE,
      schema: {
        summary: 'Take a merge back',
        description: 'Both are as before, plus what was changed since. Later merges of the same go first.',
        tags: ['duplicates'],
        params: MergeParams,
        response: { 200: MergeView, ...errors },
      },
    },
    async (request) =>
      mergeView(
        await undoMerge(deps, {
          tenantId: requireTenant(request),
          subject: request.caller.subject,
          mergeId: request.params.mergeId,
        }),
      ),
  );

  app.get(
    '/v1/merges',
    {
      config: READ,
      schema: {
        summary: 'List merges',
        description: 'The latest first, undone ones included.',
        tags: ['duplicates'],
        querystring: MergeQuery,
        response: { 200: MergePage, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { cursor, limit = 50, ...filter } = request.query;
      const beforeSeq = decodeCursor<[number]>(cursor, (place) => place.length === 1 && isNumberAndId(place))?.[0];
      const found = await readAsTenant(deps.pool, { tenantId }, (sql) =>
        listMerges(sql, tenantId, { filter, beforeSeq: beforeSeq ?? null, limit: limit + 1 }),
      );
      const page = pageOf(found, limit, ({ seq }) => [seq]);
      return { items: page.items.map(mergeView), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/merges/:mergeId',
    {
      config: READ,
      schema: {
        summary: 'Read a merge',
        description: 'Undone ones, too.',
        tags: ['duplicates'],
        params: MergeParams,
        response: { 200: MergeView, ...errors },
      },
    },
    async (request) => {
      const key = { tenantId: requireTenant(request), mergeId: request.params.mergeId };
      const merge = await readAsTenant(deps.pool, key, (sql) => findMerge(sql, key));
      if (!merge) throw notFound('merge', key.mergeId, 'GET /v1/merges');
      return mergeView(merge);
    },
  );
}
