import { type BatchHandler, done } from '@wxcc-wfo/bus';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';

/** Work is done for an ACD that is authorized and not deleted. */
function isActive(acd: AcdChanged): boolean {
  return !acd.deleted && acd.authorization === 'authorized';
}

/**
 * Keeps the copies: a lower revision changes nothing, deletion lasts (ACD-05).
 * `afterStore` runs in the same transaction with the events that were consumed.
 */
export function createAcdChangedHandler(
  afterStore?: (acds: AcdChanged[], tx: SqlClient) => Promise<void>,
): BatchHandler<'acd-changed'> {
  return async function storeAcds(events, tx) {
    const latest = new Map<string, AcdChanged>();
    for (const { payload } of events) {
      const known = latest.get(payload.acdId);
      if (!known || known.revision < payload.revision) latest.set(payload.acdId, payload);
    }
    const acds = [...latest.values()].sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
    await tx.query(
      `INSERT INTO acd (acd_id, tenant_id, revision, active, configuration)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[], $5::jsonb[])
       ON CONFLICT (acd_id) DO UPDATE SET revision = excluded.revision, active = excluded.active,
         configuration = excluded.configuration
       WHERE acd.revision < excluded.revision`,
      [
        acds.map((acd) => acd.acdId),
        acds.map((acd) => acd.tenantId),
        acds.map((acd) => acd.revision),
        acds.map(isActive),
        acds.map((acd) => JSON.stringify(acd)),
      ],
    );
    await afterStore?.(acds, tx);
    return events.map(() => done);
  };
}

/** One ACD as it is known here, or undefined. */
export async function findAcd(sql: SqlClient, acdId: string): Promise<AcdChanged | undefined> {
  const { rows } = await sql.query<{ configuration: AcdChanged }>('SELECT configuration FROM acd WHERE acd_id = $1', [
    acdId,
  ]);
  return rows[0]?.configuration;
}

/** A page of the ACDs that are worked for, by id. */
export async function listActiveAcds(
  sql: SqlClient,
  page: { afterAcdId: string | null; limit: number },
): Promise<AcdChanged[]> {
  const { rows } = await sql.query<{ configuration: AcdChanged }>(
    'SELECT configuration FROM acd WHERE active AND ($1::uuid IS NULL OR acd_id > $1::uuid) ORDER BY acd_id LIMIT $2',
    [page.afterAcdId, page.limit],
  );
  return rows.map((row) => row.configuration);
}
