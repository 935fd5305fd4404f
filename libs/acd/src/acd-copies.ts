import { type BatchHandler, done } from '@wxcc-wfo/bus';
import { ACD_VARIANTS, type AcdChanged, type AcdVariant } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { WorkerOf } from './roles/worker-of.ts';

/** Work is done for an ACD that is authorized, not deleted, and of a variant that the service speaks. */
function isActive(acd: AcdChanged, variants: readonly AcdVariant[]): boolean {
  return !acd.deleted && acd.authorization === 'authorized' && variants.includes(acd.variant);
}

/**
 * Handler that keeps the copies: a lower revision changes nothing, deletion lasts whatever comes after it (ACD-05).
 * `afterStore` runs in the same transaction with the ACDs whose copy changed, as they are now, sorted by id.
 * @param o.variants those whose APIs the service speaks; ACDs of others are known, and nothing is done for them
 */
export function createAcdChangedHandler(
  afterStore?: (acds: AcdChanged[], tx: SqlClient) => Promise<void>,
  o: { variants?: readonly AcdVariant[] } = {},
): BatchHandler<'acd-changed'> {
  const variants = o.variants ?? ACD_VARIANTS;
  return async function storeAcds(events, tx) {
    const latest = new Map<string, AcdChanged>();
    const deleted = new Set<string>();
    for (const { payload } of events) {
      if (payload.deleted) deleted.add(payload.acdId);
      const known = latest.get(payload.acdId);
      if (!known || known.revision < payload.revision) latest.set(payload.acdId, payload);
    }
    // In the order of the ids, so that two replicas lock them in the same order.
    const acds = [...latest.values()]
      .map((acd) => (deleted.has(acd.acdId) ? { ...acd, deleted: true } : acd))
      .sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
    const { rows } = await tx.query<AcdRow>(
      `INSERT INTO acd (acd_id, tenant_id, revision, deleted, active, configuration)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[], $5::boolean[], $6::jsonb[])
       ON CONFLICT (acd_id) DO UPDATE SET revision = excluded.revision, deleted = acd.deleted OR excluded.deleted,
         active = excluded.active AND NOT acd.deleted, configuration = excluded.configuration
       WHERE acd.revision < excluded.revision RETURNING configuration, deleted`,
      [
        acds.map((acd) => acd.acdId),
        acds.map((acd) => acd.tenantId),
        acds.map((acd) => acd.revision),
        acds.map((acd) => acd.deleted),
        acds.map((acd) => isActive(acd, variants)),
        acds.map((acd) => JSON.stringify(acd)),
      ],
    );
    const changed = rows.map(acdOf).sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
    await forgetTokens(
      tx,
      changed.map((acd) => acd.acdId),
    );
    if (changed.length > 0) await afterStore?.(changed, tx);
    return events.map(() => done);
  };
}

/**
 * An ACD loses the token of what it was before a change of account, organization or address; a deleted one every token,
 * as soon as its webhook subscription was taken back with it.
 */
async function forgetTokens(tx: SqlClient, acdIds: string[]): Promise<void> {
  if (acdIds.length === 0) return;
  await tx.query(
    `DELETE FROM access_token t USING acd a WHERE t.acd_id = ANY($1::uuid[]) AND a.acd_id = t.acd_id
       AND (t.version <= (a.configuration->>'droppedTokenVersion')::int
         OR (a.deleted AND NOT EXISTS (SELECT FROM webhook_subscription w WHERE w.acd_id = t.acd_id)))`,
    [acdIds],
  );
}

interface AcdRow extends Record<string, unknown> {
  configuration: AcdChanged;
  deleted: boolean;
}

const acdOf = (row: AcdRow): AcdChanged => ({ ...row.configuration, deleted: row.deleted });

/** One ACD as it is known here, deleted ones included, or undefined. */
export async function findAcd(sql: SqlClient, acdId: string): Promise<AcdChanged | undefined> {
  const { rows } = await sql.query<AcdRow>('SELECT configuration, deleted FROM acd WHERE acd_id = $1', [acdId]);
  return rows[0] && acdOf(rows[0]);
}

/** A page of the ACDs that a worker works for (authorized, not deleted, of its data server in its role), by id. */
export async function listActiveAcds(
  sql: SqlClient,
  page: WorkerOf & { afterAcdId: string | null; limit: number },
): Promise<AcdChanged[]> {
  const { rows } = await sql.query<AcdRow>(
    `SELECT configuration, deleted FROM acd
     WHERE active AND data_servers->>$3::text = $4 AND ($1::uuid IS NULL OR acd_id > $1::uuid)
     ORDER BY acd_id LIMIT $2`,
    [page.afterAcdId, page.limit, page.role, page.dataServer],
  );
  return rows.map(acdOf);
}
