import { findAcd } from '@wxcc-wfo/acd';
import { Nullable, Problem } from '@wxcc-wfo/contracts';
import {
  type App,
  type Clock,
  entityTag,
  inTransaction,
  type ProblemField,
  readAsTenant,
  requireIfMatch,
  requireTenant,
  type SqlClient,
} from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { type Static, Type } from 'typebox';
import { appendAudit } from '../audit/audit-repository.ts';
import { IfMatch } from '../listing/if-match.ts';
import { notFound, refused } from '../listing/refusals.ts';
import { publishTeams } from '../publish/directory-events.ts';
import { moveDefaultTeam, readSettings, type SyncSettings, writeSettings } from './settings-repository.ts';

const fields = {
  brakeShare: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'A run that would deactivate more than this share of the active users waits for approval (SYNC-06).',
  }),
  activateNewUsers: Type.Boolean({ description: 'Whether new users are active in WFO at once (SYNC-02).' }),
  defaultTeamId: Nullable(
    Type.String({ format: 'uuid' }),
    'The team that new users join; null until the first run made it.',
  ),
  defaultRoleId: Nullable(
    Type.String({ format: 'uuid' }),
    'What contact-center enabled users get and get back (SYNC-03); null: the tenant’s role “Agent”.',
  ),
};
const example = {
  brakeShare: 0.2,
  activateNewUsers: true,
  defaultTeamId: 'd1f1a3c0-0a4e-5a39-8a51-4b1d2b0c7e33',
  defaultRoleId: null,
};
const SettingsView = Type.Object(
  { ...fields, revision: Type.Integer({ description: 'Grows with every change; the ETag.' }) },
  { description: 'How an ACD is synced.', examples: [{ ...example, revision: 1 }] },
);
const EditSettings = Type.Object(
  {
    brakeShare: Type.Optional(fields.brakeShare),
    activateNewUsers: Type.Optional(fields.activateNewUsers),
    defaultTeamId: Type.Optional(Type.String({ format: 'uuid', description: 'A team of this ACD.' })),
    defaultRoleId: Type.Optional(fields.defaultRoleId),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays.',
    examples: [{ brakeShare: 0.1 }],
  },
);
const AcdParams = Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The ACD connection.' }) });
const errors = { '4xx': Problem, '5xx': Problem };

/** GET and PATCH /v1/acds/{acdId}/sync-settings. */
export function settingsRoutes(app: App, deps: { pool: Pool; clock: Clock }): void {
  const path = '/v1/acds/:acdId/sync-settings';
  app.get(
    path,
    {
      config: { scope: 'sync:read' },
      schema: {
        summary: 'Read how an ACD is synced',
        description: 'Its ETag goes into If-Match of a change. The interval is set with the ACD, in oauth.',
        tags: ['settings'],
        params: AcdParams,
        response: { 200: SettingsView, ...errors },
      },
    },
    async (request, reply) => {
      const acdId = request.params.acdId.toLowerCase();
      const settings = await readAsTenant(deps.pool, { tenantId: requireTenant(request) }, async (sql) => {
        const acd = await findAcd(sql, acdId);
        if (!acd || acd.deleted) throw notFound('ACD', acdId, 'GET /v1/acds of oauth');
        return await readSettings(sql, acdId);
      });
      reply.header('etag', entityTag(settings.revision));
      return settings;
    },
  );

  app.patch(
    path,
    {
      config: { scope: 'sync:write' },
      schema: {
        summary: 'Change how an ACD is synced',
        description: 'Send the ETag of the settings as If-Match. It holds from the next run on.',
        tags: ['settings'],
        params: AcdParams,
        headers: IfMatch,
        body: EditSettings,
        response: { 200: SettingsView, ...errors },
      },
    },
    async (request, reply) => {
      const settings = await saveSettings(deps, {
        tenantId: requireTenant(request),
        acdId: request.params.acdId.toLowerCase(),
        edit: request.body,
        ifMatch: request.headers['if-match'],
        subject: request.caller.subject,
      });
      reply.header('etag', entityTag(settings.revision));
      return settings;
    },
  );
}

interface Save {
  tenantId: string;
  acdId: string;
  edit: Static<typeof EditSettings>;
  ifMatch: string | undefined;
  subject: string;
}

async function saveSettings(deps: { pool: Pool; clock: Clock }, o: Save): Promise<SyncSettings> {
  return await inTransaction(deps.pool, async (tx) => {
    // The lease's row is the lock: there is one per ACD, also before anybody changed a setting.
    const { rows } = await tx.query(
      `SELECT FROM sync_lease l JOIN acd USING (acd_id) WHERE l.acd_id = $1 AND l.tenant_id = $2 AND NOT acd.deleted
       FOR UPDATE OF l`,
      [o.acdId, o.tenantId],
    );
    if (rows.length === 0) throw notFound('ACD', o.acdId, 'GET /v1/acds of oauth');
    const before = await readSettings(tx, o.acdId);
    requireIfMatch(o.ifMatch, {
      revision: before.revision,
      what: `The settings of ACD ${o.acdId}`,
      readBy: `GET /v1/acds/${o.acdId}/sync-settings`,
    });
    const wanted = lowerIds({ ...before, ...o.edit });
    const problems = await refusalsOf(tx, { ...o, wanted });
    if (problems.length > 0) throw refused('The settings', problems);
    const names = (Object.keys(o.edit) as (keyof typeof o.edit)[]).filter((name) => wanted[name] !== before[name]);
    if (names.length === 0) return before;
    const nowMs = deps.clock.nowMs();
    const settings = { ...wanted, revision: before.revision + 1 };
    await writeSettings(tx, o, { settings, nowMs, changedBy: o.subject });
    if (settings.defaultTeamId !== null && settings.defaultTeamId !== before.defaultTeamId) {
      await publishTeams(tx, await moveDefaultTeam(tx, { acdId: o.acdId, teamId: settings.defaultTeamId, nowMs }));
    }
    await appendAudit(tx, {
      tenantId: o.tenantId,
      acdId: o.acdId,
      subject: o.subject,
      action: 'settings-changed',
      target: { kind: 'settings', id: o.acdId },
      changes: names.map((field) => ({ field, before: before[field], after: wanted[field] })),
      occurredAtMs: nowMs,
    });
    return settings;
  });
}

const lowerIds = (settings: SyncSettings): SyncSettings => ({
  ...settings,
  defaultTeamId: settings.defaultTeamId?.toLowerCase() ?? null,
  defaultRoleId: settings.defaultRoleId?.toLowerCase() ?? null,
});

async function refusalsOf(tx: SqlClient, o: Save & { wanted: SyncSettings }): Promise<ProblemField[]> {
  const problems: ProblemField[] = [];
  if (o.edit.defaultTeamId !== undefined) {
    const { rowCount } = await tx.query(
      `SELECT FROM directory_team WHERE team_id = $1 AND acd_id = $2 AND NOT deleted AND merged_into_team_id IS NULL`,
      [o.wanted.defaultTeamId, o.acdId],
    );
    if (rowCount === 0) {
      const reason = `ACD ${o.acdId} has no such team in use.`;
      problems.push({ field: 'defaultTeamId', reason, remedy: 'Take an id from GET /v1/teams of this ACD.' });
    }
  }
  if (o.wanted.defaultRoleId !== null && o.edit.defaultRoleId !== undefined) {
    const { rowCount } = await tx.query('SELECT FROM role WHERE role_id = $1 AND tenant_id = $2', [
      o.wanted.defaultRoleId,
      o.tenantId,
    ]);
    if (rowCount === 0) {
      problems.push({
        field: 'defaultRoleId',
        reason: 'The tenant has no such role.',
        remedy: 'Take an id from GET /v1/roles, or null for the role “Agent”.',
      });
    }
  }
  return problems;
}
