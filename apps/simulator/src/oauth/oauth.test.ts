import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authorize, codeOf, REDIRECT, signedIn, type TestClient, tokenRequest } from '../testing/test-client.ts';

describe('OAuth', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await signedIn({ rotateRefreshTokens: false });
  });
  afterAll(() => client.simulator.close());

  const exchange = (code: string, more: Record<string, string> = {}) =>
    tokenRequest(client.simulator, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more });

  it('sends the browser back with code and state', async () => {
    const back = await authorize(client.simulator, { state: 'abc' });
    expect(back.origin + back.pathname).toBe(REDIRECT);
    expect(back.searchParams.get('state')).toBe('abc');
    expect(back.searchParams.get('code')).toBeTruthy();
  });

  it('gives tokens as published, with the organization as the last part', async () => {
    const answer = (await (await exchange(await codeOf(client.simulator))).json()) as Record<string, unknown>;
    expect(answer).toEqual({
      access_token: expect.any(String),
      expires_in: 1_209_599,
      refresh_token: expect.any(String),
      refresh_token_expires_in: 7_775_999,
      token_type: 'Bearer',
      scope: 'cjp:config cjp:config_read cjp:config_write',
    });
    const parts = String(answer.access_token).split('_');
    expect(parts).toHaveLength(3);
    expect(parts[2]).toBe(client.simulator.tenant.options.orgId);
  });

  it('takes a code once, only with its redirect_uri and its client', async () => {
    const code = await codeOf(client.simulator);
    expect((await exchange(code)).status).toBe(200);
    expect((await exchange(code)).status).toBe(400);
    expect((await exchange(await codeOf(client.simulator), { redirect_uri: 'https://other.example/' })).status).toBe(
      400,
    );
    expect((await exchange(await codeOf(client.simulator), { client_secret: 'wrong' })).status).toBe(401);
  });

  it('checks a code challenge where one was sent', async () => {
    const verifier = 'a'.repeat(50);
    const challenge = {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    expect((await exchange(await codeOf(client.simulator, challenge))).status).toBe(400);
    expect((await exchange(await codeOf(client.simulator, challenge), { code_verifier: 'b'.repeat(50) })).status).toBe(
      400,
    );
    expect((await exchange(await codeOf(client.simulator, challenge), { code_verifier: verifier })).status).toBe(200);
  });

  it('refreshes, keeps or rotates the refresh token, and refuses a dead one', async () => {
    const refresh = async (token: string) => {
      const answer = await tokenRequest(client.simulator, { grant_type: 'refresh_token', refresh_token: token });
      return { status: answer.status, body: (await answer.json()) as Record<string, string> };
    };
    const kept = await refresh(client.refreshToken);
    expect(kept.body.refresh_token).toBe(client.refreshToken);
    expect(kept.body.access_token).not.toBe(client.token);
    await client.control('POST', '/control/oauth', { rotateRefreshTokens: true });
    const rotated = await refresh(client.refreshToken);
    expect(rotated.body.refresh_token).not.toBe(client.refreshToken);
    const dead = await refresh(client.refreshToken);
    expect(dead.status).toBe(400);
    expect(dead.body).toMatchObject({ message: expect.any(String), errors: [{ description: expect.any(String) }] });
    await client.control('POST', '/control/faults', { kind: 'refresh-refused', count: 1, status: 401 });
    expect((await refresh(rotated.body.refresh_token!)).status).toBe(401);
    expect((await refresh(rotated.body.refresh_token!)).status).toBe(200);
    await client.control('POST', '/control/oauth', { rotateRefreshTokens: false });
  });

  it('says who signed in, with the organization in its public form', async () => {
    const me = (await (await client.send('GET', '/v1/people/me')).json()) as { emails: string[]; orgId: string };
    expect(me.emails).toEqual(['admin@contactcentre.example']);
    expect(Buffer.from(me.orgId, 'base64url').toString()).toBe(
      `ciscospark://us/ORGANIZATION/${client.simulator.tenant.options.orgId}`,
    );
  });

  it('lets somebody else sign in, or nobody', async () => {
    const answer = (await (
      await exchange(await codeOf(client.simulator, { sim_email: 'other@contactcentre.example' }))
    ).json()) as { access_token: string };
    const me = await fetch(`${client.simulator.baseUrl}/v1/people/me`, {
      headers: { authorization: `Bearer ${answer.access_token}` },
    });
    expect(await me.json()).toMatchObject({ emails: ['other@contactcentre.example'] });
    expect((await authorize(client.simulator, { sim_refuse: '1', state: 's' })).searchParams.get('error')).toBe(
      'access_denied',
    );
  });
});
