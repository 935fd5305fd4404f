import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '@wxcc-wfo/testkit';
import type { Pool } from 'pg';
import { createPool } from './index.ts';
import { prepared } from './prepared.ts';

const MARKED = prepared('SELECT $1::int + 1 AS more');

describe('prepared statements', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await testDatabase();
    pool = createPool({ url: database.url, applicationName: 'prepared', max: 1 });
  });
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  it('are planned once by each connection, and give what they gave before', async () => {
    for (const n of [1, 2, 3]) expect((await pool.query(MARKED, [n])).rows).toEqual([{ more: n + 1 }]);
    const { rows } = await pool.query('SELECT statement FROM pg_prepared_statements');
    expect(rows).toEqual([{ statement: MARKED }]);
  });

  it('are those alone that are marked', async () => {
    expect((await pool.query('SELECT $1::int + 2 AS more', [1])).rows).toEqual([{ more: 3 }]);
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM pg_prepared_statements');
    expect(rows).toEqual([{ n: 1 }]);
  });
});
