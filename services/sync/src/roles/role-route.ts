import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { IfMatch } from '../listing/if-match.ts';
import { pageByName } from '../listing/list-by-name.ts';
import { notFound } from '../listing/refusals.ts';
import { ensureAgentRole } from '../settings/settings-repository.ts';
import type { DirectoryWorkDeps } from './directory-work-job.ts';
import { createRole, deleteRole, editRole } from './edit-role.ts';
import { PERMISSIONS } from './permissions.ts';
import { findRole, toRole } from './role-repository.ts';
import {
  CreateRole,
  EditRole,
  PermissionList,
  RolePage,
  RoleParams,
  RoleQuery,
  RoleView,
  roleView,
} from './role-schema.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'roles:read' };
const WRITE = { scope: 'roles:write' };
const Deleted = Type.Null({ description: 'It is deleted.' });

/** Roles with named permissions (SYNC-08). */
export function roleRoutes(app: App, deps: DirectoryWorkDeps): void {
  const { pool, clock } = deps;

  app.get(
    '/v1/permissions',
    {
      config: READ,
      schema: {
        summary: 'What roles can permit',
        description: 'The list is fixed; Capture Contacts and Record Screen are what screen recording asks for.',
        tags: ['roles'],
        response: { 200: PermissionList, ...errors },
      },
    },
    async () => ({ items: Object.entries(PERMISSIONS).map(([name, description]) => ({ name, description })) }),
  );

  app.get(
    '/v1/roles',
    {
      config: READ,
      schema: {
        summary: 'List the tenant’s roles',
        description: 'In order of their names. The default agent role is always among them.',
        tags: ['roles'],
        querystring: RoleQuery,
        response: { 200: RolePage, ...errors },
      },
    },
    async (request) => {
      const tenantId = requireTenant(request);
      await ensureAgentRole(pool, tenantId, clock.nowMs());
      return await pageByName(
        pool,
        { ...request.query, tenantId },
        {
          select: 'SELECT x.* FROM role x',
          idColumn: 'role_id',
          conditions: [],
          view: (row) => roleView(toRole(row)),
        },
      );
    },
  );

  app.get(
    '/v1/roles/:roleId',
    {
      config: READ,
      schema: {
        summary: 'Read a role',
        description: 'Its ETag goes into If-Match of a change.',
        tags: ['roles'],
        params: RoleParams,
        response: { 200: RoleView, ...errors },
      },
    },
    async (request, reply) => {
      const key = { tenantId: requireTenant(request), roleId: request.params.roleId };
      const role = await readAsTenant(pool, key, (sql) => findRole(sql, key));
      if (!role) throw notFound('role', key.roleId, 'GET /v1/roles');
      reply.header('etag', entityTag(role.revision));
      return roleView(role);
    },
  );

  app.post(
    '/v1/roles',
    {
      config: WRITE,
      schema: {
        summary: 'Create a role',
        description: 'Give it to users with PATCH /v1/users/{userId}.',
        tags: ['roles'],
        body: CreateRole,
        response: { 201: RoleView, ...errors },
      },
    },
    async (request, reply) => {
      const role = await createRole(deps, callerOf(request), request.body);
      reply.code(201).header('location', `/v1/roles/${role.roleId}`).header('etag', entityTag(role.revision));
      return roleView(role);
    },
  );

  app.patch(
    '/v1/roles/:roleId',
    {
      config: WRITE,
      schema: {
        summary: 'Change a role',
        description: 'Send its ETag as If-Match. The users who have it are published anew soon after.',
        tags: ['roles'],
        params: RoleParams,
        headers: IfMatch,
        body: EditRole,
        response: { 200: RoleView, ...errors },
      },
    },
    async (request, reply) => {
      const role = await editRole(
        deps,
        { ...callerOf(request), ...request.params, ...ifMatchOf(request) },
        request.body,
      );
      reply.header('etag', entityTag(role.revision));
      return roleView(role);
    },
  );

  app.delete(
    '/v1/roles/:roleId',
    {
      config: WRITE,
      schema: {
        summary: 'Delete a role',
        description: 'One that no user has. The default agent role stays. Send its ETag as If-Match.',
        tags: ['roles'],
        params: RoleParams,
        headers: IfMatch,
        response: { 204: Deleted, ...errors },
      },
    },
    async (request, reply) => {
      await deleteRole(deps, { ...callerOf(request), ...request.params, ...ifMatchOf(request) });
      return reply.code(204).send(null);
    },
  );
}

type Request = Parameters<typeof requireTenant>[0];
const callerOf = (request: Request) => ({
  tenantId: requireTenant(request),
  subject: request.caller.subject,
});
const ifMatchOf = (request: Request) => ({ ifMatch: request.headers['if-match'] });
