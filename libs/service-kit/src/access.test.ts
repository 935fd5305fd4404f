import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, faultProxy } from '@wxcc-wfo/testkit';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { type AccessControl, createAccessControl } from './access.ts';
import { coversScope, newApiKey } from './api-key.ts';
import { createPool } from './pool.ts';
import { ProblemError } from './problem.ts';

const tenantId = 'aaaaaaaa-0000-4000-8000-000000000000';
const reader = newApiKey('reader');
const platform = newApiKey('platform');
const apiKeys = [
  { id: 'reader', sha256: reader.sha256, scopes: ['contacts:read'], tenantId },
  { id: 'platform', sha256: platform.sha256, scopes: ['*'], tenantId: null },
];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function problemOf(promise: Promise<unknown>): Promise<ProblemError['problem']> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProblemError) return error.problem;
  throw new Error(`expected a problem, got ${error}`);
}

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase('access');
});
afterAll(() => database.close());

describe('API keys', () => {
  let access: AccessControl;
  beforeEach(async () => {
    access = createAccessControl({ pool: database.pool, apiKeys });
    await access.prepare();
  });

  it('are taken as bearer and as X-API-Key; tenant and scopes come from the key', async () => {
    const caller = { subject: 'key:reader', tenantId, scopes: ['contacts:read'] };
    expect(await access.authenticate(bearer(reader.key))).toEqual(caller);
    access.forget(); // now out of the table, not the cache
    expect(await access.authenticate({ 'x-api-key': reader.key })).toEqual(caller);
    expect((await access.authenticate(bearer(platform.key))).tenantId).toBeNull();
  });

  it('are stored as hashes only', async () => {
    const { rows } = await database.pool.query('SELECT api_key::text AS row FROM api_key');
    expect(JSON.stringify(rows)).toContain(reader.sha256);
    expect(JSON.stringify(rows)).not.toContain(reader.key.split('_').at(-1));
  });

  it('are refused alike whether the id, the secret or the form is wrong', async () => {
    const wrong = [newApiKey('nobody').key, newApiKey('reader').key, 'wfo_reader_short', `${reader.key}x`];
    const answers = await Promise.all(wrong.map((key) => problemOf(access.authenticate(bearer(key)))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, code: 'credential-refused', field: 'headers/authorization' });
  });

  it('missing are asked for', async () => {
    for (const headers of [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer ' }]) {
      expect(await problemOf(access.authenticate(headers))).toMatchObject({
        status: 401,
        code: 'credential-missing',
        field: 'headers/authorization',
      });
    }
  });

  it('revoked or expired are refused once the cache is over', async () => {
    for (const change of ['revoked_at = now()', "expires_at = now() - interval '1 second'"]) {
      const once = newApiKey('once');
      await database.pool.query(
        `INSERT INTO api_key (id, sha256, scopes, source) VALUES ('once', $1, '{a:read}', 'operator')
         ON CONFLICT (id) DO UPDATE SET sha256 = $1, revoked_at = NULL, expires_at = NULL`,
        [once.sha256],
      );
      access.forget();
      expect((await access.authenticate(bearer(once.key))).scopes).toEqual(['a:read']);
      await database.pool.query(`UPDATE api_key SET ${change} WHERE id = 'once'`);
      access.forget();
      expect(await problemOf(access.authenticate(bearer(once.key)))).toMatchObject({ code: 'credential-refused' });
    }
  });

  it.each([
    'revoked_at = now()',
    "expires_at = now() - interval '1 second'",
    "source = 'operator', sha256 = repeat('0', 64)",
  ])('of the configuration count as the table has them, from the start on (%s)', async (change) => {
    const own = newApiKey('own');
    const configured = [...apiKeys, { id: 'own', sha256: own.sha256, scopes: ['a:read'], tenantId: null }];
    const start = async () => {
      const started = createAccessControl({ pool: database.pool, apiKeys: configured });
      await started.prepare();
      return started;
    };
    expect((await (await start()).authenticate(bearer(own.key))).scopes).toEqual(['a:read']);
    await database.pool.query(`UPDATE api_key SET ${change} WHERE id = 'own'`);
    expect(await problemOf((await start()).authenticate(bearer(own.key)))).toMatchObject({
      code: 'credential-refused',
    });
    await database.pool.query(`DELETE FROM api_key WHERE id = 'own'`);
  });

  it('that left the configuration are removed, an operator’s are not', async () => {
    const next = createAccessControl({ pool: database.pool, apiKeys: apiKeys.slice(1) });
    await next.prepare();
    expect(await problemOf(next.authenticate(bearer(reader.key)))).toMatchObject({ code: 'credential-refused' });
    const { rows } = await database.pool.query('SELECT id FROM api_key ORDER BY id');
    expect(rows).toEqual([{ id: 'once' }, { id: 'platform' }]);
  });

  it('may be prepared by several replicas at once', async () => {
    const replicas = Array.from({ length: 6 }, () => createAccessControl({ pool: database.pool, apiKeys }));
    await Promise.all(replicas.map((replica) => replica.prepare()));
  });

  it('cost one look at the database, not one per request', async () => {
    let queries = 0;
    const counting = {
      query: ((text: string, values: unknown[]) => {
        queries += 1;
        return database.pool.query(text, values);
      }) as typeof database.pool.query,
    };
    const cached = createAccessControl({ pool: counting as never, apiKeys: [] });
    for (let i = 0; i < 20; i += 1) await cached.authenticate(bearer(platform.key));
    const unknown = newApiKey('unknown').key;
    for (let i = 0; i < 20; i += 1) await problemOf(cached.authenticate(bearer(unknown)));
    expect(queries).toBe(2);
  });
});

describe('with the database away', () => {
  let proxy: FaultProxy;
  let pool: ReturnType<typeof createPool>;
  beforeAll(async () => {
    const url = new URL(database.databaseUrl);
    proxy = await faultProxy({ target: { host: url.hostname, port: Number(url.port) } });
    url.host = proxy.address;
    pool = createPool({ url: url.href, applicationName: 'access' });
  });
  afterAll(async () => {
    await pool.end();
    await proxy.close();
  });

  it('keys checked before are still good, others get 503 and not 401', async () => {
    const access = createAccessControl({ pool, apiKeys: [], cacheMs: 0 });
    await access.authenticate(bearer(platform.key));
    proxy.refuse();
    expect((await access.authenticate(bearer(platform.key))).subject).toBe('key:platform');
    expect(await problemOf(access.authenticate(bearer(newApiKey('platform').key)))).toMatchObject({ status: 401 });
    expect(await problemOf(access.authenticate(bearer(reader.key)))).toMatchObject({
      status: 503,
      code: 'unavailable',
      headers: { 'retry-after': '5' },
    });
    proxy.heal();
  });
});

describe('scopes', () => {
  it.each([
    [['contacts:read'], 'contacts:read', true],
    [['contacts:*'], 'contacts:write', true],
    [['*'], 'contacts:write', true],
    [['contacts:write'], 'contacts:read', false],
    [['contact:*', 'contacts'], 'contacts:read', false],
    [[], 'contacts:read', false],
  ])('%j for %s: %s', (granted, needed, covered) => expect(coversScope(granted, needed)).toBe(covered));

  it('missing are named', async () => {
    const access = createAccessControl({ pool: database.pool, apiKeys: [] });
    const caller = { subject: 'key:x', tenantId: null, scopes: ['contacts:read'] };
    const refusal = Promise.resolve().then(() => access.authorize(caller, 'acds:write'));
    expect(await problemOf(refusal)).toMatchObject({
      status: 403,
      code: 'scope-missing',
      field: 'headers/authorization',
      detail: "This needs the scope 'acds:write'.",
    });
    access.authorize(caller, 'contacts:read');
  });
});

describe('OIDC bearer tokens', () => {
  let server: Server;
  let access: AccessControl;
  let privateKey: CryptoKey;
  const issuer = 'https://id.example';
  let jwksUrl: string;
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256');
    privateKey = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' };
    server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}/jwks`;
    access = createAccessControl({
      pool: database.pool,
      apiKeys: [],
      oidc: { issuer, audience: 'wfo', jwksUrl, tenantClaim: 'tid', scopesClaim: 'scp' },
    });
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  function token(changes: Record<string, unknown> = {}, key: CryptoKey | Uint8Array = privateKey, alg = 'RS256') {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: 'wfo',
      sub: 'user-1',
      exp: nowSeconds + 60,
      tid: tenantId,
      scp: 'a:read b:read',
    };
    return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg, kid: 'one' }).sign(key);
  }

  it('give subject, tenant and scopes, as text or as a list', async () => {
    const caller = { subject: 'oidc:user-1', tenantId, scopes: ['a:read', 'b:read'] };
    expect(await access.authenticate(bearer(await token()))).toEqual(caller);
    expect(await access.authenticate(bearer(await token({ scp: ['a:read', 'b:read'] })))).toEqual(caller);
  });

  it.each([
    ['expired', { exp: 1_000 }],
    ['without expiry', { exp: undefined }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another audience', { aud: 'other' }],
    ['without a tenant', { tid: undefined }],
    ['with a tenant that is no UUID', { tid: '*' }],
  ])('%s are refused', async (_, changes) => {
    expect(await problemOf(access.authenticate(bearer(await token(changes))))).toMatchObject({
      status: 401,
      code: 'credential-refused',
    });
  });

  it('signed by another key, symmetrically or not at all are refused', async () => {
    const stranger = await token({}, (await generateKeyPair('RS256')).privateKey);
    const symmetric = await token({}, new Uint8Array(32), 'HS256');
    const [, claims] = stranger.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    for (const forged of [stranger, symmetric, unsigned, 'abc']) {
      expect(await problemOf(access.authenticate(bearer(forged)))).toMatchObject({ code: 'credential-refused' });
    }
  });

  it('get 503, not 401, while the issuer’s keys cannot be read', async () => {
    const away = createAccessControl({
      pool: database.pool,
      apiKeys: [],
      oidc: { issuer, audience: 'wfo', jwksUrl: 'http://127.0.0.1:1/jwks' },
    });
    expect(await problemOf(away.authenticate(bearer(await token())))).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
  });

  it('are refused where no issuer is configured', async () => {
    const none = createAccessControl({ pool: database.pool, apiKeys: [] });
    expect(await problemOf(none.authenticate(bearer(await token())))).toMatchObject({ code: 'credential-refused' });
  });
});
