import type { SqlClient } from '@wxcc-wfo/service-kit';

/** An access token as it is handed over and kept: sealed, bound to its ACD and version. */
export interface SealedToken {
  version: number;
  sealed: string;
  expiresAtMs: number;
}

interface TokenRow {
  version: number;
  sealed: string;
  expires_at_ms: number;
}

export async function readToken(client: SqlClient, acdId: string): Promise<SealedToken | null> {
  const { rows } = await client.query<TokenRow>('SELECT version, sealed, expires_at_ms FROM token WHERE acd_id = $1', [
    acdId,
  ]);
  const row = rows[0];
  return row ? { version: row.version, sealed: row.sealed, expiresAtMs: row.expires_at_ms } : null;
}

/** Written only over an older version, and never for an ACD that was deleted. */
export async function saveTokenIfNewer(client: SqlClient, acdId: string, token: SealedToken): Promise<void> {
  await client.query(
    `INSERT INTO token (acd_id, tenant_id, version, sealed, expires_at_ms)
     SELECT acd_id, tenant_id, $2, $3, $4 FROM acd WHERE acd_id = $1 AND NOT deleted
     ON CONFLICT (acd_id) DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
       expires_at_ms = excluded.expires_at_ms WHERE token.version < excluded.version`,
    [acdId, token.version, token.sealed, token.expiresAtMs],
  );
}
