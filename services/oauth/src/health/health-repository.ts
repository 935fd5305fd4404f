import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Standing, TokenEvent } from '../tokens/token-machine-policy.ts';

/** What health and the support bundle show of a token: no sealed value is among it. */
export interface TokenRecord {
  acdId: string;
  version: number;
  standing: Standing;
  sinceMs: number;
  signedInAtMs: number | null;
  issuedAtMs: number;
  accessExpiresAtMs: number;
  refreshExpiresAtMs: number;
  nextRefreshAtMs: number | null;
  intentUntilMs: number | null;
  firstRefusedAtMs: number | null;
  failures: number;
  lastFailureAtMs: number | null;
  lastAnswer: TokenEvent | null;
  lastFailure: string | null;
}

/** The tokens of these ACDs as the tenant's reader may see them. */
export async function readTokenRecords(sql: SqlClient, acdIds: readonly string[]): Promise<Map<string, TokenRecord>> {
  const { rows } = await sql.query<TokenRecord>(
    `SELECT acd_id AS "acdId", version, standing, standing_since_ms AS "sinceMs", signed_in_at_ms AS "signedInAtMs",
       issued_at_ms AS "issuedAtMs", access_expires_at_ms AS "accessExpiresAtMs",
       refresh_expires_at_ms AS "refreshExpiresAtMs", next_refresh_at_ms AS "nextRefreshAtMs",
       intent_until_ms AS "intentUntilMs", first_refused_at_ms AS "firstRefusedAtMs", failures,
       last_failure_at_ms AS "lastFailureAtMs", last_answer AS "lastAnswer", last_failure AS "lastFailure"
     FROM token WHERE acd_id = ANY($1::uuid[])`,
    [acdIds],
  );
  return new Map(rows.map((row) => [row.acdId, row]));
}
