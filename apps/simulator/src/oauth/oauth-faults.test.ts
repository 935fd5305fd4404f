import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSimulatorControl, type SimulatorControl } from '../testing/simulator-control.ts';
import { authorize, codeOf, REDIRECT, signedIn, type TestClient, tokenRequest } from '../testing/test-client.ts';

describe('OPS-06: what a client of the token endpoint must survive', () => {
  let nowMs = Date.UTC(2026, 10, 22, 12);
  let client: TestClient;
  let control: SimulatorControl;
  beforeEach(async () => {
    client = await signedIn({ now: () => nowMs });
    control = createSimulatorControl(client.simulator.controlUrl);
  });
  afterEach(() => client.simulator.close());

  const refresh = (token = client.refreshToken) =>
    tokenRequest(client.simulator, { grant_type: 'refresh_token', refresh_token: token });
  const exchange = (code: string) =>
    tokenRequest(client.simulator, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT });
  const saidOf = async (answer: Response) => ((await answer.json()) as { message: string }).message;
  const works = async (token: string): Promise<boolean> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${client.simulator.baseUrl}/v1/people/me`, { headers })).ok;
  };

  it('refuses the refresh token until told otherwise', async () => {
    const fault = await control.fault({ kind: 'refresh-refused' });
    expect([(await refresh()).status, (await refresh()).status]).toEqual([400, 400]);
    expect(await control.refreshCount()).toBe(0);
    await control.call('DELETE', `/control/faults/${fault.id}`);
    expect((await refresh()).status).toBe(200);
    await expect(control.call('DELETE', `/control/faults/${fault.id}`)).rejects.toThrow(/There is no fault/);
  });

  it('refuses the client, for codes and refresh tokens alike, without using the code up', async () => {
    const code = await codeOf(client.simulator);
    await control.fault({ kind: 'client-refused' });
    expect([(await refresh()).status, (await exchange(code)).status]).toEqual([401, 401]);
    await control.clearFaults();
    expect([(await refresh()).status, (await exchange(code)).status]).toEqual([200, 200]);
  });

  it('loses the answer after the tokens were granted: the rotated refresh token is gone with it', async () => {
    await control.oauth({ rotateRefreshTokens: true });
    await control.fault({ kind: 'answer-lost', count: 1 });
    await expect(refresh()).rejects.toThrow();
    expect(await control.refreshCount()).toBe(1);
    expect((await refresh()).status).toBe(400);
  });

  it('loses the answer of a code, which is used up by it', async () => {
    const code = await codeOf(client.simulator);
    await control.fault({ kind: 'answer-lost', count: 1 });
    await expect(exchange(code)).rejects.toThrow();
    expect(await saidOf(await exchange(code))).toMatch(/used/);
  });

  it('holds an answer back until it is told to let go; the tokens are granted already', async () => {
    await control.fault({ kind: 'answer-held', count: 1 });
    const held = refresh();
    // The second one is not held, and shows that the first has been granted.
    while ((await control.refreshCount()) < 1) await new Promise(setImmediate);
    expect((await refresh()).status).toBe(200);
    await control.clearFaults();
    const answer = await held;
    expect(answer.status).toBe(200);
    expect(await works(((await answer.json()) as { access_token: string }).access_token)).toBe(true);
  });

  it('answers late', async () => {
    await control.fault({ kind: 'answer-held', count: 1, delayMs: 120 });
    const startedMs = performance.now();
    await refresh();
    expect(performance.now() - startedMs).toBeGreaterThan(110);
  });

  it('tells a used, an expired and an unknown code apart', async () => {
    const used = await codeOf(client.simulator);
    await exchange(used);
    expect(await saidOf(await exchange(used))).toMatch(/already used/);
    const late = await codeOf(client.simulator);
    await control.oauth({ codeSeconds: 60 });
    const short = await codeOf(client.simulator);
    nowMs += 60_000;
    expect(await saidOf(await exchange(short))).toMatch(/expired/);
    expect((await exchange(late)).status).toBe(200);
    const ended = await codeOf(client.simulator);
    await control.expireCodes();
    expect(await saidOf(await exchange(ended))).toMatch(/expired/);
    expect(await saidOf(await exchange('no-code'))).toMatch(/invalid/);
  });

  it('lets refresh tokens end while access tokens live, and revokes both', async () => {
    await control.expireRefreshTokens();
    expect([(await refresh()).status, await works(client.token)]).toEqual([400, true]);
    await control.revokeTokens();
    expect(await works(client.token)).toBe(false);
  });

  it('starts the life of the refresh token anew with each refresh', async () => {
    await control.oauth({ refreshTokenSeconds: 100 });
    await refresh();
    nowMs += 60_000;
    expect((await refresh()).status).toBe(200);
    nowMs += 60_000;
    expect((await refresh()).status).toBe(200);
    nowMs += 100_000;
    expect((await refresh()).status).toBe(400);
  });

  it('lets somebody of another organization sign in: their token does not open this tenant', async () => {
    const sim_org = '11111111-2222-4333-8444-555555555555';
    const code = (await authorize(client.simulator, { sim_org })).searchParams.get('code')!;
    const { access_token } = (await (await exchange(code)).json()) as { access_token: string };
    expect(access_token.endsWith(`_${sim_org}`)).toBe(true);
    const headers = { authorization: `Bearer ${access_token}` };
    const me = (await (await fetch(`${client.simulator.baseUrl}/v1/people/me`, { headers })).json()) as {
      orgId: string;
    };
    expect(Buffer.from(me.orgId, 'base64url').toString()).toContain(sim_org);
    const { orgId } = client.simulator.tenant.options;
    expect((await fetch(`${client.simulator.baseUrl}/organization/${orgId}/team`, { headers })).status).toBe(403);
  });

  it('gives each account an identity of its own, always the same', async () => {
    const idOf = async (sim_email: string): Promise<string> => {
      const answer = await exchange(await codeOf(client.simulator, { sim_email }));
      const { access_token } = (await answer.json()) as { access_token: string };
      const headers = { authorization: `Bearer ${access_token}` };
      return ((await (await fetch(`${client.simulator.baseUrl}/v1/people/me`, { headers })).json()) as { id: string })
        .id;
    };
    const [one, again, other] = [await idOf('a@x.example'), await idOf('a@x.example'), await idOf('b@x.example')];
    expect([one === again, one === other]).toEqual([true, false]);
    const agent = client.simulator.story.directory.agents[0]!;
    expect(Buffer.from(await idOf(agent.email), 'base64url').toString()).toBe(
      `ciscospark://us/PEOPLE/${agent.ciUserId}`,
    );
  });
});
