import type { Redis } from 'ioredis';
import { recordQuotaWait } from '../http/instruments.ts';
import { WebexError } from '../http/webex-error.ts';
import type { WebexQuota, WorkKind } from '../port.ts';
import { type Bucket, planQuota, reserveOf, SLACK_MS, take } from './quota-policy.ts';
import { PENALISE_SCRIPT, TAKE_SCRIPT } from './quota-script.ts';
import { createWaitingLine, type Permission, type WaitingLine } from './waiting-line.ts';

export interface SharedQuotaOptions {
  redis: Redis;
  keyPrefix?: string;
  /** What Webex allows one client id; 300 by default. */
  requestsPerMinute?: number;
  /** How many processes use the client id at most, replicas and all services counted; the same in all of them. */
  expectedProcesses: number;
  /** Called each time when this process begins to live on its local part. */
  onLocalFallback?(): void;
}

export interface SharedQuota extends WebexQuota {
  /** Refuses all who wait; Redis is the caller's to close. */
  close(): void;
}

/** Redis is asked no longer than this; an answer that comes later is a token lost, never one spent twice. */
const COMMAND_TIMEOUT_MS = 300;
/** After a failure Redis is left alone for this long. */
const REST_AFTER_FAILURE_MS = 1_000;
/** A connection that is still being made at the start is waited for. */
const START_GRACE_MS = 2_000;
const LONGEST_PAUSE_MS = 1_000;
const MAX_PENALTY_MS = 15 * 60_000;

type Source = 'shared' | 'local';

/**
 * One budget per client id, shared by all processes through Redis; `quota-policy.ts` says why it holds.
 * A 429 stops the key in all processes for as long as Webex asked.
 */
export function createSharedQuota(options: SharedQuotaOptions): SharedQuota {
  const { redis, keyPrefix = 'webex-quota:', requestsPerMinute = 300, expectedProcesses } = options;
  const plan = planQuota({ requestsPerMinute, expectedProcesses });
  const createdAtMs = performance.now();
  const lines = new Map<string, WaitingLine>();
  const localBuckets = new Map<string, Bucket>();
  const blockedUntilMs = new Map<string, number>();
  let source: Source = 'shared';
  let redisRestsUntilMs = 0;
  let redisAnswered = false;
  let closed = false;

  async function ask(quotaKey: string, kind: WorkKind): Promise<Permission> {
    const nowMs = performance.now();
    const blockedMs = (blockedUntilMs.get(quotaKey) ?? 0) - nowMs;
    if (blockedMs > 0) return { granted: false, waitMs: Math.min(blockedMs, LONGEST_PAUSE_MS) };
    if (!redisAnswered && redis.status !== 'ready' && nowMs - createdAtMs < START_GRACE_MS) {
      if (redis.status === 'wait') redis.connect().catch(() => undefined);
      return { granted: false, waitMs: 20 };
    }
    if (redis.status === 'ready' && nowMs >= redisRestsUntilMs) {
      try {
        return await askRedis(quotaKey, kind);
      } catch {
        redisRestsUntilMs = performance.now() + REST_AFTER_FAILURE_MS;
      }
    }
    return askLocal(quotaKey, kind);
  }

  async function askRedis(quotaKey: string, kind: WorkKind): Promise<Permission> {
    const { capacity, refillPerMs } = plan.shared;
    const reserve = reserveOf(kind, plan.shared);
    const args = [capacity, refillPerMs, reserve, '', ''];
    // From the asking, not the answer: the token is of some moment in between.
    const sendByMs = performance.now() + SLACK_MS;
    const reply = await inTime(redis.eval(TAKE_SCRIPT, 1, keyPrefix + quotaKey, ...args));
    const [granted, waitMs] = reply as [number, number];
    source = 'shared';
    redisAnswered = true;
    if (granted === 1) return { granted: true, sendByMs };
    // Jitter, so that waiting processes do not all come back for the same token.
    return { granted: false, waitMs: Math.min(Number(waitMs) * (1 + Math.random() * 0.2) + 1, LONGEST_PAUSE_MS) };
  }

  function askLocal(quotaKey: string, kind: WorkKind): Permission {
    if (source !== 'local') {
      source = 'local';
      options.onLocalFallback?.();
    }
    // Empty at the start of the process, not at its first use: no request was let through since.
    const before = localBuckets.get(quotaKey) ?? { tokens: 0, atMs: createdAtMs, serverId: '' };
    const nowMs = performance.now();
    const request = { reserve: reserveOf(kind, plan.local), nowMs, serverId: '' };
    const result = take(before, plan.local, request);
    localBuckets.set(quotaKey, result.bucket);
    if (result.granted) return { granted: true, sendByMs: nowMs + SLACK_MS };
    // Short pauses: Redis may be back before the local bucket has refilled.
    return { granted: false, waitMs: Math.min(result.waitMs, LONGEST_PAUSE_MS / 4) };
  }

  function lineOf(quotaKey: string): WaitingLine {
    const existing = lines.get(quotaKey);
    if (existing) return existing;
    const created = createWaitingLine((kind) => ask(quotaKey, kind));
    lines.set(quotaKey, created);
    return created;
  }

  return {
    async acquire({ quotaKey, kind, signal }) {
      if (closed) throw closedError();
      const startMs = performance.now();
      const permission = await lineOf(quotaKey).join(kind, signal);
      recordQuotaWait(kind, (performance.now() - startMs) / 1000, source);
      return permission;
    },

    async penalise(quotaKey, retryAfterMs) {
      const ms = Math.min(Math.max(0, Math.ceil(retryAfterMs)), MAX_PENALTY_MS);
      const untilMs = performance.now() + ms;
      blockedUntilMs.set(quotaKey, Math.max(untilMs, blockedUntilMs.get(quotaKey) ?? 0));
      if (redis.status !== 'ready') return;
      // This process has stopped already; the others hear of it if Redis can be reached, else by a 429 of their own.
      await inTime(redis.eval(PENALISE_SCRIPT, 1, keyPrefix + quotaKey, ms)).catch(() => undefined);
    },

    close() {
      closed = true;
      for (const line of lines.values()) line.close(closedError());
    },
  };
}

function closedError(): WebexError {
  return new WebexError('unavailable', 'The request was not sent: the process is stopping');
}

async function inTime<T>(reply: Promise<T>): Promise<T> {
  reply.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis did not answer in time')), COMMAND_TIMEOUT_MS);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
