import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSimulator, createSimulatorControl, type Simulator, type SimulatorControl } from '@wxcc-wfo/simulator';
import {
  createOAuthClient,
  createWebexClient,
  type WebexClient,
  type WebexClientOptions,
  type WebexEndpoints,
} from '../../libs/webex/src/index.ts';

/** The real client reads the simulated tenant: what each of them decides where nothing is published must fit. */
describe('SYNC-01, SYNC-06: the directory over HTTP', () => {
  let simulator: Simulator;
  let control: SimulatorControl;
  let client: WebexClient;
  let options: WebexClientOptions;
  let endpoints: WebexEndpoints;
  let accessToken = '';
  const redirectUri = 'https://bridge.example.com/callback';
  const app = { clientId: 'simulated-client', clientSecret: 'simulated-secret' };

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 0, agents: 11, quotaPerMinute: 1_000_000 });
    control = createSimulatorControl(simulator.controlUrl);
    const { baseUrl } = simulator;
    endpoints = {
      apiUrl: baseUrl,
      oauthAuthorizeUrl: `${baseUrl}/v1/authorize`,
      oauthTokenUrl: `${baseUrl}/v1/access_token`,
      peopleMeUrl: `${baseUrl}/v1/people/me`,
      allowedHosts: [new URL(baseUrl).host],
      allowPrivateAddresses: true,
    };
    const oauth = createOAuthClient({ endpoints });
    const authorizeUrl = oauth.authorizeUrl({
      clientId: app.clientId,
      redirectUri,
      scopes: ['cjp:config_read'],
      state: 's',
    });
    const { headers } = await fetch(authorizeUrl, { redirect: 'manual' });
    const code = new URL(headers.get('location')!).searchParams.get('code')!;
    ({ accessToken } = await oauth.exchangeCode({ ...app, code, redirectUri }));
    options = {
      endpoints,
      quota: { acquire: async () => ({ sendByMs: Number.POSITIVE_INFINITY }), penalise: async () => undefined },
      quotaKey: app.clientId,
      kind: 'sync',
      orgId: simulator.tenant.options.orgId,
      getAccessToken: async () => accessToken,
    };
    client = createWebexClient(options);
  });
  afterAll(() => simulator.close());
  afterEach(async () => {
    await control.clearFaults();
    await control.generate({ users: 0, teams: 0, queues: 0 });
  });

  const idsOf = async <T>(pages: AsyncIterable<T[]>, idOf: (item: T) => string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const page of pages) ids.push(...page.map(idOf));
    return ids;
  };
  const users = (by = client) => idsOf(by.listUsers(), (user) => user.userId);
  const truth = async () => (await control.users()).map((user) => user.id);

  it('reads every kind as it is', async () => {
    await control.generate({ users: 250, teams: 120, queues: 130 });
    expect(await users()).toEqual(await truth());
    expect(await idsOf(client.listTeams(), (team) => team.teamId)).toEqual((await control.teams()).map(({ id }) => id));
    expect(await idsOf(client.listQueues(), (one) => one.queueId)).toEqual(
      (await control.queues()).map(({ id }) => id),
    );
    expect(await idsOf(client.listSites(), (site) => site.siteId)).toHaveLength(2);
    expect(await idsOf(client.listEntryPoints(), (entryPoint) => entryPoint.entryPointId)).toHaveLength(2);
    expect(await idsOf(client.listAuxiliaryCodes(), (code) => code.auxiliaryCodeId)).toHaveLength(5);
  });

  it.each([
    ['an empty page in the middle', { kind: 'directory-empty-page', resource: 'user', page: 1 }],
    ['the last pages missing', { kind: 'directory-missing-pages', resource: 'user', fromPage: 2 }],
    ['a total that is too high', { kind: 'directory-wrong-total', resource: 'user', delta: 1 }],
    ['a total that is too low', { kind: 'directory-wrong-total', resource: 'user', delta: -1 }],
    ['a total that differs on one page', { kind: 'directory-wrong-total', resource: 'user', page: 1 }],
    [
      'one deleted and one added before each page',
      { kind: 'directory-shift', resource: 'user', page: 1, remove: 1, add: 2 },
    ],
  ] as const)('fails as incomplete: %s', async (_, fault) => {
    await control.generate({ users: 250 });
    await control.fault(fault);
    await expect(users()).rejects.toMatchObject({ kind: 'incomplete' });
  });

  it('fails with the fault of a page that cannot be had', async () => {
    await control.generate({ users: 250 });
    await control.fault({ kind: 'server-error', resource: 'user', page: 2 });
    // The call's deadline falls between two attempts or, on a machine that stalls, into one.
    const hurried = createWebexClient({ ...options, timeouts: { deadlineMs: 600 } });
    await expect(users(hurried)).rejects.toMatchObject({ kind: expect.stringMatching(/^(unavailable|timeout)$/) });
  });

  it('finds the one that slipped to an earlier page while totals stayed', async () => {
    await control.generate({ users: 250 });
    const throughout = (await truth()).slice(1);
    await control.fault({ kind: 'directory-shift', resource: 'user', page: 1, count: 1, remove: 1, add: 1 });
    expect(await users()).toEqual(expect.arrayContaining(throughout));
  });

  it('cannot tell a half that says of itself to be all, and asks for the missing by name', async () => {
    await control.generate({ users: 250 });
    const all = await truth();
    await control.fault({ kind: 'directory-half', resource: 'user', share: 0.5, page: 0 });
    await control.fault({ kind: 'directory-half', resource: 'user', share: 0.5, page: 1 });
    const half = await users();
    const kept = Math.floor(all.length / 2);
    expect(half).toEqual(all.slice(0, kept));
    await control.clearFaults();
    const found = await client.findUsers([...all.slice(kept), 'never-there']);
    expect(found.map((user) => user.userId)).toEqual(all.slice(kept));
  });

  it('ACD-07: finds the account that authorized, which is not contact-center enabled', async () => {
    const { identityId, emails, serverTimeMs } = await createOAuthClient({ endpoints }).whoAmI(accessToken);
    const account = await client.findUserByIdentity(identityId!);
    expect(account).toMatchObject({ email: emails[0], isContactCenterEnabled: false, profileType: 'ADMINISTRATOR' });
    expect(Math.abs(serverTimeMs! - Date.now())).toBeLessThan(5_000);
    expect(await client.findUserByIdentity('nobody')).toBeUndefined();
  });

  it('reads 5,000 users page by page', async () => {
    await control.generate({ users: 5_000, seed: 'big' });
    let pages = 0;
    const ids = new Set<string>();
    for await (const page of client.listUsers()) {
      pages += 1;
      for (const user of page) ids.add(user.userId);
    }
    // Those of the other tests included.
    expect([ids.size, pages]).toEqual([(await control.sizes()).users, Math.ceil(ids.size / 100)]);
  });
});
