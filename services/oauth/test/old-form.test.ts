import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createSealer, parseKeyring } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { uniqueName } from '@wxcc-wfo/testkit';
import { handOverApiKeys } from '../src/acds/withdrawal-job.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { type Answer, type Deployment, deployment, type RunningOAuth, runOAuth } from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let shared: Deployment;
let oauth: RunningOAuth;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0 });
  database = await oauthDatabase();
  shared = deployment(database, simulator);
  shared.environment.WEBEX_ALLOWED_HOSTS += ',rest-tenant.example,rd-tenant.example';
  oauth = await runOAuth(shared, { jobs: false, relay: false, topics: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query('UPDATE acd SET deleted = true');
  await database.pool.query('DELETE FROM outbox');
});

const SECRET = 'key-that-nobody-may-see';
const form = (changes: Record<string, unknown> = {}) => ({
  type: 'Cisco Customer Journey Platform',
  name: uniqueName('old'),
  username: 'admin@contactcentre.example',
  apiUrl: 'https://rest-tenant.example/aws/api',
  mediaApiUrl: 'https://rd-tenant.example/cr/get-decrypted-recording',
  apiKey: SECRET,
  webexOrgId: 'A1b2C3d4',
  ...changes,
});
const create = (changes: Record<string, unknown> = {}) => oauth.call('/v1/acds', { body: form(changes) });
const patch = (acd: Answer, body: object, ifMatch = acd.etag) =>
  oauth.call(`/v1/acds/${acd.body.acdId}`, { method: 'PATCH', body, ifMatch });
const handedKey = async (acdId: string) => {
  const [version, sealed] = await oauth.wiring.redis.hmget(`wfo:token:${acdId}`, 'version', 'sealed');
  if (!sealed) return null;
  const sealer = createSealer(parseKeyring(shared.environment.HANDOVER_KEYS!));
  return [Number(version), sealer.open(sealed, `${acdId}:${version}`).toString('utf8')];
};
const lastEvent = async (): Promise<AcdChanged> => {
  const { rows } = await database.pool.query(
    "SELECT value FROM outbox WHERE topic = 'acd-changed' ORDER BY id DESC LIMIT 1",
  );
  return JSON.parse(rows[0].value);
};

describe('ACD-02 the 1.0 form', () => {
  it.each([
    [{}, '1.0-cmsv1', false],
    [{ useCmsV2: true }, '1.0-to-2.0-cmsv2', true],
    [{ variant: '2.0-cmsv1' }, '2.0-cmsv1', false],
  ])('%j connects %s by its API key, without a sign-in', async (changes, variant, useCmsV2) => {
    const made = await create(changes);
    expect(made).toMatchObject({
      status: 201,
      body: {
        type: 'Cisco Customer Journey Platform',
        variant,
        useCmsV2,
        webexOrgId: 'A1b2C3d4',
        wfoTenantId: shared.tenantId,
        clientRef: null,
        authorization: 'authorized',
        apiKeySetAt: expect.any(String),
        capabilities: { digital: false, newWfm: false, classicWfm: true, customMetadata: false },
        warnings: [],
      },
    });
    expect(made.body.authorizationUrl).toBeUndefined();
    expect(await lastEvent()).toMatchObject({
      variant,
      mediaApiUrl: 'https://rd-tenant.example/cr/get-decrypted-recording',
      authorization: 'authorized',
    });
  });

  it('AUTH-06: the key is sealed at rest and handed over sealed; it is shown nowhere', async () => {
    const made = await create();
    const { acdId } = made.body;
    const { rows } = await database.pool.query('SELECT sealed_key FROM acd_api_key WHERE acd_id = $1', [acdId]);
    expect(rows[0].sealed_key).toMatch(/^v1\.k1\./);
    expect(await handedKey(acdId)).toEqual([1, SECRET]);
    const audit = await oauth.call(`/v1/audit-entries?acdId=${acdId}`);
    expect(audit.body.items[0].changes).toContainEqual({ field: 'apiKey', before: null, after: 'changed' });
    const wrong = await create({ apiKey: `${SECRET}\u0007` });
    expect(wrong.status).toBe(400);
    const everything = [made, await oauth.call(`/v1/acds/${acdId}`), audit, wrong];
    const { rows: outbox } = await database.pool.query('SELECT value FROM outbox');
    expect(JSON.stringify([everything, outbox, rows])).not.toContain(SECRET);
  });

  it('without a key is not authorized and says so; the key that comes later authorizes it', async () => {
    const made = await create({ apiKey: undefined });
    expect(made.body).toMatchObject({
      authorization: 'not-authorized',
      apiKeySetAt: null,
      warnings: [{ field: 'apiKey', remedy: expect.stringContaining('PATCH') }],
    });
    const saved = await patch(made, { apiKey: SECRET });
    expect(saved).toMatchObject({ status: 200, body: { authorization: 'authorized', warnings: [] } });
    expect(await handedKey(made.body.acdId)).toEqual([1, SECRET]);
  });

  it('another key is a newer version; another account drops the key, unless its own comes along', async () => {
    const made = await create();
    const { acdId } = made.body;
    const second = await patch(made, { apiKey: 'second' });
    expect(await handedKey(acdId)).toEqual([2, 'second']);

    const other = { username: 'other@contactcentre.example', confirm: ['change-username'] };
    const dropped = await patch(second, other);
    expect(dropped.body).toMatchObject({ authorization: 'not-authorized', apiKeySetAt: null });
    expect(dropped.body.authorizationUrl).toBeUndefined();
    expect(await handedKey(acdId)).toBeNull();

    const third = await patch(dropped, { apiKey: 'third' });
    expect(await handedKey(acdId)).toEqual([3, 'third']);
    const along = await patch(third, { ...other, username: 'third@contactcentre.example', apiKey: 'fourth' });
    expect(along.body).toMatchObject({ authorization: 'authorized', username: 'third@contactcentre.example' });
    expect(await handedKey(acdId)).toEqual([4, 'fourth']);
    expect(await lastEvent()).toMatchObject({ authorization: 'authorized', droppedTokenVersion: 3 });
  });

  it('Redis emptied: the keys are handed over again', async () => {
    const { acdId } = (await create()).body;
    await oauth.wiring.redis.del(`wfo:token:${acdId}`);
    expect(await handOverApiKeys(oauth.wiring)).toBe(1);
    expect(await handedKey(acdId)).toEqual([1, SECRET]);
    expect(await handOverApiKeys(oauth.wiring)).toBe(0);
  });

  it('the tick can be set later; SEG-12: 2.0 with CMSv1 warns of what is not blanked', async () => {
    const made = await create();
    const ticked = await patch(made, { useCmsV2: true });
    expect(ticked.body).toMatchObject({ variant: '1.0-to-2.0-cmsv2', authorization: 'authorized' });
    const named = await patch(ticked, { variant: '2.0-cmsv1', rteMessaging: true });
    expect(named).toMatchObject({
      status: 200,
      body: { rteMessaging: true, useCmsV2: false, warnings: [{ field: 'rteMessaging' }] },
    });
  });

  it('deletes the key with the ACD, and says that the provider’s copy works on', async () => {
    const made = await create();
    const { acdId } = made.body;
    const answer = await oauth.call(`/v1/acds/${acdId}`, { method: 'DELETE', ifMatch: made.etag });
    const what = answer.body.remains.map((one: { what: string }) => one.what);
    expect(what).toContain('api-key-at-the-provider');
    expect(what).not.toContain('tokens-at-webex');
    expect(what).not.toContain('webhook-subscriptions');
    const { rows } = await database.pool.query('SELECT 1 FROM acd_api_key WHERE acd_id = $1', [acdId]);
    expect([rows, await handedKey(acdId)]).toEqual([[], null]);
  });

  it('is never authorized by a sign-in', async () => {
    const { acdId } = (await create()).body;
    const answer = await oauth.call(`/v1/acds/${acdId}/authorization-requests`, { method: 'POST' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.remedy).toEqual(expect.any(String));
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['Digital', { qualityManagement: { enabled: true, digital: true } }, 'qualityManagement.digital'],
    [
      'custom metadata',
      { metadataMappings: [{ acdMetadataName: 'task.origin', metadataLabel: 'x' }] },
      'metadataMappings',
    ],
    ['a client record', { clientRef: '22222222-2222-4222-8222-222222222222' }, 'clientRef'],
    ['a host that is not allowed', { mediaApiUrl: 'https://evil.example/x' }, 'mediaApiUrl'],
    ['a personal mailbox', { username: 'me@yahoo.com' }, 'username'],
  ])('refuses %s', async (_name, changes, field) => {
    expect(await create(changes)).toMatchObject({ status: 422, body: { field, remedy: expect.any(String) } });
  });

  it('is one organization of the tenant like any other', async () => {
    const made = await create();
    expect(await create()).toMatchObject({
      status: 409,
      body: { field: 'webexOrgId', detail: expect.stringContaining(made.body.acdId) },
    });
  });

  it('CAP-08: the budget is the account’s at that host', async () => {
    await create();
    const { quotaKey: first } = await lastEvent();
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    await create({ webexOrgId: 'b2', mediaApiUrl: 'https://rd-tenant.example/other' });
    expect((await lastEvent()).quotaKey).toBe(first);
    await create({ webexOrgId: 'b3', username: 'second@contactcentre.example' });
    expect((await lastEvent()).quotaKey).not.toBe(first);
  });
});

describe('ACD-02 GET /v1/variants', () => {
  it('shows the matrix', async () => {
    const { body } = await oauth.call('/v1/variants', { key: shared.keys.reader });
    expect(
      body.items.map((one: { variant: string; capabilities: Record<string, boolean> }) => [
        one.variant,
        one.capabilities.stereoRecording,
        one.capabilities.screenPauseResume,
      ]),
    ).toEqual([
      ['1.0-cmsv1', false, true],
      ['1.0-to-2.0-cmsv2', true, true],
      ['2.0-cmsv1', true, false],
      ['2.0', true, true],
    ]);
  });
});
