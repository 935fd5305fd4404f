import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type App,
  accessMigrationsFolder,
  createAccessControl,
  createApp,
  createLogger,
  newApiKey,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import { type Consumer, createConsumer, createDeadLetters, deadLetterRoutes, done } from './index.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

let kit: LifecycleKit;
let app: App;
let consumer: Consumer;
let refuse = true;
const keys = {
  mine: newApiKey('mine'),
  other: newApiKey('other'),
  platform: newApiKey('platform'),
  reader: newApiKey('reader'),
};

beforeAll(async () => {
  kit = await createLifecycleKit({ ...subject, migrations: [...subject.migrations, accessMigrationsFolder] }, '');
  const [mine, other] = kit.tenants as [string, string];
  consumer = createConsumer({
    bus: kit.bus,
    pool: kit.pool,
    groupId: kit.groupId,
    logger: testLogger,
    handlers: {
      'authorization-lost': async (events, tx) => {
        for (const { payload } of events) {
          if (refuse) throw new Error('refused for now');
          await tx.query('INSERT INTO effect VALUES ($1, $2, $3)', [
            Number(payload.remedy),
            payload.acdId,
            payload.detail,
          ]);
        }
        return events.map(() => done);
      },
    },
  });
  const entry = (name: keyof typeof keys, tenantId: string | null, scopes: string[]) => ({
    id: name,
    sha256: keys[name].sha256,
    scopes,
    tenantId,
  });
  const both = ['dead-letters:read', 'dead-letters:write'];
  app = await createApp({
    service: 'test',
    version: '0',
    description: 'test',
    logger: createLogger({ name: 'test', level: 'silent' } as never),
    readiness: [],
    access: createAccessControl({
      pool: kit.pool,
      apiKeys: [
        entry('mine', mine, both),
        entry('other', other, both),
        entry('platform', null, both),
        entry('reader', mine, ['dead-letters:read']),
      ],
    }),
  });
  await deadLetterRoutes(app, {
    deadLetters: createDeadLetters({
      pool: kit.pool,
      consumers: [consumer],
      readAsTenant: (tenantId, read) => readAsTenant(kit.pool, { readerRole: kit.readerRole, tenantId }, read),
    }),
  });
  await app.ready();
  // Event 1, 3, 5 and 7 are authorization-lost; three of them are mine, one is another tenant's.
  await kit.publish([1, 3, 5].map((n) => subject.event(n, mine)));
  await kit.publish([subject.event(7, other)]);
  await consumer.start();
  await waitFor('four letters', async () => (await kit.deadLetters()).length === 4);
});
afterAll(async () => {
  await consumer?.stop(5_000);
  await app?.close();
  await kit?.close();
});

async function call(key: keyof typeof keys, method: 'GET' | 'POST' | 'PUT', path: string, body?: object) {
  const headers = { authorization: `Bearer ${keys[key].key}` };
  const response = await app.inject({
    method,
    url: `/v1/dead-letters${path}`,
    headers,
    ...(body ? { payload: body } : {}),
  });
  return { status: response.statusCode, body: response.body === '' ? null : response.json() };
}
const idsOf = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map((item) => item.id);

describe('/v1/dead-letters', () => {
  it('lists to a tenant its own rows only, in pages, newest first', async () => {
    const first = await call('mine', 'GET', '?limit=2&state=parked');
    expect(first.status).toBe(200);
    expect(first.body.items).toHaveLength(2);
    expect(first.body.items[0]).toMatchObject({
      tenantId: kit.tenants[0],
      code: 'unknown-failure',
      state: 'parked',
      attempt: 3,
      topic: 'authorization-lost',
    });
    const second = await call('mine', 'GET', `?limit=2&state=parked&cursor=${first.body.nextCursor}`);
    expect(second.body.nextCursor).toBeNull();
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(3);
    expect((await call('platform', 'GET', '')).body.items).toHaveLength(4);
    expect((await call('mine', 'GET', `?tenantId=${kit.tenants[1]}`)).body.items).toEqual([]);
    expect((await call('mine', 'GET', '?cursor=x')).status).toBe(400);
  });

  it('hides another tenant’s letter, whatever is asked of it', async () => {
    const [foreign] = idsOf(await call('other', 'GET', ''));
    expect((await call('mine', 'GET', `/${foreign}`)).status).toBe(404);
    expect((await call('mine', 'PUT', `/${foreign}/value`, { encoding: 'text', content: '{}' })).status).toBe(404);
    expect((await call('mine', 'POST', `/${foreign}/replay`)).status).toBe(404);
    expect((await call('mine', 'POST', `/${foreign}/discard`, {})).status).toBe(404);
  });

  it('is guarded by the database as well as by its query', async () => {
    const asMe = { readerRole: kit.readerRole, tenantId: kit.tenants[0]! };
    const { rows } = await readAsTenant(kit.pool, asMe, (tx) => tx.query('SELECT DISTINCT tenant_id FROM dead_letter'));
    expect(rows).toEqual([{ tenant_id: kit.tenants[0] }]);
  });

  it('refuses writing to a key that may only read', async () => {
    const [id] = idsOf(await call('reader', 'GET', ''));
    expect((await call('reader', 'POST', `/${id}/replay`)).status).toBe(403);
  });

  it('inspects, refuses a replay that fails again, mends the value, and replays it', async () => {
    const [id] = idsOf(await call('mine', 'GET', '?state=parked'));
    const before = await call('mine', 'GET', `/${id}`);
    expect(before.body.value.encoding).toBe('text');
    const payload = JSON.parse(before.body.value.content);
    const failed = await call('mine', 'POST', `/${id}/replay`);
    expect(failed).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(failed.body.detail).toContain('refused for now');

    refuse = false;
    const stolen = JSON.stringify({ ...payload, tenantId: kit.tenants[1] });
    expect((await call('mine', 'PUT', `/${id}/value`, { encoding: 'text', content: stolen })).status).toBe(204);
    expect((await call('mine', 'POST', `/${id}/replay`)).body.detail).toContain('another tenant');

    const mended = JSON.stringify({ ...payload, detail: 'mended' });
    expect((await call('mine', 'PUT', `/${id}/value`, { encoding: 'text', content: mended })).status).toBe(204);
    expect(await call('mine', 'POST', `/${id}/replay`)).toEqual({ status: 200, body: { result: 'replayed' } });
    const { rows } = await kit.pool.query('SELECT stored FROM effect WHERE n = $1', [Number(payload.remedy)]);
    expect(rows).toEqual([{ stored: 'mended' }]);
    const after = await call('mine', 'GET', `/${id}`);
    expect(after.body).toMatchObject({ state: 'replayed', edited: true, updatedBy: 'key:mine' });
    expect(after.body.value.content).toBe(before.body.value.content);
    expect((await call('mine', 'POST', `/${id}/replay`)).status).toBe(404);
  });

  it('discards with a note, and the row stays', async () => {
    const [id] = idsOf(await call('mine', 'GET', '?state=parked'));
    expect((await call('mine', 'POST', `/${id}/discard`, { note: 'a test call' })).status).toBe(204);
    expect((await call('mine', 'GET', `/${id}`)).body).toMatchObject({ state: 'discarded', note: 'a test call' });
    expect((await call('mine', 'GET', `/${randomUUID()}`)).status).toBe(404);
  });
});
