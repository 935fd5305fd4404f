import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { IfMatch } from '../listing/if-match.ts';
import { pageByName } from '../listing/list-by-name.ts';
import { notFound } from '../listing/refusals.ts';
import type { EditDeps } from '../users/edit-user.ts';
import { createTeam, deleteTeam, renameTeam } from './edit-team.ts';
import { countUsers, findTeam, toTeam } from './team-repository.ts';
import {
  CountedTeam,
  CreateTeam,
  RenameTeam,
  TeamPage,
  TeamParams,
  TeamQuery,
  TeamView,
  teamView,
} from './team-schema.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const READ = { scope: 'teams:read' };
const WRITE = { scope: 'teams:write' };

type Request = Parameters<typeof requireTenant>[0];
const callerOf = (request: Request) => ({ tenantId: requireTenant(request), subject: request.caller.subject });
const ifMatchOf = (request: Request) => ({ ifMatch: request.headers['if-match'] });

/** Search and read teams; make, rename and delete those of WFO (SYNC-05). */
export function teamRoutes(app: App, deps: EditDeps): void {
  listTeams(app, deps);

  app.get(
    '/v1/teams/:teamId',
    {
      config: READ,
      schema: {
        summary: 'Read a team',
        description: 'Its ETag goes into If-Match of a change.',
        tags: ['teams'],
        params: TeamParams,
        response: { 200: CountedTeam, ...errors },
      },
    },
    async (request, reply) => {
      const key = { tenantId: requireTenant(request), teamId: request.params.teamId };
      const { team, users } = await readAsTenant(deps.pool, key, async (sql) => ({
        team: await findTeam(sql, key),
        users: await countUsers(sql, key.teamId),
      }));
      if (!team || team.deleted) throw notFound('team', key.teamId, 'GET /v1/teams');
      reply.header('etag', entityTag(team.revision));
      return { ...teamView(team), users };
    },
  );

  app.post(
    '/v1/teams',
    {
      config: WRITE,
      schema: {
        summary: 'Make a team in WFO',
        description: 'It stays local and is never sent to the ACD.',
        tags: ['teams'],
        body: CreateTeam,
        response: { 201: TeamView, ...errors },
      },
    },
    async (request, reply) => {
      const team = await createTeam(deps, callerOf(request), request.body);
      reply.code(201).header('location', `/v1/teams/${team.teamId}`).header('etag', entityTag(team.revision));
      return teamView(team);
    },
  );

  app.patch(
    '/v1/teams/:teamId',
    {
      config: WRITE,
      schema: {
        summary: 'Rename a team that was made in WFO',
        description: 'Send its ETag as If-Match. Names of the ACD’s teams are read-only.',
        tags: ['teams'],
        params: TeamParams,
        headers: IfMatch,
        body: RenameTeam,
        response: { 200: TeamView, ...errors },
      },
    },
    async (request, reply) => {
      const known = { ...callerOf(request), ...ifMatchOf(request), teamId: request.params.teamId };
      const team = await renameTeam(deps, known, request.body.name);
      reply.header('etag', entityTag(team.revision));
      return teamView(team);
    },
  );

  app.delete(
    '/v1/teams/:teamId',
    {
      config: WRITE,
      schema: {
        summary: 'Delete a team that was made in WFO',
        description: 'One without users that is no default team. Send its ETag as If-Match.',
        tags: ['teams'],
        params: TeamParams,
        headers: IfMatch,
        response: { 204: Type.Null({ description: 'It is deleted.' }), ...errors },
      },
    },
    async (request, reply) => {
      await deleteTeam(deps, { ...callerOf(request), ...ifMatchOf(request), teamId: request.params.teamId });
      return reply.code(204).send(null);
    },
  );
}

function listTeams(app: App, { pool }: EditDeps): void {
  app.get(
    '/v1/teams',
    {
      config: READ,
      schema: {
        summary: 'Search the tenant’s teams',
        description: 'In order of their names: the ACD’s teams, those that went away there included, and WFO’s own.',
        tags: ['teams'],
        querystring: TeamQuery,
        response: { 200: TeamPage, ...errors },
      },
    },
    async (request) => {
      const { includeMerged, ...query } = request.query;
      return await pageByName(
        pool,
        { ...query, tenantId: requireTenant(request) },
        {
          select: 'SELECT x.* FROM directory_team x',
          idColumn: 'team_id',
          conditions: [
            ['NOT x.deleted', true],
            ['x.merged_into_team_id IS NULL', includeMerged === true ? undefined : true],
            ['x.acd_id = ?::uuid', query.acdId],
            ['x.acd_team_id = ?', query.acdTeamId],
            ['x.source = ?', query.source],
            ['x.acd_state = ?', query.acdState],
          ],
          view: (row) => teamView(toTeam(row)),
        },
      );
    },
  );
}
