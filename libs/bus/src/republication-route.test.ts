import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type App,
  accessMigrationsFolder,
  createAccessControl,
  createApp,
  createLogger,
  newApiKey,
} from '@wxcc-wfo/service-kit';
import { republicationRoute } from './index.ts';
import { acdChanged } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit } from './testing/index.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
const ACD = '22222222-2222-4222-8222-222222222222';
const START_MS = Date.UTC(2026, 2, 2);
/** One a second; more than one request publishes. */
const THINGS = 5_300;

let kit: LifecycleKit;
let app: App;
const key = newApiKey('operator');
beforeAll(async () => {
  kit = await createLifecycleKit({ ...subject, migrations: [...subject.migrations, accessMigrationsFolder] }, '');
  await kit.pool.query(
    'CREATE TABLE thing AS SELECT n, $1 + (n - 1) * 1000::bigint AS at_ms FROM generate_series(1, $2::int) n',
    [START_MS, THINGS],
  );
  app = await createApp({
    service: 'test',
    version: '0',
    description: 'test',
    logger: createLogger({ name: 'test', level: 'silent' } as never),
    readiness: [],
    access: createAccessControl({
      pool: kit.pool,
      apiKeys: [{ id: 'operator', sha256: key.sha256, scopes: ['things:write'], tenantId: TENANT }],
    }),
  });
  republicationRoute(app, {
    pool: kit.pool,
    scope: 'things:write',
    tag: 'things',
    things: 'things',
    happened: 'ended',
    async readPage(tx, page) {
      expect(page).toMatchObject({ acdId: ACD, tenantId: TENANT });
      const { rows } = await tx.query<{ n: number; at_ms: number }>(
        'SELECT n, at_ms FROM thing WHERE at_ms >= $1 AND at_ms < $2 AND at_ms > $3 ORDER BY at_ms LIMIT $4',
        [page.fromMs, page.toMs, page.after?.atMs ?? -1, page.limit],
      );
      return rows.map(({ n, at_ms }) => ({
        event: { topic: 'acd-changed', payload: acdChanged({ tenantId: TENANT, acdId: ACD, revision: n }) },
        place: { atMs: at_ms, id: String(n) },
      }));
    },
  });
});
afterAll(async () => {
  await app?.close();
  await kit?.close();
});

const ask = async (body: object) => {
  const headers = { authorization: `Bearer ${key.key}` };
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/republications',
    headers,
    payload: { acdId: ACD, ...body },
  });
  return {
    status: answer.statusCode,
    body: answer.json() as { published: number; cursor: string | null; field?: string },
  };
};
/** The revisions that were put into the outbox since the last call, in their order. */
async function published(): Promise<number[]> {
  const { rows } = await kit.pool.query<{ revision: number }>(
    `WITH gone AS (DELETE FROM outbox RETURNING id, value)
     SELECT (value::json->>'revision')::int AS revision FROM gone ORDER BY id`,
  );
  return rows.map((row) => row.revision);
}
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('publishing a range again', () => {
  it('ends a request after five thousand, and goes on at its cursor', async () => {
    const first = await ask({});
    expect(first).toMatchObject({ status: 200, body: { published: 5_000, cursor: expect.any(String) } });
    expect(await published()).toEqual(numbers(1, 5_000));
    expect(await ask({ cursor: first.body.cursor })).toEqual({ status: 200, body: { published: 300, cursor: null } });
    expect(await published()).toEqual(numbers(5_001, THINGS));
  });

  it('takes what is in [from, to)', async () => {
    const range = { from: '2026-03-02T00:00:10Z', to: '2026-03-02T00:00:13Z' };
    expect((await ask(range)).body).toEqual({ published: 3, cursor: null });
    expect(await published()).toEqual([11, 12, 13]);
  });

  it('refuses a range that ends before it begins and a cursor of somebody else', async () => {
    const backwards = { from: '2026-03-03T00:00:00Z', to: '2026-03-02T00:00:00Z' };
    expect(await ask(backwards)).toMatchObject({ status: 400, body: { field: 'to' } });
    expect(await ask({ cursor: 'bm9uc2Vuc2U' })).toMatchObject({ status: 400, body: { field: 'cursor' } });
    expect(await published()).toEqual([]);
  });
});
