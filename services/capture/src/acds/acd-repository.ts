import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/**
 * Keeps the highest revision of each ACD; a lower or equal one changes nothing and `deleted` lasts. A changed ACD is
 * due for a poll at once; a deleted one loses its hints, and its token as soon as its
 * webhook subscription was taken back with it.
 */
export async function applyAcdChanges(tx: SqlClient, events: readonly AcdChanged[]): Promise<void> {
  const latest = new Map<string, AcdChanged>();
  for (const event of events) {
    if ((latest.get(event.acdId)?.revision ?? 0) < event.revision) latest.set(event.acdId, event);
  }
  const acds = [...latest.values()].sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
  if (acds.length === 0) return;
  const { rows } = await tx.query<{ acd_id: string; deleted: boolean }>(
    `INSERT INTO acd (acd_id, tenant_id, revision, deleted, configuration)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[], $5::jsonb[])
     ON CONFLICT (acd_id) DO UPDATE SET revision = excluded.revision, deleted = acd.deleted OR excluded.deleted,
       configuration = excluded.configuration
     WHERE acd.revision < excluded.revision RETURNING acd_id, deleted`,
    [
      acds.map((acd) => acd.acdId),
      acds.map((acd) => acd.tenantId),
      acds.map((acd) => acd.revision),
      acds.map((acd) => acd.deleted),
      acds.map((acd) => JSON.stringify(acd)),
    ],
  );
  const changed = rows.map((row) => row.acd_id);
  const deleted = rows.filter((row) => row.deleted).map((row) => row.acd_id);
  await tx.query(
    `INSERT INTO poll_state (acd_id, tenant_id) SELECT acd_id, tenant_id FROM acd WHERE acd_id = ANY($1::uuid[])
     ON CONFLICT (acd_id) DO UPDATE SET next_poll_at_ms = 0`,
    [changed],
  );
  if (deleted.length === 0) return;
  await tx.query('DELETE FROM hint WHERE acd_id = ANY($1::uuid[])', [deleted]);
  await tx.query(
    `DELETE FROM token t WHERE t.acd_id = ANY($1::uuid[])
       AND NOT EXISTS (SELECT FROM webhook_subscription w WHERE w.acd_id = t.acd_id)`,
    [deleted],
  );
}

/** The ACD as capture knows it, deleted ones included. */
export async function readAcd(client: SqlClient, acdId: string): Promise<AcdChanged | null> {
  const { rows } = await client.query<{ configuration: AcdChanged; deleted: boolean }>(
    'SELECT configuration, deleted FROM acd WHERE acd_id = $1',
    [acdId],
  );
  return rows[0] ? { ...rows[0].configuration, deleted: rows[0].deleted } : null;
}
