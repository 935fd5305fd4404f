import type { SqlClient } from '@wxcc-wfo/service-kit';

export interface AuthorizationRequest {
  stateHash: string;
  tenantId: string;
  acdId: string;
  sealedVerifier: string;
  requestedBy: string;
  createdAtMs: number;
  expiresAtMs: number;
}

/** Stores a request and forgets those that ended long ago, a few at a time. */
export async function insertAuthorizationRequest(sql: SqlClient, request: AuthorizationRequest): Promise<void> {
  await sql.query(
    `WITH old AS (SELECT state_hash FROM authorization_request WHERE expires_at_ms < $6::bigint - 86400000
       ORDER BY expires_at_ms LIMIT 100),
     forgotten AS (DELETE FROM authorization_request WHERE state_hash IN (SELECT state_hash FROM old))
     INSERT INTO authorization_request (state_hash, tenant_id, acd_id, sealed_verifier, requested_by, created_at_ms,
       expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      request.stateHash,
      request.tenantId,
      request.acdId,
      request.sealedVerifier,
      request.requestedBy,
      request.createdAtMs,
      request.expiresAtMs,
    ],
  );
}

export type UsedRequest = { acdId: string; tenantId: string; sealedVerifier: string };

/** Uses a request up; undefined when the state is unknown, expired or was used before. */
export async function useAuthorizationRequest(
  sql: SqlClient,
  key: { stateHash: string; nowMs: number },
): Promise<UsedRequest | undefined> {
  const { rows } = await sql.query(
    `UPDATE authorization_request SET used_at_ms = $2
     WHERE state_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2
     RETURNING acd_id, tenant_id, sealed_verifier`,
    [key.stateHash, key.nowMs],
  );
  const row = rows[0];
  return row && { acdId: row.acd_id, tenantId: row.tenant_id, sealedVerifier: row.sealed_verifier };
}
