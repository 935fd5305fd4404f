import { type Clock, type Logger, type Repeating, repeat } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { instruments } from '../metrics.ts';

const EVERY_MS = 30_000;

/** Keeps the gauges: ages of the last complete runs, users by state, runs that wait at the brake, work left to do. */
export function startObserveJob(deps: { pool: Pool; clock: Clock; logger: Logger }): Repeating {
  let observed: Observed = { ages: [], users: [], waiting: [], oldestWorkAtMs: null };
  instruments.lastCompleteAge.observe(() =>
    observed.ages.map(({ acd, atMs }) => ({
      value: Math.max(0, deps.clock.nowMs() - atMs) / 1000,
      attributes: { acd },
    })),
  );
  instruments.users.observe(() => observed.users);
  instruments.brakeWaiting.observe(() => observed.waiting);
  instruments.workOldest.observe(() => {
    const { oldestWorkAtMs } = observed;
    const value = oldestWorkAtMs === null ? 0 : Math.max(0, deps.clock.nowMs() - oldestWorkAtMs) / 1000;
    return [{ value, attributes: {} }];
  });
  return repeat({
    name: 'observe',
    pauseMs: EVERY_MS,
    logger: deps.logger,
    async turn() {
      observed = await observe(deps.pool);
      return false;
    },
  });
}

type Values = { value: number; attributes: Record<string, string> }[];
interface Observed {
  ages: { acd: string; atMs: number }[];
  users: Values;
  waiting: Values;
  oldestWorkAtMs: number | null;
}

async function observe(pool: Pool): Promise<Observed> {
  const ages = await pool.query<{ acd: string; at_ms: number; waiting: number }>(
    `SELECT l.acd_id AS acd, l.last_complete_at_ms AS at_ms,
       (SELECT count(*) FROM sync_run r WHERE r.acd_id = l.acd_id AND r.state = 'awaiting-approval') AS waiting
     FROM sync_lease l JOIN acd USING (acd_id) WHERE NOT acd.deleted`,
  );
  const users = await pool.query<{ acd: string; acd_state: string; active: boolean; users: number }>(
    `SELECT u.acd_id AS acd, u.acd_state, u.active, count(*) AS users
     FROM directory_user u JOIN acd USING (acd_id) WHERE NOT acd.deleted AND merged_into_user_id IS NULL
     GROUP BY u.acd_id, u.acd_state, u.active`,
  );
  const work = await pool.query<{ oldest: number | null }>('SELECT min(created_at_ms) AS oldest FROM directory_work');
  return {
    oldestWorkAtMs: work.rows[0]?.oldest ?? null,
    ages: ages.rows.filter(({ at_ms }) => at_ms !== null).map(({ acd, at_ms }) => ({ acd, atMs: at_ms })),
    users: users.rows.map((row) => ({
      value: row.users,
      attributes: { acd: row.acd, acd_state: row.acd_state, active: String(row.active) },
    })),
    waiting: ages.rows.map(({ acd, waiting }) => ({ value: waiting, attributes: { acd } })),
  };
}
