import { randomUUID } from 'node:crypto';
import { DATA_SERVER_ROLES, DEFAULT_DATA_SERVER } from '@wxcc-wfo/contracts';
import { inTransaction, type ProblemError, problem, requireIfMatch, type SqlClient } from '@wxcc-wfo/service-kit';
import { appendAudit, changesBetween } from '../audit/audit-repository.ts';
import { notFound } from '../authorization/authorize.ts';
import type { Wiring } from '../wiring.ts';
import { byRole, type DataServer, isDefault, isSameName, versionOfChoice } from './data-server-policy.ts';
import {
  assign,
  deleteDataServer,
  listDataServers,
  listServedAcds,
  lockDataServers,
  type ServedAcd,
  storeDataServer,
} from './data-server-repository.ts';
import type { ChangeDataServer, ChooseDataServers, CreateDataServer } from './data-server-schema.ts';
import { serveAcds } from './serve-acds.ts';

/** Who asks for a change. */
export interface Caller {
  tenantId: string;
  subject: string;
}

interface Change extends Caller {
  tx: SqlClient;
  nowMs: number;
  servers: DataServer[];
}

/**
 * A change of a tenant's data servers with its audit entry and the new revisions and events of all ACDs that it touches:
 * all or nothing, one at a time per tenant.
 */
async function change<T>(wiring: Wiring, caller: Caller, make: (o: Change) => Promise<T>): Promise<T> {
  await wiring.clock.synchronize();
  return await inTransaction(wiring.pool, async (tx) => {
    await lockDataServers(tx, caller.tenantId, 'exclusive');
    const nowMs = wiring.clock.nowMs();
    const servers = await listDataServers(tx, caller.tenantId);
    const made = await make({ ...caller, tx, nowMs, servers });
    await serveAcds(tx, { ...caller, nowMs });
    return made;
  });
}

const auditable = ({ name, description, enabled }: DataServer) => ({ name, description, enabled });

async function audit(o: Change, action: string, before: DataServer | null, after: DataServer | null): Promise<void> {
  const changes = changesBetween(before ? auditable(before) : {}, after ? auditable(after) : {});
  const { tenantId, subject } = o;
  // Which one it is: a change of a switch does not say so by itself.
  const field = `dataServer ${(before ?? after)!.name}`;
  await appendAudit(o.tx, {
    tenantId,
    acdId: null,
    subject,
    action,
    changes: changes.map((one) => ({ ...one, field: `${field}: ${one.field}` })),
    occurredAtMs: o.nowMs,
  });
}

export function createDataServer(wiring: Wiring, caller: Caller, body: CreateDataServer): Promise<DataServer> {
  return change(wiring, caller, async (o) => {
    refuseName(body.name, o.servers);
    const server: DataServer = {
      dataServerId: randomUUID(),
      name: body.name,
      description: body.description ?? '',
      enabled: byRole((role) => body.roles?.[role]?.enabled ?? true),
      revision: 1,
      createdAtMs: o.nowMs,
      changedAtMs: o.nowMs,
    };
    await storeDataServer(o.tx, o.tenantId, server);
    await audit(o, 'data-server-created', null, server);
    return server;
  });
}

/** What changes nothing is no change. @throws ProblemError 404, 412, 428, 422, 409 */
export function changeDataServer(
  wiring: Wiring,
  caller: Caller,
  o: { dataServerId: string; ifMatch: string | undefined; body: ChangeDataServer },
): Promise<DataServer> {
  const { body } = o;
  return change(wiring, caller, async (made) => {
    const before = meant(made.servers, o);
    const name = body.name ?? before.name;
    if (name !== before.name) {
      if (isDefault(before)) throw refused('name', 'The default data server keeps its name.', 'Leave the name out.');
      refuseName(
        name,
        made.servers.filter((one) => one !== before),
      );
    }
    const after: DataServer = {
      ...before,
      name,
      description: body.description ?? before.description,
      enabled: byRole((role) => body.roles?.[role]?.enabled ?? before.enabled[role]),
    };
    if (changesBetween(auditable(before), auditable(after)).length === 0) return before;
    const stored: DataServer = {
      ...after,
      revision: before.revision + 1,
      createdAtMs: before.createdAtMs ?? made.nowMs,
      changedAtMs: made.nowMs,
    };
    await storeDataServer(made.tx, made.tenantId, stored);
    await audit(made, 'data-server-changed', before, stored);
    return stored;
  });
}

/** @throws ProblemError 404, 412, 428; 409 for the default one and one that ACDs are assigned to, naming them */
export function removeDataServer(
  wiring: Wiring,
  caller: Caller,
  o: { dataServerId: string; ifMatch: string | undefined },
): Promise<void> {
  return change(wiring, caller, async (made) => {
    const server = meant(made.servers, o);
    if (isDefault(server)) throw keptAsDefault();
    const acds = await listServedAcds(made.tx, made.tenantId);
    refuseWhileAssigned(server, acds);
    await deleteDataServer(made.tx, server.dataServerId);
    await audit(made, 'data-server-deleted', server, null);
  });
}

/** The whole choice of an ACD. @throws ProblemError 404, 412, 428, 422 */
export function chooseDataServers(
  wiring: Wiring,
  caller: Caller,
  o: { acdId: string; ifMatch: string | undefined; body: ChooseDataServers },
): Promise<void> {
  return change(wiring, caller, async (made) => {
    const [acd] = await listServedAcds(made.tx, made.tenantId, o.acdId);
    if (!acd) throw notFound(o.acdId);
    const what = `The choice of data servers of the ACD ${acd.name}`;
    const readBy = `GET /v1/acds/${acd.acdId}/data-servers`;
    requireIfMatch(o.ifMatch, { revision: versionOfChoice(acd.assigned), what, readBy });
    const chosen = byRole((role) => chosenServer(made.servers, role, o.body[role]));
    const nameOf = (id: string | undefined) => made.servers.find((one) => one.dataServerId === id)?.name ?? null;
    const changes = changesBetween(
      byRole((role) => nameOf(acd.assigned[role])),
      byRole((role) => chosen[role]?.name ?? null),
    );
    if (changes.length === 0) return;
    for (const role of DATA_SERVER_ROLES) {
      await assign(made.tx, { ...made, acdId: acd.acdId }, { role, dataServerId: chosen[role]?.dataServerId ?? null });
    }
    await appendAudit(made.tx, {
      tenantId: made.tenantId,
      acdId: acd.acdId,
      subject: made.subject,
      action: 'data-servers-assigned',
      changes: changes.map((one) => ({ ...one, field: `assigned.${one.field}` })),
      occurredAtMs: made.nowMs,
    });
  });
}

/** The data server of a name; null, and the default one's name, stand for not being assigned. */
function chosenServer(servers: DataServer[], role: string, name: string | null): DataServer | null {
  if (name === null || name === DEFAULT_DATA_SERVER) return null;
  const server = servers.find((one) => one.name === name);
  if (server) return server;
  const names = servers.map((one) => one.name).join(', ');
  throw refused(
    role,
    `This tenant has no data server ${name}.`,
    `Choose one of: ${names}; or null for the default one.`,
  );
}

function meant(servers: DataServer[], o: { dataServerId: string; ifMatch: string | undefined }): DataServer {
  const server = servers.find((one) => one.dataServerId === o.dataServerId);
  if (!server) throw noDataServer(o.dataServerId);
  const { revision, name } = server;
  const readBy = `GET /v1/data-servers/${o.dataServerId}`;
  requireIfMatch(o.ifMatch, { revision, what: `The data server ${name}`, readBy });
  return server;
}

function refuseName(name: string, others: readonly DataServer[]): void {
  if (name.trim() !== name) throw refused('name', 'It begins or ends with white space.', 'Send the name without it.');
  const twin = others.find((one) => isSameName(one.name, name));
  if (!twin) return;
  throw problem({
    status: 409,
    code: 'conflict',
    title: 'Such a data server exists already',
    detail: `The tenant has the data server ${twin.name}; names differ in more than their case.`,
    field: 'name',
    remedy: 'Choose another name.',
  });
}

function refuseWhileAssigned(server: DataServer, acds: readonly ServedAcd[]): void {
  const errors = acds.flatMap(({ acdId, name, assigned }) => {
    const roles = DATA_SERVER_ROLES.filter((role) => assigned[role] === server.dataServerId);
    if (roles.length === 0) return [];
    const remedy = `Assign it elsewhere with PUT /v1/acds/${acdId}/data-servers.`;
    return [{ field: 'dataServerId', reason: `The ACD ${name} is assigned to it: ${roles.join(', ')}.`, remedy }];
  });
  if (errors.length === 0) return;
  throw problem({
    status: 409,
    code: 'conflict',
    title: 'ACDs are assigned to this data server',
    detail: `${server.name} is not deleted. ${errors.map(({ reason }) => reason).join(' ')}`,
    remedy: 'Assign them to other data servers, or to the default one, and delete it then.',
    errors,
  });
}

const refused = (field: string, reason: string, remedy: string): ProblemError =>
  problem({
    status: 422,
    code: 'invalid-request',
    title: 'The data servers cannot be saved like this',
    detail: `${field}: ${reason}`,
    field,
    remedy,
    errors: [{ field, reason, remedy }],
  });

const keptAsDefault = (): ProblemError =>
  problem({
    status: 409,
    code: 'conflict',
    title: 'The default data server stays',
    detail: `${DEFAULT_DATA_SERVER} serves what nobody assigned, so it is not deleted.`,
    remedy: 'Switch its roles off with PATCH /v1/data-servers/{id}, if it is to do no work.',
  });

export const noDataServer = (dataServerId: string): ProblemError =>
  problem({
    status: 404,
    code: 'not-found',
    title: 'There is no such data server',
    detail: `No data server ${dataServerId} exists for this tenant.`,
    remedy: 'List the data servers with GET /v1/data-servers.',
  });
