import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newApiKey } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import {
  browse,
  createAcd,
  type Deployment,
  deployment,
  type RunningOAuth,
  runOAuth,
  signIn,
} from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
/** Another operator of the same tenant. */
const colleague = newApiKey('colleague');

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  const keys = JSON.parse(shared.environment.API_KEYS!);
  keys.push({ id: 'colleague', sha256: colleague.sha256, scopes: ['*'], tenantId: shared.tenantId });
  shared.environment.API_KEYS = JSON.stringify(keys);
  oauth = await runOAuth(shared, { jobs: false, relay: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

let acd: Awaited<ReturnType<typeof createAcd>>;
afterEach(async () => {
  simulator.tenant.faults.reset();
  if (acd) await database.pool.query('UPDATE acd SET deleted = true WHERE acd_id = $1', [acd.acdId]);
});

const authorize = (answer: string, key = shared.keys.own) =>
  oauth.call(`/v1/acds/${acd.acdId}/authorize`, { body: { answer }, key });
const openRequests = async (key = shared.keys.own) =>
  (await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { key })).body.items;
const begin = async (key = shared.keys.own) =>
  (await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { method: 'POST', key })).body.authorizationUrl;
const stateOf = async () => (await oauth.call(`/v1/acds/${acd.acdId}`)).body.authorization;
const trail = async () => {
  const { rows } = await database.pool.query(
    'SELECT subject, action, changes FROM audit_entry WHERE acd_id = $1 ORDER BY audit_id',
    [acd.acdId],
  );
  const ofAuthorization = rows.filter(({ action }) => action.startsWith('authorization-'));
  return ofAuthorization.map(({ subject, action, changes }) => [
    subject,
    action,
    Object.fromEntries(changes.map((change: { field: string; after: unknown }) => [change.field, change.after])),
  ]);
};
const codeOf = (address: string) => new URL(address).searchParams.get('code')!;

describe('AUTH-01 the browser that comes back is the one that began', () => {
  const callback = async (address: string, cookie?: string) => {
    const headers = { accept: 'application/json', ...(cookie ? { cookie } : {}) };
    const answer = await fetch(address, { headers });
    return { status: answer.status, body: (await answer.json()) as { code?: string } };
  };

  it('another browser is refused and uses nothing up', async () => {
    acd = await createAcd(oauth, simulator);
    const address = await signIn(acd.authorizationUrl);
    const refused = { status: 403, body: { code: 'browser-mismatch', remedy: expect.stringMatching(/authorize/) } };
    expect(await callback(address)).toMatchObject(refused);
    const elsewhere = await fetch(acd.authorizationUrl, { redirect: 'manual' });
    expect(await callback(address, elsewhere.headers.get('set-cookie')!.split(';')[0])).toMatchObject(refused);
    expect(await stateOf()).toBe('not-authorized');
    expect((await browse(address)).status).toBe(200);
    expect(await stateOf()).toBe('authorized');
  });

  it('one browser that opens it in two tabs may come back from either; a foreign cookie is not taken over', async () => {
    acd = await createAcd(oauth, simulator);
    const open = async (cookie?: string) => {
      const opened = await fetch(acd.authorizationUrl, { redirect: 'manual', headers: cookie ? { cookie } : {} });
      return { address: opened.headers.get('location')!, cookie: opened.headers.get('set-cookie')!.split(';')[0]! };
    };
    const first = await open();
    const second = await open(first.cookie);
    expect(second.cookie).toBe(first.cookie);
    const planted = `${first.cookie.split('=')[0]}=planted`;
    expect((await open(planted)).cookie).not.toBe(planted);
    const back = await fetch(first.address, { redirect: 'manual' });
    expect((await callback(back.headers.get('location')!, second.cookie)).status).toBe(200);
  });

  it('a request is opened as often as one likes, and good once', async () => {
    acd = await createAcd(oauth, simulator);
    const first = await signIn(acd.authorizationUrl);
    const second = await signIn(acd.authorizationUrl);
    expect((await browse(first)).status).toBe(200);
    expect((await browse(second)).status).toBe(400);
    const opened = await fetch(acd.authorizationUrl, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([opened.status, opened.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    expect(await opened.text()).toContain('was used before');
  });

  it('two answers at once: exactly one of them counts', async () => {
    acd = await createAcd(oauth, simulator);
    const [first, second] = [await signIn(acd.authorizationUrl), await signIn(acd.authorizationUrl)];
    const statuses = await Promise.all([
      ...[first, first, second, second].map(async (address) => (await browse(address)).status),
      authorize(second).then(({ status }) => status),
    ]);
    expect(statuses.toSorted()).toEqual([200, 400, 400, 400, 400]);
    const { rows } = await database.pool.query('SELECT version FROM token WHERE acd_id = $1', [acd.acdId]);
    expect(rows).toEqual([{ version: 1 }]);
  });

  it('an address that nobody gave out is not known', async () => {
    const { status, body } = await callback(`${oauth.url}/v1/authorization/start?ticket=nobody`);
    expect([status, body.code]).toEqual([404, 'not-found']);
  });

  it('the address is on the host that Webex redirects to, whose cookies come back', async () => {
    const elsewhere = 'https://bridge.example/oauth/v1/authorization/callback';
    const behindProxy = await runOAuth(shared, {
      jobs: false,
      relay: false,
      topics: false,
      environment: { OAUTH_REDIRECT_URL: elsewhere },
    });
    try {
      acd = await createAcd(behindProxy, simulator);
      expect(acd.authorizationUrl).toMatch(
        /^https:\/\/bridge\.example\/oauth\/v1\/authorization\/start\?ticket=[\w-]{43}$/,
      );
      const opened = await fetch(
        `${behindProxy.url}${acd.authorizationUrl.replace('https://bridge.example/oauth', '')}`,
        {
          redirect: 'manual',
        },
      );
      expect(opened.headers.get('set-cookie')).toMatch(/^__Host-wfo-authorization-\w{8}=.*; Secure$/);
      expect(opened.headers.get('cache-control')).toBe('no-store');
    } finally {
      await behindProxy.stop();
    }
  });

  it('without PKCE where the provider does not take it', async () => {
    const plain = await runOAuth(shared, {
      jobs: false,
      relay: false,
      topics: false,
      environment: { WEBEX_PKCE: 'false' },
    });
    try {
      acd = await createAcd(plain, simulator);
      const opened = await fetch(acd.authorizationUrl, { redirect: 'manual' });
      expect(opened.headers.get('location')).not.toContain('code_challenge');
      expect((await browse(await signIn(acd.authorizationUrl))).status).toBe(200);
    } finally {
      await plain.stop();
    }
  });
});

describe('AUTH-02 authorization by hand', () => {
  const forms: [string, (address: string) => string][] = [
    ['the whole address', (address) => address],
    ['code and state', (address) => new URL(address).search],
    ['the bare code', codeOf],
    [
      'the bare code, broken into lines',
      (address) => ` "${codeOf(address).slice(0, 9)}\r\n${codeOf(address).slice(9)}" `,
    ],
  ];
  it.each(forms)('%s', async (_, pasted) => {
    acd = await createAcd(oauth, simulator);
    const address = await signIn(acd.authorizationUrl);
    expect(await authorize(pasted(address))).toMatchObject({ status: 200, body: { authorization: 'authorized' } });
    expect(await stateOf()).toBe('authorized');
    expect(await trail()).toEqual([
      ['key:own', 'authorization-requested', {}],
      ['key:own', 'authorization-changed', { authorization: 'authorized' }],
      ['key:own', 'authorization-granted', { authorization: 'authorized', tokenVersion: 1, way: 'by-hand' }],
    ]);
  });

  it('an existing ACD shows its open authorization URLs to who asked for them', async () => {
    acd = await createAcd(oauth, simulator);
    const later = await begin();
    const shown = await openRequests();
    expect(shown.map((one: { authorizationUrl: string }) => one.authorizationUrl)).toEqual([
      later,
      acd.authorizationUrl,
    ]);
    expect(await openRequests(colleague.key)).toEqual([]);
    expect(
      (await oauth.call(`/v1/acds/${acd.acdId}/authorization-requests`, { key: shared.keys.foreign })).status,
    ).toBe(404);
    await browse(await signIn(later));
    expect(await openRequests()).toHaveLength(1);
  });

  it('the address at Webex itself serves a browser that cannot reach us; its answer comes by hand only', async () => {
    acd = await createAcd(oauth, simulator);
    const [{ webexUrl }] = await openRequests();
    expect(new URL(webexUrl).origin).toBe(simulator.baseUrl);
    const address = await signIn(webexUrl);
    expect((await fetch(address)).status).toBe(403);
    expect((await authorize(address)).status).toBe(200);
  });

  it('a code without a state belongs to the request that was opened last', async () => {
    acd = await createAcd(oauth, simulator);
    await begin();
    expect((await authorize(codeOf(await signIn(acd.authorizationUrl)))).status).toBe(200);
  });

  const refusals: [string, number, string, 'own' | 'colleague', () => Promise<string>][] = [
    ['nothing that has a code', 422, 'answer-unreadable', 'own', async () => 'https://bridge.example/login'],
    ['a state of nobody', 400, 'state-mismatch', 'own', async () => `code=abc&state=nobody`],
    ['another operator’s answer', 400, 'state-mismatch', 'colleague', () => signIn(acd.authorizationUrl)],
    [
      'another operator’s code',
      409,
      'request-expired',
      'colleague',
      async () => codeOf(await signIn(acd.authorizationUrl)),
    ],
    ['that the person refused', 400, 'sign-in-refused', 'own', () => signIn(acd.authorizationUrl, { sim_refuse: '1' })],
    [
      'another account',
      409,
      'account-mismatch',
      'own',
      () => signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' }),
    ],
    [
      'an expired request',
      400,
      'request-expired',
      'own',
      async () => {
        const address = await signIn(acd.authorizationUrl);
        await database.pool.query('UPDATE authorization_request SET expires_at_ms = 0 WHERE acd_id = $1', [acd.acdId]);
        return address;
      },
    ],
    [
      'a code that was used',
      400,
      'code-used',
      'own',
      async () => {
        const address = await signIn(acd.authorizationUrl, { sim_email: 'eve@other.example' });
        await browse(address);
        return codeOf(address);
      },
    ],
    [
      'another ACD’s answer',
      400,
      'state-mismatch',
      'own',
      async () => {
        const other = await createAcd(oauth, simulator, { webexOrgId: '00000000-0000-4000-8000-000000000007' });
        return signIn(other.authorizationUrl);
      },
    ],
  ];
  it.each(refusals)('refuses %s → %i %s, and says so in the audit trail', async (_, status, code, who, answer) => {
    acd = await createAcd(oauth, simulator);
    const pasted = await answer();
    const key = who === 'own' ? shared.keys.own : colleague.key;
    expect(await authorize(pasted, key)).toMatchObject({ status, body: { code, remedy: expect.any(String) } });
    expect(await stateOf()).toBe('not-authorized');
    expect((await trail()).at(-1)).toEqual([
      `key:${who}`,
      'authorization-refused',
      { outcome: code, reason: expect.any(String), way: 'by-hand' },
    ]);
  });

  it('a mistyped code, or a Webex that is away, uses nothing up', async () => {
    acd = await createAcd(oauth, simulator);
    const code = codeOf(await signIn(acd.authorizationUrl));
    expect((await authorize(code.slice(0, -1))).body.code).toBe('code-refused');
    simulator.tenant.faults.add({ kind: 'server-error', routes: ['oauth'] });
    expect(await authorize(code)).toMatchObject({ status: 502, body: { code: 'unavailable' } });
    simulator.tenant.faults.reset();
    expect((await authorize(code)).status).toBe(200);
  });

  it('needs a credential of the tenant that may write', async () => {
    acd = await createAcd(oauth, simulator);
    expect((await authorize('abc', shared.keys.foreign)).status).toBe(404);
    expect((await authorize('abc', shared.keys.reader)).status).toBe(403);
  });
});
