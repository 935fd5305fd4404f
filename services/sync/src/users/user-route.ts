import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { decodeCursor, isTextAndId, pageOf } from '../listing/cursor.ts';
import { IfMatch } from '../listing/if-match.ts';
import { conflict, notFound } from '../listing/refusals.ts';
import { type EditDeps, saveUserEdit } from './edit-user.ts';
import type { UserEdit } from './edit-user-policy.ts';
import { findUser, findUsersByAcdId, listUsers } from './user-repository.ts';
import {
  AcdUserParams,
  AcdUserQuery,
  EditedUser,
  EditUser,
  UserPage,
  UserParams,
  UserQuery,
  UserView,
  userView,
} from './user-schema.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'users:read' };

/** Search, read and edit WFO users (SYNC-02, SYNC-08). */
export function userRoutes(app: App, deps: EditDeps): void {
  app.get(
    '/v1/users',
    {
      config: READ,
      schema: {
        summary: 'Search the tenant’s users',
        description: 'In order of last and first name. An id of the ACD finds its user before and after a merge.',
        tags: ['users'],
        querystring: UserQuery,
        response: { 200: UserPage, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      const { cursor, limit = 50, ...filter } = request.query;
      const place = decodeCursor<[string, string]>(cursor, isTextAndId);
      const after = place && { sortKey: place[0], userId: place[1] };
      const found = await readAsTenant(deps.pool, { tenantId }, (sql) =>
        listUsers(sql, tenantId, { filter, after, limit: limit + 1 }),
      );
      const page = pageOf(found, limit, (user) => [user.sortKey, user.userId]);
      return { items: page.items.map(userView), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/users/by-acd-id/:id',
    {
      config: READ,
      schema: {
        summary: 'Read the user that an id of the ACD means',
        description: 'The id of Webex Contact Center, the TID or the Common Identity id; also of a merged user.',
        tags: ['users'],
        params: AcdUserParams,
        querystring: AcdUserQuery,
        response: { 200: UserView, ...errors },
      },
    },
    async (request, reply) => {
      const tenantId = requireTenant(request);
      const { id } = request.params;
      const [user, other] = await readAsTenant(deps.pool, { tenantId }, (sql) =>
        findUsersByAcdId(sql, { tenantId, acdId: request.query.acdId, id }),
      );
      if (!user) throw notFound('user with the ACD’s id', id, 'GET /v1/users');
      if (other) {
        throw conflict({
          title: 'Several ACDs know this id',
          detail: `The users ${user.userId} and ${other.userId} of two ACDs have this id.`,
          field: 'query/acdId',
          remedy: `Name the ACD: acdId=${user.acdId} or acdId=${other.acdId}.`,
        });
      }
      reply.header('etag', entityTag(user.revision));
      return userView(user);
    },
  );

  app.get(
    '/v1/users/:userId',
    {
      config: READ,
      schema: {
        summary: 'Read a user',
        description: 'Its ETag goes into If-Match of a change.',
        tags: ['users'],
        params: UserParams,
        response: { 200: UserView, ...errors },
      },
    },
    async (request, reply) => {
      const key = { tenantId: requireTenant(request), userId: request.params.userId };
      const user = await readAsTenant(deps.pool, key, (sql) => findUser(sql, key));
      if (!user) throw notFound('user', key.userId, 'GET /v1/users');
      reply.header('etag', entityTag(user.revision));
      return userView(user);
    },
  );

  app.patch(
    '/v1/users/:userId',
    {
      config: { scope: 'users:write' },
      schema: {
        summary: 'Edit what WFO decides of a user',
        description:
          'Windows login, activation, team and roles; runs keep them. Send the ETag of the user as If-Match. ' +
          'Names and ids are the ACD’s and refused.',
        tags: ['users'],
        params: UserParams,
        headers: IfMatch,
        body: EditUser,
        response: { 200: EditedUser, ...errors },
      },
    },
    async (request, reply) => {
      const { user, warnings } = await saveUserEdit(deps, {
        tenantId: requireTenant(request),
        userId: request.params.userId,
        subject: request.caller.subject,
        ifMatch: request.headers['if-match'],
        sent: lowerIds(request.body as UserEdit),
      });
      reply.header('etag', entityTag(user.revision));
      return { ...userView(user), warnings };
    },
  );
}

/** Ids are compared as they are stored. */
function lowerIds(edit: UserEdit): UserEdit & Readonly<Record<string, unknown>> {
  return {
    ...edit,
    ...(edit.teamId === undefined ? {} : { teamId: edit.teamId.toLowerCase() }),
    ...(edit.roleIds === undefined ? {} : { roleIds: edit.roleIds.map((id) => id.toLowerCase()) }),
  };
}
