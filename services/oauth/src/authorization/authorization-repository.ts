import type { SqlClient } from '@wxcc-wfo/service-kit';

/** A request to authorize an ACD. Its secrets are sealed, its ticket is known by its hash. */
export interface AuthorizationRequest {
  requestId: string;
  tenantId: string;
  acdId: string;
  requestedBy: string;
  sealedSecrets: string;
  createdAtMs: number;
  expiresAtMs: number;
  usedAtMs: number | null;
}

/** One opening of a request’s address: the state that was sent to Webex, and the browser that must bring it back. */
export interface Opening {
  request: AuthorizationRequest;
  /** Null: not opened by a browser of ours; its answer is handed in by hand. */
  browserHash: string | null;
}

const COLUMNS = `r.request_id, r.tenant_id, r.acd_id, r.requested_by, r.sealed_secrets, r.created_at_ms, r.expires_at_ms,
  r.used_at_ms`;

function toRequest(row: Record<string, unknown>): AuthorizationRequest {
  return {
    requestId: row.request_id as string,
    tenantId: row.tenant_id as string,
    acdId: row.acd_id as string,
    requestedBy: row.requested_by as string,
    sealedSecrets: row.sealed_secrets as string,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    usedAtMs: row.used_at_ms === null ? null : Number(row.used_at_ms),
  };
}

/** Stores a request and forgets those that ended long ago, a few at a time. */
export async function insertAuthorizationRequest(
  sql: SqlClient,
  request: Omit<AuthorizationRequest, 'usedAtMs'> & { ticketHash: string },
): Promise<void> {
  await sql.query(
    `WITH old AS (SELECT request_id FROM authorization_request WHERE expires_at_ms < $7::bigint - 86400000
       ORDER BY expires_at_ms LIMIT 100),
     forgotten AS (DELETE FROM authorization_request WHERE request_id IN (SELECT request_id FROM old))
     INSERT INTO authorization_request (request_id, tenant_id, acd_id, requested_by, ticket_hash, sealed_secrets,
       created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      request.requestId,
      request.tenantId,
      request.acdId,
      request.requestedBy,
      request.ticketHash,
      request.sealedSecrets,
      request.createdAtMs,
      request.expiresAtMs,
    ],
  );
}

export async function insertOpening(
  sql: SqlClient,
  opening: { stateHash: string; requestId: string; browserHash: string | null; openedAtMs: number },
): Promise<void> {
  await sql.query(
    'INSERT INTO authorization_opening (state_hash, request_id, browser_hash, opened_at_ms) VALUES ($1, $2, $3, $4)',
    [opening.stateHash, opening.requestId, opening.browserHash, opening.openedAtMs],
  );
}

export async function findRequestByTicket(
  sql: SqlClient,
  ticketHash: string,
): Promise<(AuthorizationRequest & { openings: number }) | undefined> {
  const { rows } = await sql.query(
    `SELECT ${COLUMNS}, (SELECT count(*)::int FROM authorization_opening o WHERE o.request_id = r.request_id) AS openings
     FROM authorization_request r WHERE r.ticket_hash = $1`,
    [ticketHash],
  );
  return rows[0] && { ...toRequest(rows[0]), openings: rows[0].openings };
}

export async function findOpening(sql: SqlClient, stateHash: string): Promise<Opening | undefined> {
  const { rows } = await sql.query(
    `SELECT ${COLUMNS}, o.browser_hash FROM authorization_opening o JOIN authorization_request r USING (request_id)
     WHERE o.state_hash = $1`,
    [stateHash],
  );
  return rows[0] && { request: toRequest(rows[0]), browserHash: rows[0].browser_hash };
}

/** Whether the browser with this cookie opened the address of the request before. */
export async function hasOpened(sql: SqlClient, by: { requestId: string; browserHash: string }): Promise<boolean> {
  const { rowCount } = await sql.query(
    'SELECT FROM authorization_opening WHERE request_id = $1 AND browser_hash = $2 LIMIT 1',
    [by.requestId, by.browserHash],
  );
  return (rowCount ?? 0) > 0;
}

/** The open requests of an ACD that this caller began, the one whose address was opened last first. */
export async function listOpenRequests(
  sql: SqlClient,
  of: { acdId: string; requestedBy: string; nowMs: number },
): Promise<AuthorizationRequest[]> {
  const { rows } = await sql.query(
    `SELECT ${COLUMNS} FROM authorization_request r
     WHERE r.acd_id = $1 AND r.requested_by = $2 AND r.expires_at_ms > $3 AND r.used_at_ms IS NULL
     ORDER BY (SELECT max(o.opened_at_ms) FROM authorization_opening o WHERE o.request_id = r.request_id) DESC NULLS LAST,
       r.created_at_ms DESC LIMIT 20`,
    [of.acdId, of.requestedBy, of.nowMs],
  );
  return rows.map(toRequest);
}

/** Uses a request up with a code; false when it was used or has expired meanwhile. */
export async function useRequest(
  sql: SqlClient,
  use: { requestId: string; nowMs: number; codeHash: string },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE authorization_request SET used_at_ms = $2, code_hash = $3
     WHERE request_id = $1 AND used_at_ms IS NULL AND expires_at_ms > $2`,
    [use.requestId, use.nowMs, use.codeHash],
  );
  return rowCount === 1;
}

/** Opens a request again whose code brought nothing. */
export async function releaseRequest(sql: SqlClient, use: { requestId: string; codeHash: string }): Promise<void> {
  await sql.query(
    'UPDATE authorization_request SET used_at_ms = NULL, code_hash = NULL WHERE request_id = $1 AND code_hash = $2',
    [use.requestId, use.codeHash],
  );
}

/** Whether a request of the tenant was used with this code. */
export async function codeWasUsed(sql: SqlClient, code: { tenantId: string; codeHash: string }): Promise<boolean> {
  const { rowCount } = await sql.query(
    'SELECT FROM authorization_request WHERE code_hash = $1 AND tenant_id = $2 LIMIT 1',
    [code.codeHash, code.tenantId],
  );
  return (rowCount ?? 0) > 0;
}
