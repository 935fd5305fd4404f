import { timingSafeEqual } from 'node:crypto';
import { type ApiKeyEntry, apiKeyId, coversScope, hashApiKey } from './api-key.ts';
import type { Caller } from './caller.ts';
import { createOidcVerifier, type OidcOptions, OidcUnavailableError } from './oidc.ts';
import type { SqlClient } from './pool.ts';
import { type ProblemError, problem } from './problem.ts';
import { isTransient } from './sql-error.ts';

export interface AccessOptions {
  pool: SqlClient;
  /** Keys of the configuration; they replace those that an earlier configuration left in table api_key */
  apiKeys: readonly ApiKeyEntry[];
  oidc?: OidcOptions;
  /** How long a checked key needs no look at the database; default 30 s */
  cacheMs?: number;
  /** How long a key checked before is still taken while the database is away; default 15 min */
  staleMs?: number;
}

export interface AccessControl {
  /** Writes the configured keys to table api_key; createApp calls it once. */
  prepare(): Promise<void>;
  /** @throws ProblemError 401 or 503 */
  authenticate(headers: Record<string, string | string[] | undefined>): Promise<Caller>;
  /** @throws ProblemError 403 that names the missing scope */
  authorize(caller: Caller, scope: string): void;
  /** Forgets checked keys at once, e.g. after a revocation. */
  forget(): void;
}

interface KeyRow {
  id: string;
  sha256: string;
  scopes: string[];
  tenantId: string | null;
  expiresAtMs: number | null;
}
interface CachedKey {
  row: KeyRow | null;
  readAtMs: number;
}

const CACHE_ENTRIES = 1_000;
const NOBODY = '0'.repeat(64);

/**
 * API keys (`Authorization: Bearer wfo_…` or `X-API-Key`) from table api_key and, if configured, bearer tokens of an
 * OpenID provider. Unknown, wrong, expired and revoked credentials get the very same answer.
 */
export function createAccessControl(o: AccessOptions): AccessControl {
  const cacheMs = o.cacheMs ?? 30_000;
  const staleMs = o.staleMs ?? 15 * 60_000;
  // By key id, oldest first. Apart, so that somebody who tries ids out cannot push good keys from the cache.
  const known = new Map<string, CachedKey>();
  const unknown = new Map<string, CachedKey>();
  const verifyToken = o.oidc ? createOidcVerifier(o.oidc) : undefined;

  function remember(id: string, row: KeyRow | null): KeyRow | null {
    known.delete(id);
    unknown.delete(id);
    const cache = row ? known : unknown;
    if (cache.size >= CACHE_ENTRIES) cache.delete(cache.keys().next().value as string);
    cache.set(id, { row, readAtMs: Date.now() });
    return row;
  }

  async function keyRow(id: string): Promise<KeyRow | null> {
    const cached = known.get(id) ?? unknown.get(id);
    const ageMs = cached ? Date.now() - cached.readAtMs : Number.POSITIVE_INFINITY;
    if (cached && ageMs < cacheMs) return cached.row;
    try {
      return remember(id, (await readKeys(o.pool, [id]))[0] ?? null);
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (cached?.row && ageMs < staleMs) return cached.row;
      throw unavailable('The database that knows the API keys is away.', error);
    }
  }

  async function callerOfKey(key: string): Promise<Caller | null> {
    const id = apiKeyId(key);
    const row = id === undefined ? null : await keyRow(id);
    // Compared also when there is no such key, so that the time taken tells nothing.
    const same = timingSafeEqual(Buffer.from(hashApiKey(key)), Buffer.from(row?.sha256 ?? NOBODY));
    if (!row || !same || (row.expiresAtMs !== null && row.expiresAtMs <= Date.now())) return null;
    return { subject: `key:${row.id}`, tenantId: row.tenantId, scopes: row.scopes };
  }

  return {
    async prepare() {
      await storeConfigured(o.pool, o.apiKeys);
      // As the table has them: a configured key may have been revoked there, or its id belong to another one.
      for (const row of await readKeys(
        o.pool,
        o.apiKeys.map(({ id }) => id),
      )) {
        remember(row.id, row);
      }
    },
    async authenticate(headers) {
      const credential = credentialOf(headers);
      if (credential === undefined) throw missing();
      const caller = await (credential.startsWith('wfo_') ? callerOfKey(credential) : verified(credential));
      if (!caller) throw refused();
      return caller;
    },
    authorize(caller, scope) {
      if (!coversScope(caller.scopes, scope)) throw scopeMissing(scope);
    },
    forget() {
      known.clear();
      unknown.clear();
    },
  };

  async function verified(token: string): Promise<Caller | null> {
    try {
      return verifyToken ? await verifyToken(token) : null;
    } catch (error) {
      if (error instanceof OidcUnavailableError) throw unavailable(error.message, error);
      throw error;
    }
  }
}

function credentialOf(headers: Record<string, string | string[] | undefined>): string | undefined {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') return apiKey;
  const authorization = headers.authorization;
  return typeof authorization === 'string' ? /^Bearer +(\S{1,8192})$/i.exec(authorization)?.[1] : undefined;
}

/** Those of the ids that are in use. */
async function readKeys(pool: SqlClient, ids: readonly string[]): Promise<KeyRow[]> {
  const { rows } = await pool.query<KeyRow & { expiresAt: Date | null }>(
    `SELECT id, sha256, scopes, tenant_id AS "tenantId", expires_at AS "expiresAt"
     FROM api_key WHERE id = ANY ($1) AND revoked_at IS NULL`,
    [ids],
  );
  return rows.map(({ expiresAt, ...rest }) => ({ ...rest, expiresAtMs: expiresAt?.getTime() ?? null }));
}

async function storeConfigured(pool: SqlClient, entries: readonly ApiKeyEntry[]): Promise<void> {
  await pool.query(
    `WITH configured AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS c(id text, sha256 text, scopes jsonb, "tenantId" uuid)
     ), gone AS (
       DELETE FROM api_key WHERE source = 'configuration' AND id NOT IN (SELECT id FROM configured)
     )
     INSERT INTO api_key (id, sha256, scopes, tenant_id, source)
     SELECT id, sha256, ARRAY(SELECT jsonb_array_elements_text(scopes)), "tenantId", 'configuration'
     FROM configured ORDER BY id
     ON CONFLICT (id) DO UPDATE SET sha256 = EXCLUDED.sha256, scopes = EXCLUDED.scopes, tenant_id = EXCLUDED.tenant_id
     WHERE api_key.source = 'configuration'`,
    [JSON.stringify(entries)],
  );
}

/** Where a credential is looked for first; X-API-Key does as well. */
const CREDENTIAL = 'headers/authorization';

function missing(): ProblemError {
  return problem({
    status: 401,
    code: 'credential-missing',
    field: CREDENTIAL,
    remedy: 'Send an API key or an access token as Authorization: Bearer …, or an API key as X-API-Key.',
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function refused(): ProblemError {
  return problem({
    status: 401,
    code: 'credential-refused',
    field: CREDENTIAL,
    detail: 'The credential is not accepted here.',
    remedy: 'Check that it is whole, not expired and meant for this service, or ask an operator for a new one.',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}

function scopeMissing(scope: string): ProblemError {
  return problem({
    status: 403,
    code: 'scope-missing',
    field: CREDENTIAL,
    detail: `This needs the scope '${scope}'.`,
    remedy: `Use a credential with '${scope}', or ask an operator to add that scope.`,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

function unavailable(detail: string, cause: unknown): ProblemError {
  return problem({
    status: 503,
    code: 'unavailable',
    detail,
    remedy: 'Try again in a few seconds.',
    headers: { 'retry-after': '5' },
    cause,
  });
}
