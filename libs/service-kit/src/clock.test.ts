import { describe, expect, it } from '@jest/globals';
import { createDatabaseClock } from './clock.ts';
import type { SqlClient } from './pool.ts';

/** A database whose clock differs from this machine's by so much. */
function databaseAhead(byMs: number) {
  let asked = 0;
  const query = async () => {
    asked += 1;
    return { rows: [{ now_ms: Date.now() + byMs }] };
  };
  return { sql: { query } as unknown as SqlClient, asked: () => asked };
}

describe('the clock of the database', () => {
  it('is this machine’s until it was compared, then the database’s', async () => {
    const { sql } = databaseAhead(-3_600_000);
    const clock = createDatabaseClock(sql);
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(60_000);
    await clock.synchronize();
    expect(Math.abs(clock.nowMs() - (Date.now() - 3_600_000))).toBeLessThan(60_000);
    expect(Number.isInteger(clock.nowMs())).toBe(true);
  });

  it('is not compared again for every claim', async () => {
    const { sql, asked } = databaseAhead(0);
    const clock = createDatabaseClock(sql);
    await clock.synchronize();
    await clock.synchronize();
    expect(asked()).toBe(1);
  });
});
