import { countWorkers } from '@wxcc-wfo/acd';
import { DATA_SERVER_ROLES, type DataServerRole } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Redis } from 'ioredis';
import { byRole, type DataServer, flagsOfRole, isDefault } from './data-server-policy.ts';
import { listDataServers, listServedAcds, type ServedAcd } from './data-server-repository.ts';
import type { DataServerView } from './data-server-schema.ts';

/** Living workers by data server and role; null while Redis is away. */
export type LiveWorkers = Map<string, Record<DataServerRole, number>> | null;

export async function readLiveWorkers(redis: Redis, names: readonly string[]): Promise<LiveWorkers> {
  const count = async (name: string) => {
    const counts = await Promise.all(DATA_SERVER_ROLES.map((role) => countWorkers(redis, role, name)));
    return [name, byRole((role) => counts[DATA_SERVER_ROLES.indexOf(role)]!)] as const;
  };
  return await Promise.all(names.map(count)).then(
    (entries) => new Map(entries),
    () => null,
  );
}

/** All data servers of the tenant and whom they serve; for readAsTenant. */
export async function readDataServers(
  sql: SqlClient,
  tenantId: string,
): Promise<{ servers: DataServer[]; acds: ServedAcd[] }> {
  const servers = await listDataServers(sql, tenantId);
  return { servers, acds: await listServedAcds(sql, tenantId) };
}

export function viewOf(server: DataServer, acds: readonly ServedAcd[], workers: LiveWorkers): DataServerView {
  const { dataServerId, name, enabled } = server;
  const shown = (some: ServedAcd[]) => some.map((acd) => ({ acdId: acd.acdId, name: acd.name }));
  return {
    dataServerId,
    name,
    description: server.description,
    isDefault: isDefault(server),
    revision: server.revision,
    roles: byRole((role) => {
      const assigned = acds.filter((acd) => acd.assigned[role] === dataServerId);
      const others = isDefault(server) ? acds.filter((acd) => acd.assigned[role] === undefined) : [];
      const liveWorkers = workers?.get(name)?.[role] ?? null;
      const count = assigned.length + others.length;
      return {
        enabled: enabled[role],
        assignedAcds: shown(assigned),
        acdsByDefault: shown(others),
        liveWorkers,
        flags: flagsOfRole({ role, dataServer: name, enabled: enabled[role], acds: count, liveWorkers }),
      };
    }),
    createdAt: iso(server.createdAtMs),
    changedAt: iso(server.changedAtMs),
  };
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
