import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { WebexClient } from '@wxcc-wfo/webex';
import { addHint } from '../src/webhooks/hint-repository.ts';
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
const START_MS = 1_780_000_000_000;
/** How often the job looks when nothing wakes it. */
const TICK_MS = 250;

describe('webhooks become few questions, which share their budget with polling and recordings', () => {
  let database: CaptureDatabase;
  let acd: AcdChanged;
  let source: FakeSource;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.pool.query('DELETE FROM hint');
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
    acd = anAcd();
    source = new FakeSource(START_MS);
    await applyAcdChanges(database.pool, [acd]);
  });

  const replica = (owner = 'a', client: WebexClient = source.client()) =>
    createReplica({ owner, pool: database.pool, sourceOf: () => client, nowMs: () => source.nowMs, windows: WINDOWS });
  const open = async () => (await database.pool.query('SELECT FROM hint WHERE acd_id = $1', [acd.acdId])).rows.length;
  const storedAt = async (): Promise<{ ended_at_ms: number; read_at_ms: number }[]> =>
    (await database.pool.query('SELECT ended_at_ms, read_at_ms FROM task WHERE acd_id = $1', [acd.acdId])).rows;

  async function endWithWebhook(visibleAfterMs: number): Promise<string> {
    source.end(visibleAfterMs);
    const taskId = [...source.tasks.keys()].at(-1)!;
    await addHint(database.pool, acd, { taskId, nowMs: source.nowMs });
    return taskId;
  }
  /** Lets time pass in ticks of the job; `ends` are the times of webhooks. */
  async function live(o: { forMs: number; ends: number[]; visibleAfterMs: number }): Promise<void> {
    const { hintJob } = replica();
    const left = [...o.ends];
    for (let atMs = 0; atMs <= o.forMs; atMs += TICK_MS) {
      while (left[0] !== undefined && left[0] <= atMs) {
        source.nowMs = START_MS + left.shift()!;
        await endWithWebhook(o.visibleAfterMs);
      }
      source.nowMs = START_MS + atMs;
      await hintJob.runOnce();
    }
  }
  const every = (stepMs: number, count: number) => Array.from({ length: count }, (_, n) => n * stepMs);

  it('100 webhooks within 5 s, tasks visible after 15 s: at most 8 questions', async () => {
    await live({ forMs: 60_000, ends: every(50, 100), visibleAfterMs: 15_000 });
    expect(await storedAt()).toHaveLength(100);
    expect(await open()).toBe(0);
    expect(source.questions.tasks).toBeLessThanOrEqual(8);
  });

  it('a task every 2 s, visible after 15 s, for two minutes: a question every few seconds, not 3.4 a second', async () => {
    await live({ forMs: 180_000, ends: every(2_000, 60), visibleAfterMs: 15_000 });
    expect(await storedAt()).toHaveLength(60);
    expect(source.questions.tasks).toBeLessThanOrEqual(40);
  });

  it('tasks that are visible at once are read within a second, also two of them each second', async () => {
    await live({ forMs: 30_000, ends: every(500, 60), visibleAfterMs: 0 });
    const stored = await storedAt();
    expect(stored).toHaveLength(60);
    for (const { ended_at_ms, read_at_ms } of stored) expect(read_at_ms - ended_at_ms).toBeLessThanOrEqual(1_000);
    expect(source.questions.tasks).toBeLessThanOrEqual(60);
  });

  it('is quick again soon after tasks were late', async () => {
    await live({ forMs: 60_000, ends: every(50, 100), visibleAfterMs: 15_000 });
    const taskId = await endWithWebhook(0);
    await replica().hintJob.runOnce();
    const { rows } = await database.pool.query('SELECT FROM task WHERE acd_id = $1 AND task_id = $2', [
      acd.acdId,
      taskId,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('asks for nothing that polling has read since', async () => {
    await endWithWebhook(1_000);
    const { hintJob, pollJob } = replica();
    await hintJob.runOnce(); // too early
    source.nowMs += 1_500;
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 0 WHERE acd_id = $1', [acd.acdId]);
    expect(await pollJob.pollOnce()).toBe(true);
    source.nowMs += 10_000;
    expect(await hintJob.runOnce()).toBe(0);
    expect(source.questions.tasks).toBe(1);
    expect(await open()).toBe(0);
  });

  it('has one question of an ACD under way, whichever replica asks; others are not held up by it', async () => {
    let letGo = () => {};
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let reached = () => {};
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const client = source.client();
    const slow: WebexClient = {
      ...client,
      async getTasks(taskIds, options) {
        reached();
        await released;
        return await client.getTasks(taskIds, options);
      },
    };
    await endWithWebhook(0);
    const first = replica('a', slow).hintJob.runOnce();
    await isReached;
    await endWithWebhook(0);
    const other = anAcd();
    await applyAcdChanges(database.pool, [other]);
    await addHint(database.pool, other, { taskId: 'task-1', nowMs: source.nowMs });
    source.nowMs += 30_000;
    expect(await replica('b').hintJob.runOnce()).toBe(1); // the other ACD's
    letGo();
    expect(await first).toBe(1);
    source.nowMs += 500;
    expect(await replica('b').hintJob.runOnce()).toBe(1);
    expect(await open()).toBe(0);
  });

  it('a replica that dies with a question leaves its hints to the others', async () => {
    await endWithWebhook(0);
    const dying = replica();
    dying.mortality.statementsLeft = 2; // dropping what is answered, and the claim
    await dying.hintJob.runOnce();
    expect(await open()).toBe(1);
    source.nowMs += 91_000;
    expect(await replica('b').hintJob.runOnce()).toBe(1);
    expect(await open()).toBe(0);
  });
});
