import { describe, expect, it, jest } from '@jest/globals';
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

  // Else the intent of another replica, whose call is in flight, would seem to have ended (AUTH-03).
  it.each([120_000, -120_000])('is compared again at once when this machine’s was set (%i ms)', async (byMs) => {
    const realNow = Date.now.bind(Date);
    const query = async () => ({ rows: [{ now_ms: realNow() }] });
    const clock = createDatabaseClock({ query } as unknown as SqlClient);
    await clock.synchronize();
    const set = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + byMs);
    try {
      await clock.synchronize();
      expect(Math.abs(clock.nowMs() - realNow())).toBeLessThan(60_000);
    } finally {
      set.mockRestore();
    }
  });
});
