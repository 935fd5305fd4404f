import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultProxy, waitFor } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { createPool } from './pool.ts';
import { isTransient, sqlState } from './sql-error.ts';
import { inTransaction, readAsTenant } from './transaction.ts';

const tenantA = 'aaaaaaaa-0000-4000-8000-000000000000';
const tenantB = 'bbbbbbbb-0000-4000-8000-000000000000';

let database: MigratedDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await migratedDatabase('database');
  pool = database.pool;
  await pool.query('CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL)');
  await pool.query('INSERT INTO account VALUES (1, 0), (2, 0)');
});
afterAll(() => database.close());

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a pool', () => {
  it('is named, works in the schema of its service and gives bigint as a number', async () => {
    const { rows } = await pool.query(
      "SELECT current_setting('application_name') AS name, current_schema() AS schema, 9007199254740991::bigint AS n, now() AS at",
    );
    expect(rows[0]).toEqual({
      name: 'kit-test',
      schema: database.schema,
      n: 9_007_199_254_740_991,
      at: expect.any(Date),
    });
  });

  it('refuses a bigint that no number holds instead of rounding it', async () => {
    expect(await errorOf(pool.query('SELECT 9007199254740993::bigint AS n'))).toMatchObject({
      message: 'The bigint 9007199254740993 does not fit a JavaScript number; select it as text (::text).',
    });
  });

  it('cancels a statement that runs too long', async () => {
    const impatient = createPool({ url: database.databaseUrl, applicationName: 'x', statementTimeoutMs: 50 });
    const error = await errorOf(impatient.query('SELECT pg_sleep(30)'));
    expect(sqlState(error)).toBe('57014');
    await impatient.end();
  });

  it('survives that the server ends its idle connections', async () => {
    const warnings: string[] = [];
    const victim = createPool({
      url: database.databaseUrl,
      applicationName: `victim-${database.schema}`,
      logger: { warn: (_, message) => void warnings.push(message ?? '') },
    });
    await victim.query('SELECT 1');
    await pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      `victim-${database.schema}`,
    ]);
    await waitFor('the broken connection to be noticed', () => warnings.length === 1);
    expect((await victim.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await victim.end();
  });

  it('reports a server that is away as transient, and works again once it is back', async () => {
    const { hostname, port } = new URL(database.databaseUrl);
    const proxy = await faultProxy({ target: { host: hostname, port: Number(port) } });
    const url = new URL(database.databaseUrl);
    url.host = proxy.address;
    const proxied = createPool({ url: url.href, applicationName: 'proxied', max: 1 });
    await proxied.query('SELECT 1');
    proxy.refuse();
    for (let i = 0; i < 3; i += 1) expect(isTransient(await errorOf(proxied.query('SELECT 1')))).toBe(true);
    proxy.heal();
    await waitFor('the pool to work again', async () => (await proxied.query('SELECT 1')).rowCount === 1);
    await proxied.end();
    await proxy.close();
  });

  it('gives up a query whose server vanished without a word, and the connection with it', async () => {
    const { hostname, port } = new URL(database.databaseUrl);
    const proxy = await faultProxy({ target: { host: hostname, port: Number(port) } });
    const url = new URL(database.databaseUrl);
    url.host = proxy.address;
    const proxied = createPool({ url: url.href, applicationName: 'vanishing', statementTimeoutMs: 1_000 });
    const begun = Promise.withResolvers<void>();
    const alone = errorOf(proxied.query('SELECT pg_sleep(30)'));
    const inside = errorOf(
      inTransaction(proxied, async (tx) => {
        await tx.query('SELECT 1');
        begun.resolve();
        await tx.query('SELECT pg_sleep(30)');
      }),
    );
    await begun.promise;
    proxy.halfOpen();
    const startMs = performance.now();
    for (const error of await Promise.all([alone, inside])) expect(isTransient(error)).toBe(true);
    // One time-out, not a second one for a ROLLBACK that nobody would answer.
    expect(performance.now() - startMs).toBeLessThan(11_000);
    proxy.heal();
    expect((await proxied.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(proxied.totalCount).toBe(1);
    await proxied.end();
    await proxy.close();
  }, 20_000);
});

describe('a transaction', () => {
  it('that Postgres rolled back does not pass for committed because an error was swallowed inside', async () => {
    const swallowed = inTransaction(pool, async (tx) => {
      await tx.query('UPDATE account SET amount = 77 WHERE id = 1');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
      return 'done';
    });
    expect(await errorOf(swallowed)).toMatchObject({ message: expect.stringContaining('rolled back') });
    const { rows } = await pool.query('SELECT amount FROM account WHERE id = 1');
    expect(rows).toEqual([{ amount: 0 }]);
  });

  it('commits the whole or nothing', async () => {
    const failure = inTransaction(pool, async (tx) => {
      await tx.query('UPDATE account SET amount = 99');
      throw new Error('changed my mind');
    });
    await expect(failure).rejects.toThrow('changed my mind');
    expect((await pool.query('SELECT max(amount) AS most FROM account')).rows).toEqual([{ most: 0 }]);
  });

  it('is run again after a deadlock, so that both of two that collide commit', async () => {
    let met = 0;
    const both = Promise.withResolvers<void>();
    const add = (first: number, second: number) => {
      let attempt = 0;
      return inTransaction(pool, async (tx) => {
        attempt += 1;
        await tx.query('UPDATE account SET amount = amount + 1 WHERE id = $1', [first]);
        met += 1;
        if (met === 2) both.resolve();
        if (attempt === 1) await both.promise;
        await tx.query('UPDATE account SET amount = amount + 1 WHERE id = $1', [second]);
        return attempt;
      });
    };
    const attempts = await Promise.all([add(1, 2), add(2, 1)]);
    expect(attempts.sort()).toEqual([1, 2]);
    expect((await pool.query('SELECT amount FROM account ORDER BY id')).rows).toEqual([{ amount: 2 }, { amount: 2 }]);
  });

  it('gives up after the allowed number of retries', async () => {
    let runs = 0;
    const failure = inTransaction(
      pool,
      async () => {
        runs += 1;
        throw Object.assign(new Error('serialization'), { code: '40001' });
      },
      { retries: 2 },
    );
    await expect(failure).rejects.toThrow('serialization');
    expect(runs).toBe(3);
  });

  it('whose connection dies leaves the pool usable', async () => {
    const failure = inTransaction(pool, async (tx) => {
      await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    expect(isTransient(await errorOf(failure))).toBe(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('reading as a tenant (row-level security)', () => {
  beforeAll(async () => {
    const reader = database.readerRole;
    await pool.query(`CREATE TABLE note (tenant_id uuid NOT NULL, text text NOT NULL);
      ALTER TABLE note ENABLE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON note FOR SELECT TO ${reader} USING (tenant_id = current_setting('app.tenant_id', true)::uuid);
      GRANT SELECT ON note TO ${reader};
      CREATE TABLE hidden (id int);`);
    await pool.query("INSERT INTO note VALUES ($1, 'of A'), ($2, 'of B')", [tenantA, tenantB]);
  });
  const read = (tenantId: string, sql: string) =>
    readAsTenant(pool, { readerRole: database.readerRole, tenantId }, async (tx) => (await tx.query(sql)).rows);

  it('shows the tenant’s own rows only, whatever is asked', async () => {
    expect(await read(tenantA, 'SELECT text FROM note')).toEqual([{ text: 'of A' }]);
    expect(await read(tenantB, `SELECT text FROM note WHERE tenant_id = '${tenantA}'`)).toEqual([]);
  });

  it('can neither write nor see what was not granted', async () => {
    expect(sqlState(await errorOf(read(tenantA, "INSERT INTO note VALUES (NULL, 'x')")))).toMatch(/42501|25006/);
    expect(sqlState(await errorOf(read(tenantA, 'SELECT * FROM hidden')))).toBe('42501');
  });

  it('leaves nothing behind on the connection', async () => {
    const single = createPool({ url: database.databaseUrl, applicationName: 'single', max: 1 });
    await readAsTenant(single, { readerRole: database.readerRole, tenantId: tenantA }, (tx) => tx.query('SELECT 1'));
    const { rows } = await single.query(
      "SELECT current_user AS role, current_setting('app.tenant_id', true) AS tenant, (SELECT count(*) FROM note) AS n",
    );
    expect(rows).toEqual([{ role: database.schema, tenant: '', n: 2 }]);
    await single.end();
  });

  it('refuses a tenant that is no UUID and a role that is no name', async () => {
    expect(await errorOf(read('nobody', 'SELECT text FROM note'))).toBeInstanceOf(Error);
    const odd = readAsTenant(pool, { readerRole: 'x; DROP', tenantId: tenantA }, async () => 1);
    await expect(odd).rejects.toThrow('Not a role name');
  });
});
