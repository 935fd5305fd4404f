import { Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { decodeCursor, isIntegerAndId, pageOf } from '../listing/cursor.ts';
import { notFound } from '../listing/refusals.ts';
import type { EditDeps } from '../users/edit-user.ts';
import { findDuplicate, listDuplicates } from './duplicate-repository.ts';
import {
  DismissDuplicate,
  DuplicatePage,
  DuplicateParams,
  DuplicateQuery,
  DuplicateView,
  duplicateView,
  MergeDuplicate,
  MergeView,
  mergeView,
} from './duplicate-schema.ts';
import { manyRoutes } from './many-route.ts';
import { dismissDuplicate, mergeDuplicate } from './merge-items.ts';
import { mergeRoutes } from './merge-route.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'duplicates:read' };
const WRITE = { scope: 'duplicates:write' };

/** Probable duplicates: list, read, merge, dismiss; and merges, which can be undone (SYNC-07). */
export function duplicateRoutes(app: App, deps: EditDeps): void {
  readingRoutes(app, deps);
  mergeRoutes(app, deps);
  manyRoutes(app, deps);

  app.post(
    '/v1/duplicates/:duplicateId/merge',
    {
      config: WRITE,
      schema: {
        summary: 'Merge the two',
        description:
          'The one known longer survives unless said otherwise. It keeps its WFO id and history, and gets the ids ' +
          'of the other, which is inactive from now on. POST /v1/merges/{mergeId}/undo takes it back.',
        tags: ['duplicates'],
        params: DuplicateParams,
        body: MergeDuplicate,
        response: { 200: MergeView, ...errors },
      },
    },
    async (request) =>
      mergeView(
        await mergeDuplicate(deps, {
          tenantId: requireTenant(request),
          subject: request.caller.subject,
          duplicateId: request.params.duplicateId,
          survivorId: request.body.survivorId?.toLowerCase(),
        }),
      ),
  );

  app.post(
    '/v1/duplicates/:duplicateId/dismiss',
    {
      config: WRITE,
      schema: {
        summary: 'Say that the two are not the same',
        description: 'Runs do not report them again.',
        tags: ['duplicates'],
        params: DuplicateParams,
        body: DismissDuplicate,
        response: { 200: DuplicateView, ...errors },
      },
    },
    async (request) => {
      const key = { tenantId: requireTenant(request), duplicateId: request.params.duplicateId };
      await dismissDuplicate(deps, {
        ...key,
        subject: request.caller.subject,
        reason: request.body.reason ?? null,
      });
      const duplicate = await readAsTenant(deps.pool, key, (sql) => findDuplicate(sql, key));
      return duplicateView(duplicate!);
    },
  );
}

function readingRoutes(app: App, deps: EditDeps): void {
  app.get(
    '/v1/duplicates',
    {
      config: READ,
      schema: {
        summary: 'List probable duplicates',
        description: 'Users and teams that came back under a new id, with the evidence; the surest first.',
        tags: ['duplicates'],
        querystring: DuplicateQuery,
        response: { 200: DuplicatePage, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { cursor, limit = 50, state = 'open', ...filter } = request.query;
      const place = decodeCursor<[number, string]>(cursor, (place) => place.length === 2 && isIntegerAndId(place));
      const after = place && { score: place[0], duplicateId: place[1] };
      const found = await readAsTenant(deps.pool, { tenantId }, (sql) =>
        listDuplicates(sql, tenantId, { filter: { ...filter, state }, after, limit: limit + 1 }),
      );
      const page = pageOf(found, limit, ({ score, duplicateId }) => [score, duplicateId]);
      return { items: page.items.map(duplicateView), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/duplicates/:duplicateId',
    {
      config: READ,
      schema: {
        summary: 'Read a probable duplicate',
        description: 'With its evidence, and both as they are now.',
        tags: ['duplicates'],
        params: DuplicateParams,
        response: { 200: DuplicateView, ...errors },
      },
    },
    async (request) => {
      const key = { tenantId: requireTenant(request), duplicateId: request.params.duplicateId };
      const duplicate = await readAsTenant(deps.pool, key, (sql) => findDuplicate(sql, key));
      if (!duplicate) throw notFound('duplicate', key.duplicateId, 'GET /v1/duplicates');
      return duplicateView(duplicate);
    },
  );
}
