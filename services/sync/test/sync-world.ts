import type { ReceivedEvent } from '@wxcc-wfo/bus';
import type { AcdChanged, EventOf, TopicName } from '@wxcc-wfo/contracts';
import { createLogger, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool, PoolClient } from 'pg';
import { syncHandlers } from '../src/runs/consumed-events.ts';
import { listRuns, type SyncRun } from '../src/runs/run-repository.ts';
import { createSyncJob, type SyncJob } from '../src/runs/sync-job.ts';
import { type FakeDirectory, fakeDirectory } from './fake-directory.ts';
import { anAcd, type SyncDatabase, syncDatabase } from './sync-database.ts';

export const LEASE_MS = 15_000;

/** What `acd-changed` does to sync. */
export async function applyAcdChanges(sql: SqlClient, acds: AcdChanged[]): Promise<void> {
  const events = acds.map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>);
  await syncHandlers['acd-changed'](events, sql);
}

/** Sync's jobs over a real database, a directory and a clock that the test moves. */
export interface SyncWorld {
  database: SyncDatabase;
  pool: Pool;
  directory: FakeDirectory;
  acd: AcdChanged;
  /** Epoch ms. */
  nowMs: number;
  /** A replica; `pool` may be one that dies. */
  replica(owner: string, pool?: Pool): SyncJob;
  /** Runs the ACD's next run as if its interval were over; gives the newest run. */
  run(): Promise<SyncRun>;
  /** The newest runs first. */
  runs(): Promise<SyncRun[]>;
  /** Events that were published since the last call, taken off the outbox. */
  published(): Promise<{ topic: TopicName; payload: EventOf<TopicName> }[]>;
  /** Rows of a table of this ACD, by a column. */
  rows<T extends Record<string, unknown>>(table: string, by: string): Promise<T[]>;
  close(): Promise<void>;
}

export async function syncWorld(changes: Partial<AcdChanged> = {}): Promise<SyncWorld> {
  const database = await syncDatabase();
  const { pool } = database;
  const acd = anAcd(changes);
  const directory = fakeDirectory();
  await applyAcdChanges(pool, [acd]);
  const logger = createLogger({ service: 'sync', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const world: SyncWorld = {
    database,
    pool,
    directory,
    acd,
    nowMs: Date.parse('2026-03-02T09:00:00Z'),
    replica(owner, own = pool) {
      return createSyncJob({
        pool: own,
        logger,
        owner,
        clock: { nowMs: () => world.nowMs, random: () => 0, synchronize: async () => {} },
        dataServer: 'default',
        sourceOf: () => directory,
        tokens: { copyNewer: async () => false },
        reports: { report: () => {} },
        settings: { leaseMs: LEASE_MS, concurrency: 1, checkEveryMs: 20, retention: { plans: 5, runs: 10 } },
      });
    },
    async run() {
      world.nowMs += 60_000;
      await pool.query('UPDATE sync_lease SET next_run_at_ms = 0 WHERE acd_id = $1', [world.acd.acdId]);
      const job = world.replica('only');
      if (!(await job.syncOnce())) throw new Error('No ACD was due.');
      return (await world.runs())[0]!;
    },
    runs: () => listRuns(pool, { acdId: world.acd.acdId, before: null, limit: 100 }),
    async published() {
      const { rows } = await pool.query(
        `WITH taken AS (DELETE FROM outbox RETURNING id, topic, value) SELECT topic, value FROM taken ORDER BY id`,
      );
      return rows.map((row) => ({
        topic: row.topic,
        payload: typeof row.value === 'string' ? JSON.parse(row.value) : row.value,
      }));
    },
    async rows<T extends Record<string, unknown>>(table: string, by: string) {
      return (await pool.query<T>(`SELECT * FROM ${table} ORDER BY ${by}`)).rows;
    },
    close: () => database.drop(),
  };
  return world;
}

/** A process that dies before one of its statements: from then on nothing of it reaches the database. */
export class Mortality {
  statementsLeft: number | null = null;

  beforeStatement(): void {
    if (this.statementsLeft === null) return;
    if (this.statementsLeft === 0) throw new Error('This replica was killed.');
    this.statementsLeft -= 1;
  }
}

export function mortal<T extends Pool | PoolClient>(real: T, mortality: Mortality): T {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'query') {
        return async (...args: unknown[]) => {
          mortality.beforeStatement();
          return await (target.query as (...all: unknown[]) => Promise<unknown>)(...args);
        };
      }
      if (name === 'connect') return async () => mortal(await (target as Pool).connect(), mortality);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
