import { Problem } from '@wxcc-wfo/contracts';
import { type App, requireTenant } from '@wxcc-wfo/service-kit';
import type { EditDeps } from '../users/edit-user.ts';
import { dismissMany, mergeMany } from './decide-many.ts';
import { DecidedMany, DismissMany, decidedView, MergeMany } from './many-schema.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const WRITE = { scope: 'duplicates:write' };
const lower = (ids: readonly string[]) => [...new Set(ids.map((id) => id.toLowerCase()))];

/** Decides about many candidates at once: a directory that was made anew has one per user (SYNC-07). */
export function manyRoutes(app: App, deps: EditDeps): void {
  app.post(
    '/v1/duplicates/merge',
    {
      config: WRITE,
      schema: {
        summary: 'Merge the two of each of many candidates',
        description:
          'The one known longer survives. Each is merged by itself; one that is refused holds nothing up. ' +
          'The request can be sent again: what was merged stays merged.',
        tags: ['duplicates'],
        body: MergeMany,
        response: { 200: DecidedMany, ...errors },
      },
    },
    async (request) => {
      const caller = { tenantId: requireTenant(request), subject: request.caller.subject };
      return decidedView(await mergeMany(deps, caller, lower(request.body.duplicateIds)));
    },
  );

  app.post(
    '/v1/duplicates/dismiss',
    {
      config: WRITE,
      schema: {
        summary: 'Say of many candidates that the two are not the same',
        description: 'Each by itself, and the request can be sent again. Runs do not report them again.',
        tags: ['duplicates'],
        body: DismissMany,
        response: { 200: DecidedMany, ...errors },
      },
    },
    async (request) => {
      const { duplicateIds, reason = null } = request.body;
      const caller = { tenantId: requireTenant(request), subject: request.caller.subject, reason };
      return decidedView(await dismissMany(deps, caller, lower(duplicateIds)));
    },
  );
}
