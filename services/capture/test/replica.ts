import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createLogger } from '@wxcc-wfo/service-kit';
import type { WebexClient } from '@wxcc-wfo/webex';
import type { Pool, PoolClient } from 'pg';
import { createAskMetadataJob } from '../src/metadata/ask-metadata-job.ts';
import { createPollJob, type PollJob, type PollJobDeps } from '../src/polling/poll-job.ts';
import { createReadAcdJob } from '../src/polling/read-acd-job.ts';
import type { WindowSettings } from '../src/polling/window-policy.ts';
import { createStoreTasksJob } from '../src/tasks/store-tasks-job.ts';
import { createHintJob, type HintJob } from '../src/webhooks/hint-job.ts';

export const LEASE_MS = 15_000;

/** A process that dies before one of its statements: from then on nothing of it reaches the database. */
export class Mortality {
  statementsLeft: number | null = null;

  beforeStatement(): void {
    if (this.statementsLeft === null) return;
    if (this.statementsLeft === 0) throw new Error('This replica was killed.');
    this.statementsLeft -= 1;
  }
}

function mortal<T extends Pool | PoolClient>(real: T, mortality: Mortality): T {
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

export interface Replica {
  pollJob: PollJob;
  hintJob: HintJob;
  mortality: Mortality;
}

/** One replica of capture without its broker and HTTP side, on a clock and a source that the test moves. */
export function createReplica(o: {
  owner: string;
  pool: Pool;
  sourceOf(acd: AcdChanged): WebexClient;
  nowMs(): number;
  windows: WindowSettings;
  intervalMs?: number;
  dataServer?: string;
  concurrency?: number;
  tendSubscription?: PollJobDeps['tendSubscription'];
}): Replica {
  const mortality = new Mortality();
  const pool = mortal(o.pool, mortality);
  const clock = { nowMs: o.nowMs, random: Math.random, synchronize: async () => {} };
  const logger = createLogger({ service: 'capture', level: 'silent' });
  const storeTasks = createStoreTasksJob({ pool, nowMs: o.nowMs });
  const askMetadata = createAskMetadataJob({ pool, nowMs: o.nowMs, logger });
  const dataServer = o.dataServer ?? 'default';
  const shared = { pool, clock, logger, sourceOf: o.sourceOf, storeTasks, askMetadata, dataServer };
  return {
    mortality,
    hintJob: createHintJob({ ...shared, coalesceMs: 0 }),
    pollJob: createPollJob({
      ...shared,
      readAcd: createReadAcdJob({ ...shared, settings: { leaseMs: LEASE_MS, windows: o.windows } }),
      owner: o.owner,
      tokens: { copyNewer: async () => false },
      reports: { report: () => {} },
      tendSubscription: o.tendSubscription ?? (async () => {}),
      settings: { intervalMs: o.intervalMs ?? 1_000, leaseMs: LEASE_MS, concurrency: o.concurrency ?? 1 },
    }),
  };
}
