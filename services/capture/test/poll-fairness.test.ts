import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { createLogger, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import type { WebexClient } from '@wxcc-wfo/webex';
import { createTendTaskWebhook } from '../src/webhooks/task-webhook.ts';
import { anAcd, applyAcdChanges, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { FakeSource } from './fake-source.ts';
import { createReplica } from './replica.ts';

const WINDOWS = {
  overlapMs: 60_000,
  initialLookbackMs: 600_000,
  maxWindowMs: 3_600_000,
  maxTasksPerWindow: 1_000,
  rowMs: 60_000,
};

describe('an ACD that does not answer holds up itself only', () => {
  let database: CaptureDatabase;
  let source: FakeSource;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
    source = new FakeSource(1_780_000_000_000);
  });

  const hangs = (signal: AbortSignal | undefined) =>
    new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));

  /** ACDs whose calls hang, and one that answers and is due after them. */
  async function region(o: { hanging: number; failures: number }) {
    const hanging = Array.from({ length: o.hanging }, () => anAcd());
    const healthy = anAcd();
    await applyAcdChanges(database.pool, [...hanging, healthy]);
    await database.pool.query('UPDATE poll_state SET failures = $2 WHERE acd_id = ANY($1)', [
      hanging.map((acd) => acd.acdId),
      o.failures,
    ]);
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 1 WHERE acd_id = $1', [healthy.acdId]);
    const begun = new Set<string>();
    const sourceOf = (acd: AcdChanged): WebexClient => {
      begun.add(acd.acdId);
      const client = source.client();
      if (acd.acdId === healthy.acdId) return client;
      return { ...client, countEndedTasks: (_, options) => hangs(options?.signal) };
    };
    const { pollJob } = createReplica({
      owner: 'a',
      pool: database.pool,
      nowMs: () => source.nowMs,
      windows: WINDOWS,
      concurrency: 4,
      sourceOf,
    });
    const succeeded = async () => {
      const { rows } = await database.pool.query('SELECT last_success_at_ms FROM poll_state WHERE acd_id = $1', [
        healthy.acdId,
      ]);
      return rows[0]?.last_success_at_ms !== null;
    };
    return { pollJob, begun, succeeded };
  }

  it('those whose last poll failed take half of the places at most', async () => {
    const { pollJob, begun, succeeded } = await region({ hanging: 6, failures: 1 });
    pollJob.start();
    await waitFor('the poll of the ACD that answers', succeeded);
    expect(begun.size).toBe(3); // two that hang, and the one
    await pollJob.stop();
  });

  it('those that begin to hang give their places up after a while', async () => {
    const { pollJob, begun, succeeded } = await region({ hanging: 4, failures: 0 });
    pollJob.start();
    await waitFor('four polls', () => begun.size === 4);
    source.nowMs += 10_001;
    await waitFor('the poll of the ACD that answers', succeeded);
    await pollJob.stop();
  });

  it('a poll that took long is remembered, one that caught up with a long absence is not', async () => {
    const acd = anAcd();
    await applyAcdChanges(database.pool, [acd]);
    let takesMs = 10_001;
    const client = source.client();
    const slow: WebexClient = {
      ...client,
      async countEndedTasks(window, options) {
        source.nowMs += takesMs;
        return await client.countEndedTasks(window, options);
      },
    };
    const only = createReplica({
      owner: 'a',
      pool: database.pool,
      nowMs: () => source.nowMs,
      windows: WINDOWS,
      sourceOf: () => slow,
    });
    const wasSlowAfterPoll = async () => {
      source.nowMs += 1_000;
      expect(await only.pollJob.pollOnce()).toBe(true);
      const { rows } = await database.pool.query('SELECT was_slow FROM poll_state WHERE acd_id = $1', [acd.acdId]);
      return rows[0].was_slow;
    };
    expect(await wasSlowAfterPoll()).toBe(false); // its first one
    expect(await wasSlowAfterPoll()).toBe(true);
    takesMs = 0;
    expect(await wasSlowAfterPoll()).toBe(false);
  });

  it('the upkeep of a subscription that hangs is not in the way of reading, and is broken off with its poll', async () => {
    const acd = anAcd();
    await applyAcdChanges(database.pool, [acd]);
    let wasBrokenOff = false;
    let tended = 0;
    const { pollJob } = createReplica({
      owner: 'a',
      pool: database.pool,
      nowMs: () => source.nowMs,
      windows: WINDOWS,
      sourceOf: () => source.client(),
      async tendSubscription(_acd, _source, signal) {
        tended += 1;
        await hangs(signal).catch(() => {});
        wasBrokenOff = true;
      },
    });
    const poll = pollJob.pollOnce();
    await waitFor('the reading', async () => {
      const { rows } = await database.pool.query('SELECT FROM window_ledger WHERE acd_id = $1', [acd.acdId]);
      return rows.length > 0 && !wasBrokenOff;
    });
    expect(await poll).toBe(true);
    expect([tended, wasBrokenOff]).toEqual([1, true]);
  });

  it('an upkeep that was broken off is left alone until it would be due again', async () => {
    const acd = anAcd();
    await applyAcdChanges(database.pool, [acd]);
    let asked = 0;
    const subscriptions = {
      ...source.client(),
      listSubscriptions: (options?: { signal?: AbortSignal }) => {
        asked += 1;
        return hangs(options?.signal);
      },
    };
    const tend = createTendTaskWebhook({
      worker: { role: 'capture', dataServer: 'default' },
      sql: database.pool,
      sealer: createSealer(parseKeyring(`k1:${newSealingKey()}`)),
      nowMs: () => source.nowMs,
      publicBase: 'https://bridge.example.com',
      checkEveryMs: 60_000,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    const brokenOff = async () => {
      const over = new AbortController();
      const before = asked;
      const tended = tend(acd, subscriptions, over.signal);
      await waitFor('the question', () => asked > before);
      over.abort(new Error('The poll is over.'));
      await tended;
    };
    await brokenOff();
    source.nowMs += 59_999;
    await tend(acd, subscriptions, new AbortController().signal);
    expect(asked).toBe(1);
    source.nowMs += 1;
    await brokenOff();
    expect(asked).toBe(2);
  });
});
