import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WorkKind } from '../port.ts';
import { type Bucket, planQuota, reserveOf, SLACK_MS, take } from './quota-policy.ts';

const MINUTE_MS = 60_000;

describe('the plan', () => {
  it('cuts 300 requests a minute so that both parts together are never more', () => {
    for (const expectedProcesses of [1, 6, 10, 40, 100]) {
      const { shared, local } = planQuota({ requestsPerMinute: 300, expectedProcesses });
      const most = ({ capacity, refillPerMs }: typeof shared) => capacity + refillPerMs * (MINUTE_MS + SLACK_MS);
      expect(most(shared) + expectedProcesses * most(local)).toBeCloseTo(300, 6);
      expect(local.capacity).toBe(1);
    }
  });

  it('leaves a tenth, or 3 requests per process, for the time without Redis', () => {
    expect(planQuota({ requestsPerMinute: 300, expectedProcesses: 10 }).shared.capacity).toBeCloseTo(270 * 0.15, 6);
    expect(planQuota({ requestsPerMinute: 300, expectedProcesses: 20 }).shared.capacity).toBeCloseTo(240 * 0.15, 6);
  });

  it('gives a process nothing of its own where there is not one request for each', () => {
    const { local } = planQuota({ requestsPerMinute: 300, expectedProcesses: 1_000 });
    expect(local).toEqual({ capacity: 0, refillPerMs: 0 });
    const request = { reserve: 0, nowMs: 5, serverId: '' };
    expect(take({ tokens: 0, atMs: 0, serverId: '' }, local, request)).toMatchObject({
      granted: false,
      waitMs: 60_000,
    });
  });

  it('refuses settings that make no sense', () => {
    expect(() => planQuota({ requestsPerMinute: 0, expectedProcesses: 1 })).toThrow(RangeError);
    expect(() => planQuota({ requestsPerMinute: 300, expectedProcesses: 0.5 })).toThrow(RangeError);
  });
});

describe('taking from a bucket', () => {
  const limits = { capacity: 10, refillPerMs: 0.001 };
  const request = { reserve: 0, nowMs: 1_000_000, serverId: 'a' };

  it('begins empty when its past is unknown', () => {
    expect(take(undefined, limits, request)).toMatchObject({ granted: false, waitMs: 1_000 });
    const full = { tokens: 10, atMs: 0, serverId: 'another' };
    expect(take(full, limits, request)).toMatchObject({ granted: false, waitMs: 1_000 });
  });

  it('refills by time up to its capacity, and not by a clock that goes back', () => {
    const empty: Bucket = { tokens: 0, atMs: 1_000_000 - 2_500, serverId: 'a' };
    expect(take(empty, limits, request)).toMatchObject({ granted: true, bucket: { tokens: 1.5 } });
    expect(take({ ...empty, atMs: 0 }, limits, request)).toMatchObject({ bucket: { tokens: 9 } });
    expect(take({ ...empty, atMs: 2_000_000 }, limits, request)).toMatchObject({ granted: false });
  });

  it('keeps the last tokens for more urgent kinds', () => {
    const order: WorkKind[] = ['token', 'live-capture', 'captures', 'sync', 'recapture', 'backfill'];
    const { shared } = planQuota({ requestsPerMinute: 300, expectedProcesses: 10 });
    const leftBy = order.map((kind) => {
      let bucket: Bucket = { tokens: shared.capacity, atMs: 0, serverId: 'a' };
      for (;;) {
        const result = take(bucket, shared, { reserve: reserveOf(kind, shared), nowMs: 0, serverId: 'a' });
        if (!result.granted) return result.bucket.tokens;
        bucket = result.bucket;
      }
    });
    expect(leftBy).toEqual([...leftBy].sort((a, b) => a - b));
    expect(leftBy[0]).toBeLessThan(1);
    expect(leftBy[5]).toBeGreaterThan(shared.capacity * 0.45);
  });
});

/** What can happen to one client id, in random order; times in ms. */
type Happening =
  | { type: 'ask'; process: number; kind: WorkKind; times: number; sendAfterMs: number }
  | { type: 'pass'; ms: number }
  | { type: 'empty-redis' }
  | { type: 'snapshot' }
  | { type: 'restart-from-snapshot' }
  | { type: 'cut-off'; process: number }
  | { type: 'reconnect'; process: number }
  | { type: 'restart-process'; process: number };

const PROCESSES = 4;
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('ask' as const),
      process: fc.nat(PROCESSES - 1),
      kind: fc.constantFrom<WorkKind>('token', 'live-capture', 'captures', 'backfill'),
      times: fc.constantFrom(1, 5, 100),
      sendAfterMs: fc.nat(SLACK_MS),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.oneof(fc.nat(2_000), fc.nat(40_000)) }),
  },
  fc.constantFrom<Happening>({ type: 'empty-redis' }, { type: 'snapshot' }, { type: 'restart-from-snapshot' }),
  fc.record({
    type: fc.constantFrom('cut-off' as const, 'reconnect' as const, 'restart-process' as const),
    process: fc.nat(PROCESSES - 1),
  }),
);

/** Plays the happenings with a clock of its own; gives the times at which requests were sent. */
function play(happenings: Happening[], requestsPerMinute: number): number[] {
  const plan = planQuota({ requestsPerMinute, expectedProcesses: PROCESSES });
  const sent: number[] = [];
  const startedMs = 1_000_000;
  let nowMs = startedMs;
  let server = 1;
  let stored: Bucket | undefined;
  let snapshot: Bucket | undefined;
  const cutOff = new Set<number>();
  const local = new Map<number, Bucket>();
  const bucketOf = (process: number) => local.get(process) ?? { tokens: 0, atMs: startedMs, serverId: '' };

  const askOnce = (process: number, kind: WorkKind): boolean => {
    const limits = cutOff.has(process) ? plan.local : plan.shared;
    const before = cutOff.has(process) ? bucketOf(process) : stored;
    const serverId = cutOff.has(process) ? '' : String(server);
    const result = take(before, limits, { reserve: reserveOf(kind, limits), nowMs, serverId });
    if (cutOff.has(process)) local.set(process, result.bucket);
    else stored = result.bucket;
    return result.granted;
  };

  for (const event of happenings) {
    if (event.type === 'pass') nowMs += event.ms;
    else if (event.type === 'empty-redis') stored = undefined;
    else if (event.type === 'snapshot') snapshot = stored;
    else if (event.type === 'restart-from-snapshot') {
      stored = snapshot;
      server++;
    } else if (event.type === 'cut-off') cutOff.add(event.process);
    else if (event.type === 'reconnect') cutOff.delete(event.process);
    else if (event.type === 'restart-process') local.set(event.process, { tokens: 0, atMs: nowMs, serverId: '' });
    else {
      for (let count = 0; count < event.times; count++) {
        if (askOnce(event.process, event.kind)) sent.push(nowMs + event.sendAfterMs);
      }
    }
  }
  return sent.sort((a, b) => a - b);
}

function mostInAnyMinute(sent: number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < sent.length; last++) {
    while ((sent[last] ?? 0) - (sent[first] ?? 0) >= MINUTE_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('any 60 seconds', () => {
  it('never have more requests than allowed, whatever happens to Redis, processes and network', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 20, maxLength: 200 }),
        fc.constantFrom(30, 60, 300),
        (happenings, limit) => {
          expect(mostInAnyMinute(play(happenings, limit))).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('have most of the budget while Redis is there and everybody asks', () => {
    const everySecond: Happening[] = Array.from({ length: 300 }, () => [
      { type: 'ask', process: 0, kind: 'token', times: 100, sendAfterMs: 0 } as const,
      { type: 'pass', ms: 1_000 } as const,
    ]).flat();
    const sent = play(everySecond, 300);
    const perMinute = sent.length / 5;
    expect(perMinute).toBeGreaterThan(200);
    expect(mostInAnyMinute(sent)).toBeGreaterThan(200);
  });

  it('would be exceeded by a bucket that starts full (the model can see it)', () => {
    const { shared } = planQuota({ requestsPerMinute: 300, expectedProcesses: 1 });
    const full: Bucket = { tokens: shared.capacity, atMs: 0, serverId: 'a' };
    let granted = 0;
    for (let empties = 0; empties < 10; empties++) {
      let bucket = full;
      for (let count = 0; count < 100; count++) {
        const result = take(bucket, shared, { reserve: 0, nowMs: 0, serverId: 'a' });
        bucket = result.bucket;
        if (result.granted) granted++;
      }
    }
    expect(granted).toBeGreaterThan(300);
  });
});
