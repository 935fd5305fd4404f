import { randomUUID } from 'node:crypto';
import { inTransaction, requireIfMatch, type SqlClient, sqlState } from '@wxcc-wfo/service-kit';
import { type AuditChange, appendAudit } from '../audit/audit-repository.ts';
import { conflict, notFound, refused } from '../listing/refusals.ts';
import { publishTeams } from '../publish/directory-events.ts';
import type { EditDeps } from '../users/edit-user.ts';
import {
  countUsers,
  findTeam,
  hasAcd,
  insertLocalTeam,
  standsForOthers,
  type Team,
  updateLocalTeam,
} from './team-repository.ts';

const UNIQUE_VIOLATION = '23505';

interface Caller {
  tenantId: string;
  subject: string;
}
interface KnownTeamRequest extends Caller {
  teamId: string;
  ifMatch: string | undefined;
}

/** Makes a team in WFO; it is never sent to the ACD (SYNC-05). */
export async function createTeam(
  { pool, clock }: EditDeps,
  caller: Caller,
  draft: { acdId: string; name: string },
): Promise<Team> {
  const name = draft.name.trim();
  const team = { teamId: randomUUID(), tenantId: caller.tenantId, acdId: draft.acdId.toLowerCase(), name };
  return await refusingUsedName(name, () =>
    inTransaction(pool, async (tx) => {
      if (!(await hasAcd(tx, team))) {
        const reason = 'The tenant has no such ACD, or this service does not know it yet.';
        throw refused('The team', [
          { field: 'acdId', reason, remedy: 'Take an id from GET /v1/acds of the oauth service.' },
        ]);
      }
      const nowMs = clock.nowMs();
      await insertLocalTeam(tx, team, nowMs);
      await audit(tx, caller, {
        team,
        action: 'team-created',
        changes: [{ field: 'name', before: null, after: name }],
        nowMs,
      });
      await publishTeams(tx, [team.teamId]);
      return (await findTeam(tx, team))!;
    }),
  );
}

/** Renames a team that was made here; a team of the ACD has the name that it has there. */
export async function renameTeam({ pool, clock }: EditDeps, request: KnownTeamRequest, sent: string): Promise<Team> {
  const name = sent.trim();
  return await refusingUsedName(name, () =>
    inTransaction(pool, async (tx) => {
      const team = await lockTeam(tx, request);
      if (team.source === 'acd') {
        throw refused('The team', [
          {
            field: 'name',
            reason: 'It is read-only: a team of the ACD has the name that it has there (SYNC-05).',
            remedy: 'Rename it in Webex Contact Center; the next run brings the name here.',
          },
        ]);
      }
      if (team.name === name) return team;
      const nowMs = clock.nowMs();
      await updateLocalTeam(tx, team.teamId, { name, deleted: false, nowMs });
      await audit(tx, request, {
        team,
        action: 'team-renamed',
        changes: [{ field: 'name', before: team.name, after: name }],
        nowMs,
      });
      await publishTeams(tx, [team.teamId]);
      return (await findTeam(tx, team))!;
    }),
  );
}

/** Deletes a team that was made here, that nobody is in and that no new user joins. */
export async function deleteTeam({ pool, clock }: EditDeps, request: KnownTeamRequest): Promise<void> {
  await inTransaction(pool, async (tx) => {
    // Under the team's lock nobody can join: who moves a user holds the team's row, too.
    const team = await lockTeam(tx, request);
    const title = 'The team cannot be deleted';
    if (team.source === 'acd') {
      throw conflict({
        title,
        detail: `“${team.name}” is a team of the ACD; it is kept for its history (SYNC-05).`,
        remedy: 'Delete it in Webex Contact Center, and move its users here if you want them elsewhere.',
      });
    }
    if (team.isDefault) {
      throw conflict({
        title,
        detail: `“${team.name}” is the default team, which new users join (SYNC-02).`,
        remedy: `Name another default team first: PATCH /v1/acds/${team.acdId}/sync-settings.`,
      });
    }
    if (await standsForOthers(tx, team.teamId)) {
      throw conflict({
        title,
        detail: `“${team.name}” stands for teams that were merged into it.`,
        remedy: `Undo those merges first: GET /v1/merges?itemId=${team.teamId}&state=merged.`,
      });
    }
    const users = await countUsers(tx, team.teamId);
    if (users > 0) {
      throw conflict({
        title,
        detail: `${users} user(s) are in the team “${team.name}”.`,
        remedy: `Move them first: GET /v1/users?teamId=${team.teamId}.`,
      });
    }
    const nowMs = clock.nowMs();
    await updateLocalTeam(tx, team.teamId, { name: team.name, deleted: true, nowMs });
    const changes = [{ field: 'deleted', before: false, after: true }];
    await audit(tx, request, { team, action: 'team-deleted', changes, nowMs });
    await publishTeams(tx, [team.teamId]);
  });
}

async function lockTeam(tx: SqlClient, request: KnownTeamRequest): Promise<Team> {
  const team = await findTeam(tx, request, true);
  if (!team || team.deleted) throw notFound('team', request.teamId, 'GET /v1/teams');
  const readBy = `GET /v1/teams/${team.teamId}`;
  requireIfMatch(request.ifMatch, { revision: team.revision, what: `The team “${team.name}”`, readBy });
  if (team.mergedIntoTeamId === null) return team;
  throw conflict({
    title: 'The team was merged',
    detail: `The team was merged into ${team.mergedIntoTeamId}, which stands for it.`,
    remedy: `Edit ${team.mergedIntoTeamId}, or undo the merge (GET /v1/merges?itemId=${team.mergedIntoTeamId}).`,
  });
}

async function audit(
  tx: SqlClient,
  { tenantId, subject }: Caller,
  o: { team: Pick<Team, 'teamId' | 'acdId'>; action: string; changes: AuditChange[]; nowMs: number },
): Promise<void> {
  const target = { kind: 'team', id: o.team.teamId } as const;
  const { action, changes, nowMs: occurredAtMs } = o;
  await appendAudit(tx, { tenantId, acdId: o.team.acdId, subject, action, target, changes, occurredAtMs });
}

async function refusingUsedName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw conflict({
      title: 'Such a team exists already',
      detail: `The ACD has a team named ${name} that was made here.`,
      field: 'name',
      remedy: 'Choose another name.',
    });
  }
}
