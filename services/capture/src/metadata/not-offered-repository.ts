import type { SqlClient } from '@wxcc-wfo/service-kit';
import { ASK_AGAIN_AFTER_MS, type NotOffered } from './metadata-policy.ts';

interface NotOfferedRow {
  field: string;
  reason: string;
  first_refused_at_ms: number;
  last_refused_at_ms: number;
}

/** The fields that the ACD's API did not know, by their keys. */
export async function readNotOffered(client: SqlClient, acdId: string): Promise<Map<string, NotOffered>> {
  const { rows } = await client.query<NotOfferedRow>(
    'SELECT field, reason, first_refused_at_ms, last_refused_at_ms FROM not_offered_field WHERE acd_id = $1',
    [acdId],
  );
  return new Map(
    rows.map((row) => [
      row.field,
      {
        reason: row.reason,
        firstRefusedAtMs: row.first_refused_at_ms,
        lastRefusedAtMs: row.last_refused_at_ms,
      },
    ]),
  );
}

/** Remembers refusals. A field that was asked for in between without a refusal counts from anew. */
export async function recordNotOffered(
  client: SqlClient,
  owner: { acdId: string; tenantId: string },
  o: { refused: ReadonlyMap<string, string>; atMs: number },
): Promise<void> {
  const fields = [...o.refused.keys()].sort();
  await client.query(
    `INSERT INTO not_offered_field (acd_id, tenant_id, field, reason, first_refused_at_ms, last_refused_at_ms)
     SELECT $1, $2, r.field, r.reason, $5, $5 FROM unnest($3::text[], $4::text[]) AS r (field, reason)
     ON CONFLICT (acd_id, field) DO UPDATE SET reason = excluded.reason,
       last_refused_at_ms = greatest(not_offered_field.last_refused_at_ms, excluded.last_refused_at_ms),
       first_refused_at_ms = CASE WHEN not_offered_field.last_refused_at_ms < $5::bigint - 2 * $6::bigint
         THEN $5 ELSE not_offered_field.first_refused_at_ms END`,
    [owner.acdId, owner.tenantId, fields, fields.map((field) => o.refused.get(field)), o.atMs, ASK_AGAIN_AFTER_MS],
  );
}
