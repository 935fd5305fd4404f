import type { SqlClient } from './pool.ts';

/** Epoch milliseconds UTC. One clock for leases, windows and times of reading. */
export interface Clock {
  nowMs(): number;
}

/** A clock that replicas can compare times by, and chance. */
export interface DatabaseClock extends Clock {
  /** In [0, 1). */
  random(): number;
  /**
   * Compares with the database's clock, if that is due or this machine's was set; to be awaited before times are written or claimed by.
   * Fails as a query fails; the last comparison stays.
   */
  synchronize(): Promise<void>;
}

const SYNCHRONIZE_EVERY_MS = 30_000;
/** So far this machine's clock may run from the time that really went by; more, and somebody has set it. */
const STEP_MS = 1_000;

/**
 * This machine's clock put right by the database's: what one replica writes (an intent, a lease, a time of reading) is
 * judged by the others, so that one whose clock is wrong must not overrule them or find its intent ended in flight.
 */
export function createDatabaseClock(sql: SqlClient): DatabaseClock {
  let offsetMs = 0;
  let synchronizedAtMs = Number.NEGATIVE_INFINITY;
  let startedAtMs = 0;
  const wasSet = () => Math.abs(Date.now() - performance.now() - startedAtMs) > STEP_MS;
  return {
    nowMs: () => Math.round(Date.now() + offsetMs),
    random: Math.random,
    async synchronize() {
      if (performance.now() - synchronizedAtMs < SYNCHRONIZE_EVERY_MS && !wasSet()) return;
      const beforeMs = Date.now();
      const { rows } = await sql.query<{ now_ms: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
      );
      const middleMs = (beforeMs + Date.now()) / 2;
      offsetMs = (rows[0]?.now_ms ?? middleMs) - middleMs;
      synchronizedAtMs = performance.now();
      startedAtMs = Date.now() - synchronizedAtMs;
    },
  };
}
