import type { Pool } from 'pg';

/** Epoch milliseconds UTC. One clock for leases, windows and times of reading. */
export interface Clock {
  nowMs(): number;
}

export interface DatabaseClock extends Clock {
  synchronize(): Promise<void>;
}

/**
 * This machine's clock put right by the database's: replicas compare times of reading with each other, so that a
 * replica whose clock is wrong must not refuse (or overrule) what the others read.
 */
export function createDatabaseClock(pool: Pool): DatabaseClock {
  let offsetMs = 0;
  return {
    nowMs: () => Math.round(Date.now() + offsetMs),
    async synchronize() {
      const beforeMs = Date.now();
      const { rows } = await pool.query<{ now_ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
      );
      const middleMs = (beforeMs + Date.now()) / 2;
      offsetMs = (rows[0]?.now_ms ?? middleMs) - middleMs;
    },
  };
}
