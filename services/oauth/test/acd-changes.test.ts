import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { faultProxy, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { refreshOneDueToken } from '../src/tokens/refresh-job.ts';
import { tokenBinding } from '../src/tokens/token-repository.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import {
  type Answer,
  browse,
  type CallOptions,
  createAcd,
  type Deployment,
  deployment,
  type RunningOAuth,
  runOAuth,
  signIn,
} from './running-oauth.ts';
import { ModelProvider, replica, testClock } from './token-world.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;
let acd: { acdId: string; authorizationUrl: string; clientRef: string };

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  oauth = await runOAuth(shared, { jobs: false, relay: false, topics: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(async () => {
  // One active ACD per organization: each test has its own.
  await database.pool.query('UPDATE acd SET deleted = true');
  await database.pool.query('DELETE FROM outbox');
  acd = await createAcd(oauth, simulator);
});

const path = () => `/v1/acds/${acd.acdId}`;
const read = () => oauth.call(path());
const send = async (method: string, body?: unknown, o: CallOptions = {}): Promise<Answer> =>
  oauth.call(path(), { method, body, ifMatch: (await read()).etag, ...o });
const patch = (body: unknown, o: CallOptions = {}) => send('PATCH', body, o);
const authorize = async (url = acd.authorizationUrl) => {
  expect((await browse(await signIn(url))).status).toBe(200);
};
const events = async (): Promise<AcdChanged[]> => {
  const { rows } = await database.pool.query("SELECT value FROM outbox WHERE topic = 'acd-changed' ORDER BY id");
  return rows.map((row) => JSON.parse(row.value));
};
const count = async (table: string): Promise<number> => {
  const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE acd_id = $1`, [acd.acdId]);
  return rows[0].n;
};
const handedOver = () => oauth.wiring.redis.exists(`wfo:token:${acd.acdId}`);
const OTHER = { username: 'other@contactcentre.example' };

describe('ACD-01 optimistic concurrency', () => {
  it('shows the ETag; a change without it is refused, and one for an older version', async () => {
    const { etag } = await read();
    expect(etag).toBe('"1"');
    for (const method of ['PATCH', 'DELETE'] as const) {
      const body = method === 'DELETE' ? undefined : { name: 'Nobody' };
      expect(await send(method, body, { ifMatch: null })).toMatchObject({
        status: 428,
        body: { code: 'precondition-required', field: 'headers/if-match', remedy: expect.any(String) },
      });
      expect(await send(method, body, { ifMatch: '"9"' })).toMatchObject({
        status: 412,
        body: { code: 'precondition-failed', detail: expect.stringContaining('"1"') },
      });
    }
    const changed = await patch({ rteMessaging: true });
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: { revision: 2, rteMessaging: true } });
    expect((await read()).body).toEqual(changed.body);
  });

  it('lets one of two simultaneous saves through', async () => {
    const { etag: ifMatch } = await read();
    const answers = await Promise.all(
      [10, 20, 40].map((synchronizationIntervalMinutes) => patch({ synchronizationIntervalMinutes }, { ifMatch })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect((await read()).body.revision).toBe(2);
    expect((await events()).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('lets one of two simultaneous creations of an organization through; the other is told by which', async () => {
    const { clientRef } = acd;
    const { options } = simulator.tenant;
    const webexOrgId = '44444444-4444-4444-8444-444444444444';
    const body = { clientRef, username: options.adminEmail, apiUrl: simulator.baseUrl, webexOrgId };
    const answers = await Promise.all(
      ['One', 'Two'].map((name) => oauth.call('/v1/acds', { body: { ...body, name: uniqueName(name) } })),
    );
    const made = answers.find(({ status }) => status === 201)!;
    const refused = answers.find(({ status }) => status === 409)!;
    expect(refused.body).toMatchObject({ code: 'conflict', field: 'webexOrgId' });
    expect(refused.body.detail).toContain(`${made.body.name} (${made.body.acdId})`);
  });

  it('changes nothing for what changes nothing', async () => {
    const before = await read();
    expect(await patch({ rteMessaging: false })).toMatchObject({ status: 200, etag: before.etag, body: before.body });
    expect(await events()).toHaveLength(1);
  });

  it('is not another tenant’s to change', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'PUT' ? { name: 'x', username: 'x', apiUrl: 'x', webexOrgId: 'x' } : {};
      const answer = await send(method, method === 'DELETE' ? undefined : body, { key: shared.keys.foreign });
      expect(answer).toMatchObject({ status: 404 });
      expect(await send(method, method === 'DELETE' ? undefined : body, { key: shared.keys.reader })).toMatchObject({
        status: 403,
      });
    }
  });
});

describe('ACD-05 an ACD is published again', () => {
  const again = (body: object, key = shared.keys.own) =>
    oauth.call('/v1/republications', { method: 'POST', body, key });

  it('as it is now, a deleted one as well', async () => {
    await patch({ rteMessaging: true });
    const told = (await events()).at(-1)!;
    expect(await again({ acdId: acd.acdId })).toMatchObject({ status: 200, body: { published: 1, cursor: null } });
    expect((await events()).at(-1)).toEqual(told);
    expect(await events()).toHaveLength(3);
    await database.pool.query('UPDATE acd SET deleted = true');
    await again({ acdId: acd.acdId });
    expect((await events()).at(-1)).toEqual({ ...told, deleted: true });
  });

  it('unless it has not changed in that time, or is another tenant’s', async () => {
    const { acdId } = acd;
    expect((await again({ acdId, to: '2020-01-01T00:00:00Z' })).body).toEqual({ published: 0, cursor: null });
    expect(await again({ acdId }, shared.keys.foreign)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await again({ acdId }, shared.keys.reader)).toMatchObject({ status: 403 });
    expect(await events()).toHaveLength(1);
  });
});

describe('ACD-01 change', () => {
  it('by PATCH merges, and takes a field back to its default with null', async () => {
    await patch({ dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' }, captureDelayMinutes: 5 });
    const { body } = await patch({ qualityManagement: { digital: true }, captureDelayMinutes: null });
    expect(body).toMatchObject({
      qualityManagement: { enabled: true, voice: true, digital: true },
      captureDelayMinutes: 15,
      dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
      revision: 3,
    });
    expect((await events()).at(-1)).toMatchObject({ revision: 3, captureDelayMinutes: 15, deleted: false });
  });

  it('takes a merge patch by its own media type (RFC 7396)', async () => {
    const answer = await fetch(`${oauth.url}${path()}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${shared.keys.own}`,
        'content-type': 'application/merge-patch+json',
        'if-match': '"1"',
      },
      body: JSON.stringify({ rteMessaging: true }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { rteMessaging: true }]);
  });

  it('by PUT replaces: what is left out takes its default', async () => {
    await patch({ captureDelayMinutes: 5, rteMessaging: true });
    const { name, clientRef, username, apiUrl, webexOrgId } = (await read()).body;
    const answer = await send('PUT', { name, clientRef, username, apiUrl, webexOrgId });
    expect(answer).toMatchObject({ status: 200, body: { captureDelayMinutes: 15, rteMessaging: false } });
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ['a personal mailbox', { username: 'me@gmail.com' }, 422, 'username'],
    ['a field of another variant', { apiKey: 'k' }, 422, 'apiKey'],
    ['another type', { variant: '1.0-cmsv1', mediaApiUrl: 'https://x/y' }, 422, 'variant'],
    ['an unknown client', { clientRef: '22222222-2222-4222-8222-222222222222' }, 422, 'clientRef'],
    ['no name', { name: null }, 400, 'body/name'],
    ['an unknown field', { colour: 'blue' }, 400, 'body/colour'],
    ['an unknown confirmation', { confirm: ['everything'] }, 400, 'body/confirm/0'],
  ])('refuses %s, and changes nothing', async (_name, body, status, field) => {
    expect(await patch(body)).toMatchObject({ status, body: { field, remedy: expect.any(String) } });
    expect((await read()).body.revision).toBe(1);
  });

  it('refuses a name in use', async () => {
    const taken = (await read()).body.name;
    await database.pool.query("UPDATE acd SET webex_org_id = 'elsewhere' WHERE acd_id = $1", [acd.acdId]);
    const other = await createAcd(oauth, simulator);
    const answer = await oauth.call(`/v1/acds/${other.acdId}`, {
      method: 'PATCH',
      body: { name: taken.toUpperCase() },
      ifMatch: '"1"',
    });
    expect(answer).toMatchObject({ status: 409, body: { field: 'name', detail: expect.stringContaining(acd.acdId) } });
  });
});

describe('ACD-01 confirmations', () => {
  it('a save that turns Voice off says what stops and how to confirm it', async () => {
    const change = { qualityManagement: { digital: true, voice: false } };
    const refused = await patch(change);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'confirmation-required', confirm: ['turn-off-voice'], field: 'confirm' },
    });
    expect(refused.body.errors).toEqual([
      {
        field: 'qualityManagement.voice',
        reason: expect.stringContaining('recordings are not imported'),
        remedy: expect.stringContaining('turn-off-voice'),
      },
    ]);
    expect((await read()).body.revision).toBe(1);
    expect((await patch({ ...change, confirm: ['turn-off-voice'] })).status).toBe(200);
  });

  it('is taken from the query as well', async () => {
    const off = { qualityManagement: { enabled: false } };
    const answer = await oauth.call(`${path()}?confirm=turn-off-voice,turn-off-quality-management`, {
      method: 'PATCH',
      body: off,
      ifMatch: '"1"',
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { qualityManagement: { enabled: false, voice: false, digital: false } },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['username', OTHER, 'change-username'],
    ['organization', { webexOrgId: '55555555-5555-4555-8555-555555555555' }, 'change-organization'],
    ['API URL', { apiUrl: 'http://127.0.0.1:1' }, 'change-api-url'],
    ['client', {}, 'change-client'],
  ])('another %s drops the tokens and asks for authorization', async (what, change, confirm) => {
    await authorize();
    expect([await handedOver(), await count('token')]).toEqual([1, 1]);
    const allowed = what === 'API URL' ? { apiUrl: `${simulator.baseUrl}/elsewhere` } : change;
    const body = what === 'client' ? { clientRef: (await anotherClient()).clientRef } : allowed;
    expect(await patch(body)).toMatchObject({ status: 409, body: { confirm: [confirm] } });
    expect([await handedOver(), await count('token')]).toEqual([1, 1]);

    const saved = await patch({ ...body, confirm: [confirm] });
    expect(saved).toMatchObject({
      status: 200,
      body: { authorization: 'not-authorized', authorizationUrl: expect.stringContaining('http') },
    });
    expect([await handedOver(), await count('token')]).toEqual([0, 0]);
    const { revision } = saved.body;
    // Copies of that version and older are used no more, wherever they lie.
    expect((await events()).at(-1)).toMatchObject({
      authorization: 'not-authorized',
      revision,
      droppedTokenVersion: 1,
    });
    // What was begun for the account before is no longer good.
    expect(await count('authorization_request')).toBe(1);
  });

  const anotherClient = async () => {
    const [client] = simulator.tenant.options.clients;
    const body = { name: uniqueName('client'), clientId: client!.id, clientSecret: client!.secret };
    return (await oauth.call('/v1/clients', { body })).body as { clientRef: string };
  };

  it('drop them also where a refresh is under way: its answer is of the account before', async () => {
    await authorize();
    await refreshDuring(async () =>
      expect((await patch({ ...OTHER, confirm: ['change-username'] })).body.authorization).toBe('not-authorized'),
    );
    expect([await count('token'), await handedOver()]).toEqual([0, 0]);
    expect((await events()).at(-1)).toMatchObject({ ...OTHER, authorization: 'not-authorized' });
  });

  it('a new authorization goes on from the version that was dropped', async () => {
    await authorize();
    const saved = await patch({ clientRef: (await anotherClient()).clientRef, confirm: ['change-client'] });
    await authorize(saved.body.authorizationUrl);
    const { rows } = await database.pool.query('SELECT version FROM token WHERE acd_id = $1', [acd.acdId]);
    expect(rows).toEqual([{ version: 2 }]);
    expect((await read()).body.authorization).toBe('authorized');
  });
});

/** Refreshes the token, which is due; `work` is done while Webex is asked. */
async function refreshDuring(work: () => Promise<void>): Promise<void> {
  const clock = testClock();
  clock.advance(13 * 3_600_000);
  const provider = new ModelProvider(clock);
  const { rows } = await database.pool.query('SELECT version, sealed_refresh FROM token WHERE acd_id = $1', [
    acd.acdId,
  ]);
  const binding = tokenBinding(acd.acdId, rows[0].version, 'refresh');
  provider.issue(oauth.wiring.seals.atRest.open(rows[0].sealed_refresh, binding).toString('utf8'));
  provider.during = work;
  const { wiring } = replica(oauth.wiring, { clock, provider });
  expect(await refreshOneDueToken(wiring)).toBe(true);
  expect(provider.calls).toBe(1);
}

describe('ACD-01 delete', () => {
  it('says what remains and until when; nothing of its credentials does', async () => {
    await authorize();
    const { rows } = await database.pool.query('SELECT refresh_expires_at_ms FROM token WHERE acd_id = $1', [
      acd.acdId,
    ]);
    const until = new Date(Number(rows[0].refresh_expires_at_ms)).toISOString();
    const { name } = (await read()).body;
    const answer = await send('DELETE');
    expect(answer).toMatchObject({ status: 200, body: { acdId: acd.acdId, name } });
    const remains = new Map(
      answer.body.remains.map((one: { what: string; until: string | null }) => [one.what, one.until]),
    );
    expect([...remains.keys()]).toEqual([
      'contacts-and-recordings',
      'directory',
      'audit-trail',
      'deletion-mark',
      'webhook-subscriptions',
      'events',
      'tokens-at-webex',
      'client-record',
    ]);
    expect(remains.get('tokens-at-webex')).toBe(until);
    expect([await handedOver(), await count('token'), await count('authorization_request')]).toEqual([0, 0, 0]);
    expect((await events()).at(-1)).toMatchObject({ deleted: true, authorization: 'not-authorized' });
    expect((await read()).status).toBe(404);
    expect((await send('DELETE')).status).toBe(404);
  });

  it('frees name and organization, for another server id', async () => {
    const { name } = (await read()).body;
    await send('DELETE');
    const again = await createAcd(oauth, simulator, { name });
    expect(again.acdId).not.toBe(acd.acdId);
  });

  it('lasts, also over a refresh that is under way', async () => {
    await authorize();
    await refreshDuring(async () => expect((await send('DELETE')).status).toBe(200));
    expect([await count('token'), await handedOver()]).toEqual([0, 0]);
    expect((await events()).at(-1)).toMatchObject({ deleted: true });
  });

  it('takes the token back as soon as Redis, which is away, is reached again, and what a slow replica puts there', async () => {
    await authorize();
    const { hostname, port } = new URL(shared.environment.REDIS_URL!);
    const redis = await faultProxy({ target: { host: hostname, port: Number(port) } });
    const alone = await runOAuth(shared, {
      relay: false,
      topics: false,
      environment: { REDIS_URL: `redis://${redis.address}` },
    });
    try {
      redis.refuse();
      const { etag: ifMatch } = await read();
      const answer = await alone.call(path(), { method: 'DELETE', ifMatch });
      expect(answer.body.remains.map((one: { what: string }) => one.what)).toContain('hand-over-store');
      expect(await handedOver()).toBe(1);
      redis.heal();
      await waitFor('the withdrawal', async () => (await handedOver()) === 0);
      const late = { acdId: acd.acdId, version: 1, accessToken: 'late', expiresAtMs: Date.now() + 60_000 };
      expect(await oauth.wiring.handover.put(late)).toBe(true);
      await waitFor('the second withdrawal', async () => (await handedOver()) === 0);
    } finally {
      await alone.stop();
      await redis.close();
    }
  });
});
