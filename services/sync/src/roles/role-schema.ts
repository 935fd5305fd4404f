import { type Static, Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import { PERMISSION_NAMES, type Permission } from './permissions.ts';
import type { Role } from './role-repository.ts';

const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: PLAIN_TEXT,
  description: 'Unique among the tenant’s roles, whatever its case.',
});
const Permissions = Type.Array(
  Type.Unsafe<Permission>({ type: 'string', enum: PERMISSION_NAMES, description: 'One of GET /v1/permissions.' }),
  { uniqueItems: true, maxItems: PERMISSION_NAMES.length, description: 'What the role permits.' },
);

const roleFields = {
  roleId: Type.String({ description: 'The role.' }),
  name: Type.String({ description: 'Its name.' }),
  permissions: Type.Array(Type.String(), { description: 'What it permits.' }),
  isAgentRole: Type.Boolean({
    description: 'Whether it is the default agent role, which contact-center enabled users get (SYNC-02).',
  }),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  createdAt: Type.String({ format: 'date-time', description: 'When it was made.' }),
  changedAt: Type.String({ format: 'date-time', description: 'When it was last changed.' }),
};
const example = {
  roleId: 'e6a7d7a4-3d6e-5c7e-8f0b-1a2b3c4d5e6f',
  name: 'Agent',
  permissions: ['capture-contacts', 'record-screen', 'view-own-contacts'],
  isAgentRole: true,
  revision: 1,
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-15T09:00:00.000Z',
};

export const RoleView = Type.Object(roleFields, { description: 'One role.', examples: [example] });
export const RolePage = Type.Object(
  { items: Type.Array(Type.Object(roleFields), { description: 'The roles.' }), nextCursor: NextCursor },
  { description: 'A page in order of the names.', examples: [{ items: [example], nextCursor: null }] },
);
export const RoleParams = Type.Object({ roleId: Type.String({ format: 'uuid', description: 'The role.' }) });
export const RoleQuery = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Beginning of the name.' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
);
export const CreateRole = Type.Object(
  { name: Name, permissions: Permissions },
  {
    additionalProperties: false,
    examples: [{ name: 'Team lead', permissions: ['view-team-contacts', 'view-statistics'] }],
  },
);
export const EditRole = Type.Object(
  { name: Type.Optional(Name), permissions: Type.Optional(Permissions) },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays.',
    examples: [{ permissions: ['capture-contacts', 'view-own-contacts'] }],
  },
);
export const PermissionList = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        name: Type.String({ description: 'How a role names it.' }),
        description: Type.String({ description: 'What it permits.' }),
      }),
      { description: 'The permissions.' },
    ),
  },
  {
    description: 'All permissions.',
    examples: [{ items: [{ name: 'view-statistics', description: 'Sees interval statistics and agents’ states.' }] }],
  },
);

export function roleView(role: Role): Static<typeof RoleView> {
  return {
    roleId: role.roleId,
    name: role.name,
    permissions: role.permissions,
    isAgentRole: role.isAgentRole,
    revision: role.revision,
    createdAt: new Date(role.createdAtMs).toISOString(),
    changedAt: new Date(role.changedAtMs).toISOString(),
  };
}
