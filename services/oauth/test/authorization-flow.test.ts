import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, TOPICS, type TokenRefreshed } from '@wxcc-wfo/contracts';
import { createSealer, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { WebexError } from '@wxcc-wfo/webex';
import { handOverLivingTokens } from '../src/tokens/handover-job.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import {
  browse,
  createAcd,
  type Deployment,
  deployment,
  type RunningOAuth,
  replaced,
  runOAuth,
  signIn,
} from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
let changed: TopicLedger;
let refreshed: TopicLedger;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared);
  changed = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + TOPICS.acdChanged);
  refreshed = await topicLedger(testAddresses.kafkaBrokers, shared.topicPrefix + TOPICS.tokenRefreshed);
});
afterAll(async () => {
  await Promise.all([changed?.close(), refreshed?.close()]);
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

let acd: { acdId: string; authorizationUrl: string };
afterEach(async () => {
  simulator.tenant.faults.reset();
  // One active ACD per organization: the next test makes its own.
  if (acd) await database.pool.query('UPDATE acd SET deleted = true WHERE acd_id = $1', [acd.acdId]);
});

const callback = async (address: string, accept = 'application/json') => {
  const answer = await browse(address, { accept });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: accept.includes('html') ? {} : JSON.parse(text),
  };
};
const stateOf = async () => (await oauth.call(`/v1/acds/${acd.acdId}`)).body.authorization;
const mine = (ledger: TopicLedger) => ledger.records.filter((record) => record.key === acd.acdId);

describe('AUTH-01 sign-in by the authorization-code flow', () => {
  it('goes to the login page with state and PKCE, comes back authorized, and tells everybody without the token', async () => {
    acd = await createAcd(oauth, simulator);
    const opened = await fetch(acd.authorizationUrl, { redirect: 'manual' });
    expect(opened.headers.get('set-cookie')).toMatch(
      /^wfo-authorization-\w{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax;/,
    );
    const login = new URL(opened.headers.get('location')!);
    expect(login.origin).toBe(simulator.baseUrl);
    expect(login.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(login.searchParams.get('code_challenge_method')).toBe('S256');
    expect(await stateOf()).toBe('not-authorized');

    expect(await callback(await signIn(acd.authorizationUrl))).toMatchObject({
      status: 200,
      body: { acdId: acd.acdId, authorization: 'authorized' },
    });
    expect(await stateOf()).toBe('authorized');

    const key = (record: { key: string | undefined }) => record.key === acd.acdId;
    const changes = (await changed.waitFor(key, { count: 2 })).map((record) => record.json<AcdChanged>());
    expect(changes.map(({ revision, authorization }) => [revision, authorization])).toEqual([
      [1, 'not-authorized'],
      [2, 'authorized'],
    ]);
    const [token] = (await refreshed.waitFor(key)).map((record) => record.json<TokenRefreshed>());
    expect(token).toMatchObject({ tenantId: shared.tenantId, acdId: acd.acdId, version: 1 });

    const held = await oauth.wiring.redis.hgetall(`wfo:token:${acd.acdId}`);
    const handover = createSealer(parseKeyring(shared.environment.HANDOVER_KEYS!));
    const accessToken = handover.open(held.sealed!, `${acd.acdId}:1`).toString('utf8');
    expect(simulator.tenant.tokens.accessToken(accessToken)).toMatchObject({ clientId: 'simulated-client' });
    for (const { value } of [...changed.records, ...refreshed.records])
      expect(value?.toString()).not.toContain(accessToken);
    const { rows } = await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acd.acdId]);
    expect(JSON.stringify(rows)).not.toContain(accessToken);
  });

  it('answers a browser with a page, and a program with JSON', async () => {
    acd = await createAcd(oauth, simulator, { name: 'A & B <contact centre>' });
    const page = await callback(await signIn(acd.authorizationUrl), 'text/html,*/*;q=0.8');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.text).toContain('A &amp; B &lt;contact centre&gt;');

    const refused = await callback(`${oauth.url}/v1/authorization/callback?error=access_denied`, 'text/html');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(refused.text).toMatch(/access_denied[\s\S]*What to do next/);
  });

  it('is not used up by a HEAD, as previews of links send it', async () => {
    acd = await createAcd(oauth, simulator);
    const address = await signIn(acd.authorizationUrl);
    expect((await browse(address, {}, 'HEAD')).status).toBe(405);
    expect((await fetch(acd.authorizationUrl, { method: 'HEAD' })).status).toBe(405);
    expect((await callback(address)).status).toBe(200);
  });
});

describe('AUTH-01 sign-ins that are refused', () => {
  const refusals: [string, number, string, () => Promise<string>][] = [
    ['unknown state', 400, 'state-mismatch', async () => replaced(await signIn(acd.authorizationUrl), 'state', 'x')],
    ['no state', 400, 'authorization-refused', async () => replaced(await signIn(acd.authorizationUrl), 'state', '')],
    ['wrong code', 400, 'code-refused', async () => replaced(await signIn(acd.authorizationUrl), 'code', 'x')],
    ['refused by the person', 400, 'sign-in-refused', () => signIn(acd.authorizationUrl, { sim_refuse: '1' })],
    ['other account', 409, 'account-mismatch', () => signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' })],
    [
      'expired request',
      400,
      'request-expired',
      async () => {
        const address = await signIn(acd.authorizationUrl);
        await database.pool.query('UPDATE authorization_request SET expires_at_ms = 0 WHERE acd_id = $1', [acd.acdId]);
        return address;
      },
    ],
    [
      'used state',
      400,
      'request-used',
      async () => {
        const address = await signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' });
        await callback(address);
        return address;
      },
    ],
    [
      'another opening of a used request',
      400,
      'request-used',
      async () => {
        const second = await signIn(acd.authorizationUrl);
        await callback(await signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' }));
        return second;
      },
    ],
    [
      'used code under a new state',
      400,
      'code-used',
      async () => {
        const first = await signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' });
        await callback(first);
        const again = await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST' });
        const second = await signIn(again.body.authorizationUrl);
        return replaced(second, 'code', new URL(first).searchParams.get('code')!);
      },
    ],
    [
      'code that Webex gave out too long ago',
      400,
      'code-expired',
      async () => {
        const address = await signIn(acd.authorizationUrl);
        simulator.tenant.tokens.expireCodes();
        return address;
      },
    ],
    [
      'code that Webex knows as used',
      400,
      'code-used',
      async () => {
        const address = await signIn(acd.authorizationUrl);
        const [client] = simulator.tenant.options.clients;
        simulator.tenant.tokens.redeemCode(new URL(address).searchParams.get('code')!, client!.id, 'elsewhere');
        return address;
      },
    ],
    [
      'wrong client secret',
      400,
      'client-refused',
      async () => {
        const client = await oauth.call('/v1/clients', {
          body: {
            name: `wrong ${acd.acdId}`,
            clientId: simulator.tenant.options.clients[0]!.id,
            clientSecret: 'wrong',
          },
        });
        const of = [acd.acdId, client.body.clientRef];
        await database.pool.query('UPDATE acd SET client_ref = $2 WHERE acd_id = $1', of);
        return signIn(acd.authorizationUrl);
      },
    ],
    [
      'code of another request (PKCE)',
      400,
      'code-refused',
      async () => {
        const again = await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST' });
        const stolen = new URL(await signIn(again.body.authorizationUrl)).searchParams.get('code')!;
        return replaced(await signIn(acd.authorizationUrl), 'code', stolen);
      },
    ],
  ];

  it.each(refusals)('%s → %i %s, with a remedy, and nothing is authorized', async (_, status, code, address) => {
    acd = await createAcd(oauth, simulator);
    expect(await callback(await address())).toMatchObject({ status, body: { code, remedy: expect.any(String) } });
    expect(await stateOf()).toBe('not-authorized');
    const { rows } = await database.pool.query('SELECT FROM token WHERE acd_id = $1', [acd.acdId]);
    expect(rows).toHaveLength(0);
  });

  it('wrong organization: names both', async () => {
    acd = await createAcd(oauth, simulator, { webexOrgId: '00000000-0000-4000-8000-000000000001' });
    const { status, body } = await callback(await signIn(acd.authorizationUrl));
    expect([status, body.code]).toEqual([409, 'organization-mismatch']);
    expect(body.detail).toContain('00000000-0000-4000-8000-000000000001');
    expect(body.detail).toContain(simulator.tenant.options.orgId);
  });

  it('Webex away: says so, and uses nothing up', async () => {
    acd = await createAcd(oauth, simulator);
    const address = await signIn(acd.authorizationUrl);
    simulator.tenant.faults.add({ kind: 'server-error', routes: ['oauth'] });
    expect(await callback(address)).toMatchObject({ status: 502, body: { code: 'unavailable' } });
    simulator.tenant.faults.reset();
    expect((await callback(address)).status).toBe(200);
  });

  it('Webex away once the code is used up: says so, and that a new URL is needed', async () => {
    acd = await createAcd(oauth, simulator);
    const address = await signIn(acd.authorizationUrl);
    const { provider } = oauth.wiring;
    const { whoAmI } = provider;
    provider.whoAmI = async () => {
      throw new WebexError('unavailable', 'It was away.', { statusCode: 503 });
    };
    const answer = await callback(address);
    provider.whoAmI = whoAmI;
    expect(answer).toMatchObject({
      status: 502,
      body: { code: 'unavailable', remedy: expect.stringContaining('new authorization URL') },
    });
    expect(answer.body.remedy).not.toContain('Load this page');
    expect((await callback(address)).body).toMatchObject({ code: 'request-used' });
    expect(await stateOf()).toBe('not-authorized');
  });

  it('does not tell what anybody wrote into the address', async () => {
    const address = `${oauth.url}/v1/authorization/callback?error=Call%20555&error_description=Call%20555`;
    for (const accept of ['text/html', 'application/json']) {
      expect((await callback(address, accept)).text).not.toContain('555');
    }
  });
});

describe('AUTH-02 a new authorization', () => {
  it('replaces the token under a higher version, while the old one was handed over', async () => {
    acd = await createAcd(oauth, simulator);
    await callback(await signIn(acd.authorizationUrl));
    const again = await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST' });
    expect(again.status).toBe(201);
    await callback(await signIn(again.body.authorizationUrl));
    expect(await oauth.wiring.redis.hget(`wfo:token:${acd.acdId}`, 'version')).toBe('2');
    await waitFor('two notices', () => mine(refreshed).length === 2);
    // Still authorized: the configuration did not change, so nobody is told of it.
    expect(mine(changed).map((record) => record.json<AcdChanged>().revision)).toEqual([1, 2]);
  });
});

describe('rule 10 the hand-over store', () => {
  it('emptied: the token is back from Postgres; a newer one there is never overwritten', async () => {
    acd = await createAcd(oauth, simulator);
    await callback(await signIn(acd.authorizationUrl));
    const { redis } = oauth.wiring;
    const key = `wfo:token:${acd.acdId}`;
    await redis.del(key);
    await waitFor('the token', async () => (await redis.hget(key, 'version')) === '1');
    await redis.hset(key, { version: '9', sealed: 'newer' });
    const old = { acdId: acd.acdId, version: 8, accessToken: 'old', expiresAtMs: Date.now() + 60_000 };
    expect(await oauth.wiring.handover.put(old)).toBe(false);
    expect(await redis.hget(key, 'sealed')).toBe('newer');
  });

  it('refreshes a token early that a sibling reports as refused, but not one that was just issued', async () => {
    acd = await createAcd(oauth, simulator);
    await callback(await signIn(acd.authorizationUrl));
    const { redis } = oauth.wiring;
    const key = `wfo:token:${acd.acdId}`;
    await redis.hset(key, { refused: '1' });
    expect(await handOverLivingTokens(oauth.wiring)).toBe(0);
    const due = () =>
      database.pool.query('SELECT next_refresh_at_ms > issued_at_ms + 3600000 AS later FROM token WHERE acd_id = $1', [
        acd.acdId,
      ]);
    expect((await due()).rows).toEqual([{ later: true }]);
    await database.pool.query('UPDATE token SET issued_at_ms = issued_at_ms - 300000 WHERE acd_id = $1', [acd.acdId]);
    await waitFor('the next token', async () => (await redis.hget(key, 'version')) === '2');
    expect((await due()).rows).toEqual([{ later: true }]);
  });

  it('does not let a stored token that does not open keep the others away', async () => {
    acd = await createAcd(oauth, simulator);
    await callback(await signIn(acd.authorizationUrl));
    const other = await createAcd(oauth, simulator, { webexOrgId: '00000000-0000-4000-8000-000000000002' });
    await database.pool.query(
      `INSERT INTO token (acd_id, tenant_id, version, sealed_access, sealed_refresh, issued_at_ms, access_expires_at_ms,
         refresh_expires_at_ms, next_refresh_at_ms)
       SELECT $1, tenant_id, 1, sealed_access, sealed_refresh, issued_at_ms, access_expires_at_ms, refresh_expires_at_ms,
         NULL FROM token WHERE acd_id = $2`,
      [other.acdId, acd.acdId],
    );
    await oauth.wiring.redis.del(`wfo:token:${acd.acdId}`);
    await waitFor('the token', () => oauth.wiring.redis.exists(`wfo:token:${acd.acdId}`));
    expect(await oauth.wiring.redis.exists(`wfo:token:${other.acdId}`)).toBe(0);
  });
});
