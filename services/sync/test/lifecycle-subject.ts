import { createConsumer, type OutgoingEvent } from '@wxcc-wfo/bus';
import type { LifecycleSubject } from '@wxcc-wfo/bus/testing';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { Pool } from 'pg';
import { syncHandlers } from '../src/runs/consumed-events.ts';
import { anAcd, syncMigrations } from './sync-database.ts';
import { applyAcdChanges } from './sync-world.ts';

const EVENTS = 400;
const NEVER_MS = 9_000_000_000_000_000;

/** The n-th ACD; even ones are announced, odd ones are there and get a token. */
const acdIdOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (acdId: string) => Number(acdId.slice(-12));

function event(n: number, tenantId: string): OutgoingEvent {
  const acdId = acdIdOf(n);
  const atMs = 1_780_000_000_000;
  if (n % 2 === 0) return { topic: TOPICS.acdChanged, payload: anAcd({ acdId, tenantId, occurredAtMs: atMs }) };
  const expiries = { accessTokenExpiresAtMs: atMs, refreshTokenExpiresAtMs: atMs };
  return { topic: TOPICS.tokenRefreshed, payload: { tenantId, acdId, version: 1, occurredAtMs: atMs, ...expiries } };
}

const subject: LifecycleSubject = {
  service: 'sync',
  migrations: syncMigrations,
  topics: [TOPICS.acdChanged, TOPICS.tokenRefreshed],
  createConsumer: (kit) => createConsumer({ ...kit, handlers: syncHandlers }),
  async prepare(pool: Pool, tenantIds) {
    const odd = Array.from({ length: EVENTS / 2 }, (_, n) => acdIdOf(2 * n + 1));
    await applyAcdChanges(
      pool,
      odd.map((acdId) => anAcd({ acdId, tenantId: tenantIds[0]! })),
    );
    await pool.query('UPDATE sync_lease SET failures = 1, next_run_at_ms = $1', [NEVER_MS]);
  },
  event,
  refusedEvent(n, tenantId) {
    return { topic: TOPICS.acdChanged, payload: anAcd({ acdId: acdIdOf(n), tenantId, name: 'refused \u0000' }) };
  },
  async effects(pool: Pool) {
    const { rows } = await pool.query<{ acd_id: string }>('SELECT acd_id FROM sync_lease WHERE next_run_at_ms = 0');
    return rows.map((row) => numberOf(row.acd_id));
  },
};
export default subject;
