import type { DataServerRole } from '@wxcc-wfo/contracts';
import type { Redis } from 'ioredis';
import type { WorkerOf } from './worker-of.ts';

/** How a role's work for one ACD goes, as its workers told last. Times are epoch ms. */
export interface RoleReport {
  /** Who told. */
  dataServer: string;
  instance: string;
  reportedAtMs: number;
  lastSuccessAtMs: number | null;
  nextTryAtMs: number | null;
  /** Why it does not work now, in words without secrets; null: it works. */
  problem: string | null;
  /** What to do about it. */
  remedy: string | null;
  problemSinceMs: number | null;
}

/** What changed since the last report; what is left out stays as it was. */
export interface RoleNews {
  lastSuccessAtMs?: number;
  nextTryAtMs?: number | null;
  /** A problem's text, without secrets; null ends it. */
  problem?: string | null;
  remedy?: string | null;
}

export interface RoleReports {
  /** Tells that this worker lives, now and every 20 s, until it is stopped. */
  start(): void;
  /** Tells how the work for an ACD went. Never throws, never waits: Redis being away is no error. */
  report(acdId: string, news: RoleNews): void;
  /** Takes this worker off the list of the living. Never throws. */
  stop(): Promise<void>;
}

export interface RoleReportsOptions extends WorkerOf {
  redis: Pick<Redis, 'eval' | 'zrem'>;
  /** Tells this process from the others of its kind. */
  instance: string;
  nowMs?: () => number;
}

/** A worker that was silent for so long is dead. */
export const WORKER_TTL_MS = 60_000;
const HEARTBEAT_MS = WORKER_TTL_MS / 3;
/** How soon a heartbeat that failed is tried again. */
const RETRY_MS = 1_000;
/** Of an ACD that nobody works for any more, a deleted one above all. */
const REPORT_TTL_SECONDS = 30 * 86_400;

/** A sorted set of instances by the time until which each counts as living, by the clock of Redis. */
const workersKey = ({ role, dataServer }: WorkerOf): string => `wfo:workers:${role}:${dataServer}`;
const reportKey = (acdId: string): string => `wfo:role:${acdId}`;

const NOW = `local time = redis.call('TIME'); local now = time[1] * 1000 + math.floor(time[2] / 1000)`;
const BEAT = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;
const COUNT = `${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')`;
/** Read and written in one step: two replicas may report on one ACD. */
const REPORT = `
local kept = redis.call('HGET', KEYS[1], ARGV[1])
local report = kept and cjson.decode(kept) or { lastSuccessAtMs = cjson.null, nextTryAtMs = cjson.null,
  problem = cjson.null, remedy = cjson.null, problemSinceMs = cjson.null }
local news = cjson.decode(ARGV[2])
for name, value in pairs(news) do report[name] = value end
if report.problem == cjson.null then
  report.remedy = cjson.null
  report.problemSinceMs = cjson.null
elseif report.problemSinceMs == cjson.null then
  report.problemSinceMs = news.reportedAtMs
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(report))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`;

/**
 * Tells others over Redis that a worker of a role lives and how its work for each ACD goes (ACD-04); nothing rests on
 * it but what people are shown.
 */
export function createRoleReports(options: RoleReportsOptions): RoleReports {
  const { redis, role, dataServer, instance } = options;
  const nowMs = options.nowMs ?? Date.now;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  let isStopped = false;

  function beat(): void {
    const afterMs = (ms: number) => {
      if (!isStopped) timer = setTimeout(beat, ms).unref();
    };
    beating = redis.eval(BEAT, 1, workersKey(options), instance, WORKER_TTL_MS).then(
      () => afterMs(HEARTBEAT_MS),
      () => afterMs(RETRY_MS),
    );
  }

  return {
    start() {
      if (!timer && !isStopped) beat();
    },
    report(acdId, news) {
      const written = JSON.stringify({ ...news, dataServer, instance, reportedAtMs: nowMs() });
      redis.eval(REPORT, 1, reportKey(acdId), role, written, REPORT_TTL_SECONDS).catch(() => undefined);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await beating;
      await redis.zrem(workersKey(options), instance).catch(() => undefined); // else it ends by itself
    },
  };
}

/**
 * What the workers told of these ACDs, by ACD and role; a role that never reported is absent.
 * @throws what Redis throws while it is away
 */
export async function readRoleReports(
  redis: Pick<Redis, 'hgetall'>,
  acdIds: readonly string[],
): Promise<Map<string, Partial<Record<DataServerRole, RoleReport>>>> {
  const read = await Promise.all(acdIds.map((acdId) => redis.hgetall(reportKey(acdId))));
  return new Map(
    acdIds.map((acdId, index) => [
      acdId,
      Object.fromEntries(Object.entries(read[index]!).map(([role, json]) => [role, JSON.parse(json) as RoleReport])),
    ]),
  );
}

/** How many processes live that work as this role of this data server. @throws what Redis throws while it is away */
export async function countWorkers(
  redis: Pick<Redis, 'eval'>,
  role: DataServerRole,
  dataServer: string,
): Promise<number> {
  return Number(await redis.eval(COUNT, 1, workersKey({ role, dataServer })));
}
