import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { faultProxy, freePort } from '@wxcc-wfo/testkit';
import { findAcd } from '../src/acds/acd-repository.ts';
import { gatherFacts } from '../src/preflight/gather-facts.ts';
import { judgeFacts } from '../src/preflight/preflight-policy.ts';
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
let acd: Awaited<ReturnType<typeof createAcd>>;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 60, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false, relay: false });
  acd = await createAcd(oauth, simulator, { qualityManagement: { enabled: true, voice: true, digital: true } });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

const path = () => `/v1/acds/${acd.acdId}/preflight`;
const run = (key = shared.keys.own) => oauth.call(path(), { method: 'POST', key });
const outcomes = (body: { checks: { check: string; outcome: string }[] }) =>
  Object.fromEntries(body.checks.map(({ check, outcome }) => [check, outcome]));
const confirm = (check: string, note: string, key = shared.keys.own) =>
  oauth.call(`${path()}/confirmations`, { body: { check, note }, key });

describe('ACD-07 preflight', () => {
  it('before one was run there is none', async () => {
    expect(await oauth.call(path())).toMatchObject({ status: 404, body: { remedy: expect.stringMatching(/POST/) } });
  });

  it('of an ACD that is not authorized: says so, and what cannot be asked', async () => {
    const { status, body } = await run();
    expect(status).toBe(200);
    expect(outcomes(body)).toMatchObject({
      'account-form': 'pass',
      authorized: 'fail',
      organization: 'cannot-be-checked',
      'api-reachable': 'cannot-be-checked',
    });
    expect(body.summary.ready).toBe(false);
  });

  it('asks Webex what it may ask, and answers again with the last result', async () => {
    await browse(await signIn(acd.authorizationUrl));
    const { body } = await run();
    expect(outcomes(body)).toMatchObject({
      authorized: 'pass',
      organization: 'pass',
      'same-account': 'pass',
      'api-reachable': 'pass',
      'api-access': 'pass',
      scopes: 'pass',
      roles: 'pass',
      'clock-skew': 'pass',
      'account-synchronized': 'pass',
      'contact-center-enabled': 'pass',
      'media-api-access': 'pass',
      'segment-recording': 'pass',
      'webhook-address': 'cannot-be-checked',
    });
    expect(body.ranBy).toBe('key:own');
    expect((await oauth.call(path(), { key: shared.keys.reader })).body).toEqual(body);
    const { rows } = await database.pool.query('SELECT results::text AS text FROM preflight_result');
    expect(rows[0].text).not.toMatch(/_SIM1_/);
  });

  it('what cannot be checked is confirmed by a person, in the audit trail, for this account only', async () => {
    await run();
    expect(await confirm('api-reachable', 'I saw it.')).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await confirm('no-such-check', 'I saw it.')).status).toBe(400);
    expect((await confirm('rtms', '')).status).toBe(400);
    const { status, body } = await confirm('rtms', 'Cisco support, case 4711.');
    expect(status).toBe(200);
    const mine = (answer: typeof body) => answer.checks.find((one: { check: string }) => one.check === 'rtms');
    expect(mine(body)).toMatchObject({
      outcome: 'cannot-be-checked',
      confirmedBy: 'key:own',
      note: 'Cisco support, case 4711.',
    });
    expect(body.summary.confirmed).toBe(1);
    // It stays over the next run, and lapses with the account.
    expect(mine((await run()).body)).toMatchObject({ confirmedBy: 'key:own' });
    const { rows } = await database.pool.query(
      `SELECT subject, changes FROM audit_entry WHERE acd_id = $1 AND action = 'preflight-check-confirmed'`,
      [acd.acdId],
    );
    expect(rows).toEqual([
      {
        subject: 'key:own',
        changes: expect.arrayContaining([{ field: 'note', before: null, after: 'Cisco support, case 4711.' }]),
      },
    ]);
    const { adminEmail } = simulator.tenant.options;
    const rename = (username: string) =>
      database.pool.query('UPDATE acd SET username = $2 WHERE acd_id = $1', [acd.acdId, username]);
    await rename('other@contactcentre.example');
    expect(mine((await oauth.call(path())).body)).toMatchObject({ confirmedBy: null });
    expect(outcomes((await run()).body)).toMatchObject({ 'same-account': 'fail' });
    await rename(adminEmail);
  });

  it('Webex away, or a deadline that is over: every check is there, none of them an error', async () => {
    simulator.tenant.faults.add({ kind: 'server-error', routes: ['oauth', 'search', 'captures'] });
    const away = await findAcd(database.pool, acd.acdId);
    const late = judgeFacts(await gatherFacts(oauth.wiring, away!, 1));
    expect(late.find((one) => one.check === 'same-account')).toMatchObject({
      outcome: 'cannot-be-checked',
      evidence: expect.stringMatching(/time that a preflight may take/),
    });
    simulator.tenant.faults.reset();
  });

  describe('tells what fails from what is only late', () => {
    const DEADLINE_MS = 1_500;
    const judgedAt = async (apiUrl: string) => {
      const { wiring } = oauth;
      const allowedHosts = [...wiring.endpoints.allowedHosts, new URL(apiUrl).host];
      const stored = await findAcd(database.pool, acd.acdId);
      const reaching = { ...wiring, endpoints: { ...wiring.endpoints, allowedHosts } };
      const results = judgeFacts(await gatherFacts(reaching, { ...stored!, apiUrl }, DEADLINE_MS));
      return (check: string) => results.find((one) => one.check === check)!;
    };

    it('an API at whose address nobody listens cannot be reached', async () => {
      const result = await judgedAt(`http://127.0.0.1:${await freePort()}`);
      expect(result('api-reachable')).toMatchObject({ outcome: 'fail', next: expect.stringContaining('API URL') });
      expect(result('same-account').outcome).toBe('pass');
    });

    it('nor can one that never answers; our clock is not blamed for the wait', async () => {
      const { hostname: host, port } = new URL(simulator.baseUrl);
      const proxy = await faultProxy({ target: { host, port: Number(port) } });
      try {
        proxy.halfOpen();
        const result = await judgedAt(`http://${proxy.address}`);
        expect(result('api-reachable')).toMatchObject({
          outcome: 'fail',
          evidence: expect.stringContaining('in time'),
        });
        // The header’s whole seconds are one, the questions that nobody answered took another.
        expect(result('clock-skew').evidence).toMatch(/differ by [01] s/);
      } finally {
        await proxy.close();
      }
    });

    it('an API with a fault of its own was reached: try again', async () => {
      simulator.tenant.faults.add({ kind: 'server-error' });
      const result = await judgedAt(simulator.baseUrl);
      simulator.tenant.faults.reset();
      expect(result('api-reachable')).toMatchObject({
        outcome: 'cannot-be-checked',
        next: expect.stringMatching(/again/),
      });
    });

    it('a token that was revoked is no lack of roles or scopes: sign in again', async () => {
      simulator.tenant.tokens.expireAccessTokens();
      const result = await judgedAt(simulator.baseUrl);
      expect(result('authorized')).toMatchObject({
        outcome: 'fail',
        evidence: expect.stringContaining('revoked'),
        next: expect.stringContaining('authorization-requests'),
      });
      for (const check of ['roles', 'scopes', 'api-access', 'media-api-access', 'account-synchronized']) {
        expect(result(check)).toMatchObject({ outcome: 'cannot-be-checked' });
      }
    });
  });

  it('needs a credential of the tenant that may write', async () => {
    expect((await run(shared.keys.foreign)).status).toBe(404);
    expect((await run(shared.keys.reader)).status).toBe(403);
    expect((await confirm('rtms', 'x', shared.keys.reader)).status).toBe(403);
    expect((await oauth.call(path(), { key: shared.keys.foreign })).status).toBe(404);
  });
});
