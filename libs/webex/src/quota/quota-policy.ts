import type { WorkKind } from '../port.ts';

/**
 * The budget of one client id as pure arithmetic.
 *
 * Claim: in ANY 60 s, all processes together send at most `requestsPerMinute` requests, whatever happens to Redis.
 *
 * 1. The budget is cut in two parts that are never lent to each other: `shared` (one token bucket in Redis) and
 *    `local` (one small bucket in each of `expectedProcesses` processes, used while Redis is away). Some processes may
 *    see Redis while others do not, and that may change at any time: the parts simply add up.
 * 2. A token bucket of capacity B and refill R lets at most B + R·T through in any time T. Requests leave up to
 *    SLACK after their permission (`send-by.ts` discards an older one in the moment of sending), so that those of 60 s
 *    had their permissions within T = 60 s + SLACK. B and R are chosen such that B + R·T equals the part.
 * 3. A bucket of unknown past starts EMPTY: a missing key (Redis new, emptied, key expired) and one that another server
 *    process wrote (restart from an old snapshot, fail-over to a replica that lagged). What was granted before plus
 *    what is granted after is then still at most B + R·T, as the new bucket has only what time has refilled.
 *    A process's local bucket likewise starts empty, so that a process that restarts again and again gains nothing.
 * 4. A clock that goes back refills nothing. A clock that jumps ahead can refill a bucket early, once, by at most B.
 *
 * It holds as long as no more than `expectedProcesses` processes use the client id and all have the same settings.
 */
export interface BucketLimits {
  capacity: number;
  refillPerMs: number;
}

export interface QuotaPlan {
  shared: BucketLimits;
  /** Of one process. A capacity of 0 grants nothing: with so many processes there is not one request for each. */
  local: BucketLimits;
}

export interface Bucket {
  tokens: number;
  atMs: number;
  /** Which server process keeps it; a bucket of another one is of unknown past. */
  serverId: string;
}

export type Take = { granted: true; bucket: Bucket } | { granted: false; bucket: Bucket; waitMs: number };

const WINDOW_MS = 60_000;
export const SLACK_MS = 2_000;
const BURST_PART = 0.15;
const LOCAL_PART = 0.1;
const LOCAL_REQUESTS_PER_PROCESS = 3;
const LARGEST_LOCAL_PART = 0.5;

/** Part of the shared bucket that a kind leaves untouched for those before it. */
const RESERVE: Readonly<Record<WorkKind, number>> = {
  token: 0,
  'live-capture': 0.05,
  captures: 0.1,
  sync: 0.2,
  recapture: 0.35,
  backfill: 0.5,
};

/** Smaller goes first. */
export const PRIORITY: Readonly<Record<WorkKind, number>> = {
  token: 0,
  'live-capture': 1,
  captures: 2,
  sync: 3,
  recapture: 4,
  backfill: 5,
};

/** Cuts a budget per minute into the shared bucket and the local ones. */
export function planQuota(options: { requestsPerMinute: number; expectedProcesses: number }): QuotaPlan {
  const { requestsPerMinute, expectedProcesses } = options;
  if (!(requestsPerMinute >= 2)) throw new RangeError('requestsPerMinute must be at least 2');
  if (!Number.isInteger(expectedProcesses) || expectedProcesses < 1) {
    throw new RangeError('expectedProcesses must be a whole number of at least 1');
  }
  const wanted = Math.max(LOCAL_PART * requestsPerMinute, LOCAL_REQUESTS_PER_PROCESS * expectedProcesses);
  const local = Math.min(wanted, LARGEST_LOCAL_PART * requestsPerMinute);
  return {
    shared: bucketOf(requestsPerMinute - local, BURST_PART * (requestsPerMinute - local)),
    local: bucketOf(local / expectedProcesses, 1),
  };
}

/** Tokens that must stay in the bucket when this kind takes one. */
export function reserveOf(kind: WorkKind, limits: BucketLimits): number {
  return RESERVE[kind] * Math.max(0, limits.capacity - 1);
}

/** Takes one token, or says how long until there may be one for a caller with this reserve. */
export function take(
  before: Bucket | undefined,
  limits: BucketLimits,
  request: { reserve: number; nowMs: number; serverId: string },
): Take {
  const bucket = refill(before, limits, request);
  const missing = request.reserve + 1 - bucket.tokens;
  if (missing <= 0) return { granted: true, bucket: { ...bucket, tokens: bucket.tokens - 1 } };
  return {
    granted: false,
    bucket,
    waitMs: limits.refillPerMs > 0 && limits.capacity >= 1 ? Math.ceil(missing / limits.refillPerMs) : WINDOW_MS,
  };
}

/** Also the order of operations of the Lua script, which is compared with this function by a test. */
function refill(
  before: Bucket | undefined,
  limits: BucketLimits,
  request: { nowMs: number; serverId: string },
): Bucket {
  const { nowMs, serverId } = request;
  if (!before || before.serverId !== serverId) return { tokens: 0, atMs: nowMs, serverId };
  const elapsedMs = Math.max(0, nowMs - before.atMs);
  const tokens = Math.min(limits.capacity, before.tokens + elapsedMs * limits.refillPerMs);
  // Rounded down: what is stored as text must never be more than what was meant.
  return { tokens: Math.floor(tokens * 1e6) / 1e6, atMs: nowMs, serverId };
}

function bucketOf(part: number, burst: number): BucketLimits {
  const capacity = Math.max(1, burst);
  if (part < capacity) return { capacity: 0, refillPerMs: 0 };
  return { capacity, refillPerMs: (part - capacity) / (WINDOW_MS + SLACK_MS) };
}
