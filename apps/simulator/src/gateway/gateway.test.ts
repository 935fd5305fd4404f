import { afterEach, describe, expect, it } from '@jest/globals';
import { codeOf, REDIRECT, signedIn, type TestClient, tokenRequest } from '../testing/test-client.ts';

describe('the gateway', () => {
  let client: TestClient;
  afterEach(() => client.simulator.close());
  const orgOf = (): string => client.simulator.tenant.options.orgId;

  it('tells a missing or malformed credential (400) from an unknown or expired one (401)', async () => {
    client = await signedIn();
    const users = `/organization/${orgOf()}/user`;
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${client.simulator.baseUrl}${users}`, { headers })).status;
    expect(await status({})).toBe(400);
    expect(await status({ authorization: 'Basic abc' })).toBe(400);
    expect(await status({ authorization: 'Bearer nonsense' })).toBe(401);
    expect(await status({ authorization: `Bearer ${client.token}` })).toBe(200);
    await client.control('POST', '/control/oauth/expire-access-tokens');
    expect(await status({ authorization: `Bearer ${client.token}` })).toBe(401);
  });

  it('lets a token expire when its life is over', async () => {
    let nowMs = Date.now();
    client = await signedIn({ accessTokenSeconds: 60, now: () => nowMs });
    expect((await client.send('GET', '/v2/event-types')).status).toBe(200);
    nowMs += 60_000;
    expect((await client.send('GET', '/v2/event-types')).status).toBe(401);
  });

  it('refuses a missing scope and another organization (403), each family in its own error body', async () => {
    client = await signedIn({}, 'cjp:config_read');
    const create = await client.send('POST', '/v2/subscriptions', {});
    expect(create.status).toBe(403);
    expect(await create.json()).toEqual({
      trackingId: expect.stringMatching(/^NOTIFS_/),
      error: { key: 403, message: [{ description: expect.any(String) }] },
    });
    const other = await client.send('GET', '/organization/00000000-0000-4000-8000-000000000000/team');
    expect(other.status).toBe(403);
    expect(await other.json()).toEqual({
      trackingId: expect.stringMatching(/^ccconfig_/),
      error: {
        key: '403',
        reason: expect.any(String),
        message: [{ description: expect.any(String), code: '403', entity: expect.any(String), references: [] }],
      },
    });
    const search = await client.send('POST', '/search?orgId=00000000-0000-4000-8000-000000000000', {
      query: '{ __typename }',
    });
    expect(search.status).toBe(403);
  });

  it('echoes a TrackingId in answers and in error bodies', async () => {
    client = await signedIn();
    const answer = await client.send('POST', '/search', { query: 5 }, { TrackingId: 'mine-1' });
    expect(answer.headers.get('trackingid')).toBe('mine-1');
    expect(await answer.json()).toMatchObject({ trackingId: 'mine-1' });
  });

  it('refuses what exceeds the minute’s quota of a client with 429, Retry-After and no body, and logs it', async () => {
    let nowMs = Math.floor(Date.now() / 60_000) * 60_000 + 50_000;
    client = await signedIn({ quotaPerMinute: 3, now: () => nowMs });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await client.send('GET', '/v2/event-types')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await client.send('GET', '/v2/event-types');
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await refused.text()).toBe('');
    nowMs += 10_000;
    expect((await client.send('GET', '/v2/event-types')).status).toBe(200);
    const log = await client.control('GET', '/control/requests');
    expect(log.minutes.map((one: { asked: number; refused: number }) => [one.asked, one.refused])).toEqual([
      [5, 2],
      [1, 0],
    ]);
    expect(log.busiest['simulated-client']).toBe(6);
  });

  it('counts per client id, not per token', async () => {
    client = await signedIn({
      quotaPerMinute: 1,
      clients: [
        { id: 'simulated-client', secret: 'simulated-secret' },
        { id: 'two', secret: 'two' },
      ],
    });
    const form = { grant_type: 'authorization_code', redirect_uri: REDIRECT, client_id: 'two', client_secret: 'two' };
    const code = await codeOf(client.simulator, { client_id: 'two' });
    const other = (await (await tokenRequest(client.simulator, { ...form, code })).json()) as { access_token: string };
    expect((await client.send('GET', '/v2/event-types')).status).toBe(200);
    const headers = { authorization: `Bearer ${other.access_token}` };
    expect((await fetch(`${client.simulator.baseUrl}/v2/event-types`, { headers })).status).toBe(200);
  });
});
