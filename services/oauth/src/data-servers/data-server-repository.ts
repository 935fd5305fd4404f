import { type DataServerRole, DEFAULT_DATA_SERVER, uuidV5 } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import {
  type Assignments,
  type DataServer,
  isDefault,
  resolveDataServers,
  type ServingDataServers,
  untouchedDefault,
} from './data-server-policy.ts';

interface DataServerRow {
  data_server_id: string;
  name: string;
  description: string;
  enabled: DataServer['enabled'];
  revision: number;
  created_at_ms: number;
  changed_at_ms: number;
}

const toDataServer = (row: DataServerRow): DataServer => ({
  dataServerId: row.data_server_id,
  name: row.name,
  description: row.description,
  enabled: row.enabled,
  revision: row.revision,
  createdAtMs: row.created_at_ms,
  changedAtMs: row.changed_at_ms,
});

/** The same before and after it has a row. */
export const defaultDataServerId = (tenantId: string): string => uuidV5(tenantId, `data-server:${DEFAULT_DATA_SERVER}`);

/**
 * Keeps data servers and assignments of a tenant as they are until the transaction ends: `exclusive` to change them,
 * `shared` to give a new ACD what follows from them. To be taken before any lock of an ACD's row.
 */
export async function lockDataServers(tx: SqlClient, tenantId: string, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await tx.query(`SELECT ${lock}(hashtextextended('data-servers:' || $1::text, 0))`, [tenantId]);
}

/** All data servers of a tenant, the default one first, then by name. */
export async function listDataServers(sql: SqlClient, tenantId: string): Promise<DataServer[]> {
  const { rows } = await sql.query<DataServerRow & Record<string, unknown>>(
    'SELECT * FROM data_server WHERE tenant_id = $1 ORDER BY lower(name)',
    [tenantId],
  );
  const servers = rows.map(toDataServer);
  const fallback = servers.find(isDefault) ?? untouchedDefault(defaultDataServerId(tenantId));
  return [fallback, ...servers.filter((one) => !isDefault(one))];
}

/** Stores a data server as it is now, a new one included. A unique index refuses a second one of the same name. */
export async function storeDataServer(tx: SqlClient, tenantId: string, server: DataServer): Promise<void> {
  await tx.query(
    `INSERT INTO data_server (data_server_id, tenant_id, name, description, enabled, revision, created_at_ms, changed_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (data_server_id) DO UPDATE SET name = excluded.name,
       description = excluded.description, enabled = excluded.enabled, revision = excluded.revision,
       changed_at_ms = excluded.changed_at_ms`,
    [
      server.dataServerId,
      tenantId,
      server.name,
      server.description,
      JSON.stringify(server.enabled),
      server.revision,
      server.createdAtMs,
      server.changedAtMs,
    ],
  );
}

/** Of deleted ACDs, too, whose assignments go with it. */
export async function deleteDataServer(tx: SqlClient, dataServerId: string): Promise<void> {
  await tx.query('DELETE FROM data_server WHERE data_server_id = $1', [dataServerId]);
}

/** An ACD as far as data servers go. */
export interface ServedAcd {
  acdId: string;
  name: string;
  assigned: Assignments;
  /** What its events say. */
  serving: ServingDataServers;
}

/** All ACDs of a tenant that are not deleted, by name; `acdId`: this one only. */
export async function listServedAcds(sql: SqlClient, tenantId: string, acdId?: string): Promise<ServedAcd[]> {
  const { rows } = await sql.query<{
    acd_id: string;
    name: string;
    assigned: Assignments | null;
    data_servers: ServingDataServers;
  }>(
    `SELECT a.acd_id, a.name, a.data_servers,
       (SELECT jsonb_object_agg(x.role, x.data_server_id) FROM data_server_assignment x WHERE x.acd_id = a.acd_id) AS assigned
     FROM acd a WHERE a.tenant_id = $1 AND NOT a.deleted AND ($2::uuid IS NULL OR a.acd_id = $2) ORDER BY lower(a.name)`,
    [tenantId, acdId ?? null],
  );
  return rows.map((row) => ({
    acdId: row.acd_id,
    name: row.name,
    assigned: row.assigned ?? {},
    serving: row.data_servers,
  }));
}

/** Assigns a role of an ACD to a data server; null: to the default one. */
export async function assign(
  tx: SqlClient,
  acd: { tenantId: string; acdId: string },
  o: { role: DataServerRole; dataServerId: string | null },
): Promise<void> {
  if (o.dataServerId === null) {
    await tx.query('DELETE FROM data_server_assignment WHERE acd_id = $1 AND role = $2', [acd.acdId, o.role]);
    return;
  }
  await tx.query(
    `INSERT INTO data_server_assignment (acd_id, role, tenant_id, data_server_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (acd_id, role) DO UPDATE SET data_server_id = excluded.data_server_id`,
    [acd.acdId, o.role, acd.tenantId, o.dataServerId],
  );
}

/**
 * Who works for an ACD, a new one too, as its events tell it; holds until the transaction ends. To be called before any
 * lock of an ACD's row.
 */
export async function dataServersOf(tx: SqlClient, tenantId: string, acdId: string): Promise<ServingDataServers> {
  await lockDataServers(tx, tenantId, 'shared');
  const [servers, acds] = [await listDataServers(tx, tenantId), await listServedAcds(tx, tenantId, acdId)];
  return resolveDataServers(servers, acds[0]?.assigned ?? {});
}
