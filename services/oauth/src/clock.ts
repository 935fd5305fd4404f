import type { Pool } from 'pg';

/** Epoch milliseconds UTC, and chance. */
export interface Clock {
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Compares with the database's clock, if that is due; to be awaited before times are written or claimed by. */
  synchronize(): Promise<void>;
}

const SYNCHRONIZE_EVERY_MS = 30_000;

/**
 * This machine's clock put right by the database's: an intent that one replica writes is judged by the others, so that
 * a replica whose clock runs ahead must not find it ended while its call is in flight.
 */
export function createDatabaseClock(pool: Pool): Clock {
  let offsetMs = 0;
  let synchronizedAtMs = Number.NEGATIVE_INFINITY;
  return {
    nowMs: () => Math.round(Date.now() + offsetMs),
    random: Math.random,
    async synchronize() {
      if (performance.now() - synchronizedAtMs < SYNCHRONIZE_EVERY_MS) return;
      const beforeMs = Date.now();
      const { rows } = await pool.query<{ now_ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
      );
      const middleMs = (beforeMs + Date.now()) / 2;
      offsetMs = (rows[0]?.now_ms ?? middleMs) - middleMs;
      synchronizedAtMs = performance.now();
    },
  };
}
