import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import {
  endpointsOf,
  ORG_ID,
  type RecordingQuota,
  recordingQuota,
  startWebexStub,
  TOKEN,
  type WebexStub,
} from '../testing/webex-stub.ts';
import { createOAuthClient, type OAuthClient, orgIdOfToken } from './oauth-client.ts';

let stub: WebexStub;
let quota: RecordingQuota;
let oauth: OAuthClient;
beforeEach(async () => {
  stub = await startWebexStub();
  quota = recordingQuota();
  oauth = createOAuthClient({ endpoints: endpointsOf(stub), quota });
});
afterEach(() => stub.close());

const answer = { access_token: TOKEN, expires_in: 1_209_599, refresh_token: 'r2', refresh_token_expires_in: 7_775_999 };
const refresh = { clientId: 'client-1', clientSecret: 'very secret', refreshToken: 'refresh-token-1' };

it('builds the authorization URL with exactly the parameters of the flow', () => {
  const url = new URL(
    oauth.authorizeUrl({
      clientId: 'client-1',
      redirectUri: 'https://bridge.example/cb?x=1',
      scopes: ['cjp:config_read', 'cjp:config_write'],
      state: 'st&ate',
      codeChallenge: 'challenge',
    }),
  );
  expect(url.pathname).toBe('/v1/authorize');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    response_type: 'code',
    client_id: 'client-1',
    redirect_uri: 'https://bridge.example/cb?x=1',
    scope: 'cjp:config_read cjp:config_write',
    state: 'st&ate',
    code_challenge: 'challenge',
    code_challenge_method: 'S256',
  });
});

it('exchanges a code', async () => {
  stub.answer(() => ({ json: { ...answer, scope: 'cjp:config_read' } }));
  const beforeMs = Date.now();
  const tokens = await oauth.exchangeCode({
    clientId: 'client-1',
    clientSecret: 'very secret',
    code: 'code-1',
    redirectUri: 'https://bridge.example/cb',
    codeVerifier: 'verifier',
  });
  expect(tokens).toMatchObject({ accessToken: TOKEN, refreshToken: 'r2', scope: 'cjp:config_read', orgId: ORG_ID });
  expect(tokens.accessTokenExpiresAtMs - beforeMs).toBeGreaterThanOrEqual(1_209_599_000);
  expect(tokens.accessTokenExpiresAtMs).toBeLessThanOrEqual(Date.now() + 1_209_599_000);
  expect(tokens.refreshTokenExpiresAtMs - tokens.accessTokenExpiresAtMs).toBe((7_775_999 - 1_209_599) * 1000);
  expect(Object.fromEntries(new URLSearchParams(stub.requests[0]?.body))).toEqual({
    grant_type: 'authorization_code',
    client_id: 'client-1',
    client_secret: 'very secret',
    code: 'code-1',
    redirect_uri: 'https://bridge.example/cb',
    code_verifier: 'verifier',
  });
  expect(stub.requests[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(quota.acquired).toEqual([{ quotaKey: 'client-1', kind: 'token' }]);
});

it('refreshes without a redirect URI', async () => {
  stub.answer(() => ({ json: answer }));
  await oauth.refresh(refresh);
  expect(Object.fromEntries(new URLSearchParams(stub.requests[0]?.body))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'client-1',
    client_secret: 'very secret',
    refresh_token: 'refresh-token-1',
  });
});

it.each([400, 401])(
  'takes HTTP %i for a definitive refusal, whatever the body says, and shows no secret',
  async (status) => {
    const echo = `Refused: refresh-token-1 with very secret cannot be used`;
    stub.answer(() => ({ status, json: { errors: [{ description: echo }], message: echo } }));
    const error: Error = await oauth.refresh(refresh).then(
      () => new Error('refreshed'),
      (caught) => caught,
    );
    expect(error).toMatchObject({ kind: 'refused', retriable: false, statusCode: status });
    expect(error.message).not.toMatch(/refresh-token-1|very secret/);
    expect(error).toMatchObject({ answerText: 'Refused: [removed] with [removed] cannot be used' });
    expect(stub.requests).toHaveLength(1);
  },
);

it.each([429, 500, 503])('leaves HTTP %i to the caller after one attempt', async (status) => {
  stub.answer(() => ({ status }));
  await expect(oauth.refresh(refresh)).rejects.toMatchObject({ retriable: true, statusCode: status });
  expect(stub.requests).toHaveLength(1);
});

it('does not take an answer without tokens', async () => {
  stub.answer(() => ({ json: { access_token: TOKEN } }));
  await expect(oauth.refresh(refresh)).rejects.toThrow(/nothing at answer\.refresh_token/);
});

it('AUTH-01: tells who authorized, with organization and person out of their Base64 form, and the server’s time', async () => {
  const publicId = (kind: string, id: string) => Buffer.from(`ciscospark://us/${kind}/${id}`).toString('base64');
  const identityId = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
  stub.answer(() => ({
    headers: { date: 'Sun, 22 Nov 2026 23:00:05 GMT' },
    json: {
      id: publicId('PEOPLE', identityId),
      emails: ['admin@example.com'],
      displayName: 'Ada',
      orgId: publicId('ORGANIZATION', ORG_ID),
    },
  }));
  await expect(oauth.whoAmI(TOKEN)).resolves.toEqual({
    emails: ['admin@example.com'],
    orgId: ORG_ID,
    displayName: 'Ada',
    identityId,
    serverTimeMs: Date.UTC(2026, 10, 22, 23, 0, 5),
  });
  expect(stub.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
});

describe('the organization in an access token', () => {
  it.each([
    [TOKEN, ORG_ID],
    [`a_b_c_${ORG_ID.toUpperCase()}`, ORG_ID],
    ['no-parts', null],
    ['secret_PF84_not-a-uuid', null],
    [ORG_ID, null],
  ])('%s → %s', (token, orgId) => expect(orgIdOfToken(token)).toBe(orgId));
});

describeWithSamples("Cisco's token answer", () => {
  it('decodes: 14 and 90 days', async () => {
    stub.answer(() => ({ json: readSample('oauth-token-response.json') }));
    const tokens = await oauth.refresh(refresh);
    expect(tokens.refreshTokenExpiresAtMs - tokens.accessTokenExpiresAtMs).toBe((90 - 14) * 86_400_000);
    expect(tokens.orgId).toBeNull();
  });
});
