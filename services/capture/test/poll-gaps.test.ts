import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcdChanged, TaskEnded } from '@wxcc-wfo/contracts';
import type { WebexErrorKind } from '@wxcc-wfo/webex';
import type { WindowSettings } from '../src/polling/window-policy.ts';
import { anAcd, applyAcdChanges, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { FakeSource } from './fake-source.ts';
import { createReplica } from './replica.ts';

const START_MS = 1_780_000_000_000;
const MINUTE_MS = 60_000;
const WINDOWS: WindowSettings = {
  overlapMs: 5 * MINUTE_MS,
  initialLookbackMs: 10 * MINUTE_MS,
  maxWindowMs: 60 * MINUTE_MS,
  maxTasksPerWindow: 1_000,
  rowMs: MINUTE_MS,
};

interface Row {
  start_ms: number;
  end_ms: number;
  state: 'accepted' | 'gap';
  expected_count: number | null;
}

describe('CAP-01 what can’t be read hides nothing else (rule 5)', () => {
  let database: CaptureDatabase;
  let acd: AcdChanged;
  let source: FakeSource;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
    acd = anAcd();
    source = new FakeSource(START_MS);
    source.pageSize = 250;
    await applyAcdChanges(database.pool, [acd]);
  });

  function replica(windows: WindowSettings = WINDOWS, nowMs = () => source.nowMs) {
    return createReplica({ owner: 'a', pool: database.pool, sourceOf: () => source.client(), nowMs, windows });
  }
  /** The next poll that is due. */
  async function poll(by = replica()): Promise<void> {
    source.nowMs += MINUTE_MS;
    expect(await by.pollJob.pollOnce()).toBe(true);
  }
  const stateOf = async () =>
    (await database.pool.query('SELECT * FROM poll_state WHERE acd_id = $1', [acd.acdId])).rows[0];
  const ledgerOf = async (): Promise<Row[]> =>
    (await database.pool.query('SELECT * FROM window_ledger WHERE acd_id = $1 ORDER BY start_ms', [acd.acdId])).rows;
  /** Neighbouring rows as one: a gap may reach over the rows that were there before it. */
  async function gapsOf(): Promise<Row[]> {
    const gaps: Row[] = [];
    for (const row of await ledgerOf()) {
      const before = gaps.at(-1);
      if (row.state !== 'gap') continue;
      if (before?.end_ms === row.start_ms) before.end_ms = row.end_ms;
      else gaps.push(row);
    }
    return gaps;
  }
  const storedIds = async () =>
    (await database.pool.query('SELECT task_id FROM task WHERE acd_id = $1 ORDER BY task_id', [acd.acdId])).rows.map(
      (row) => row.task_id as string,
    );

  function expectTiled(rows: readonly Row[]): void {
    for (const [n, row] of rows.entries()) if (n > 0) expect(row.start_ms).toBe(rows[n - 1]!.end_ms);
  }
  /** Ends a task now that no listing can tell. */
  function endBroken(kind: WebexErrorKind): void {
    source.broken.set(source.nowMs, kind);
    source.end(0);
    source.nowMs += 1;
  }

  it('sixty gaps that stay do not hide one that can be closed', async () => {
    await poll();
    const [first] = await ledgerOf();
    const fromMs = first!.start_ms - 61_000;
    const add = (startMs: number, nextReadAtMs: number) =>
      database.pool.query(
        `INSERT INTO window_ledger (acd_id, tenant_id, sweep, start_ms, end_ms, state, expected_count, seen_count,
           attempts, next_read_at_ms, read_at_ms, epoch) VALUES ($1, $2, 'ended', $3, $4, 'gap', 5, 4, 9, $5, 0, 1)`,
        [acd.acdId, acd.tenantId, startMs, startMs + 1_000, nextReadAtMs],
      );
    for (let n = 0; n < 60; n += 1) await add(fromMs + n * 1_000, source.nowMs + 600_000);
    await add(fromMs + 60_000, source.nowMs);
    await poll();
    const gaps = await gapsOf();
    expect(gaps).toMatchObject([{ start_ms: fromMs, end_ms: fromMs + 60_000 }]);
  });

  it('a window without an answer is cut out after some polls, and polling goes past it', async () => {
    await poll();
    endBroken('unavailable');
    const brokenAtMs = [...source.broken.keys()][0]!;
    source.nowMs += 10_000;
    source.end(0);
    for (const failures of [1, 2]) {
      await poll();
      expect(await stateOf()).toMatchObject({ failures, last_error: { code: 'webex-unavailable' } });
      expect(await storedIds()).toEqual([]);
    }
    await poll();
    expect(await stateOf()).toMatchObject({ failures: 0, last_error: null });
    expect(await storedIds()).toEqual(['task-2']);
    const [gap, ...others] = await gapsOf();
    expect(others).toEqual([]);
    expect(gap!.end_ms - gap!.start_ms).toBeLessThanOrEqual(1_000);
    expect(gap!.start_ms <= brokenAtMs && gap!.end_ms > brokenAtMs).toBe(true);
    expect(gap!.expected_count).toBeNull();

    source.end(0);
    source.nowMs += 1_000; // the gap is not due yet: nothing is in the way of what is new
    const before = source.questions.page;
    expect(await replica().pollJob.pollOnce()).toBe(true);
    expect(await storedIds()).toEqual(['task-2', 'task-3']);
    expect(source.questions.page - before).toBe(1); // behind the gap; before it, nothing is counted

    source.broken.clear();
    await poll();
    expect(await gapsOf()).toEqual([]);
    expect(await storedIds()).toEqual(['task-1', 'task-2', 'task-3']);
    expectTiled(await ledgerOf());
  });

  it('many broken tasks within the overlap are cut out one after the other', async () => {
    await poll();
    const good: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      endBroken('invalid-answer');
      source.nowMs += 5_000;
      source.end(0);
      good.push([...source.tasks.keys()].at(-1)!);
      source.nowMs += 5_000;
    }
    for (let n = 0; n < 8 && (await storedIds()).length < good.length; n += 1) await poll();
    expect(await storedIds()).toEqual(good.sort());
    const gaps = await gapsOf();
    for (const gap of gaps) expect(gap.end_ms - gap.start_ms).toBeLessThanOrEqual(1_000);
    for (const atMs of source.broken.keys()) {
      expect(gaps.filter((gap) => gap.start_ms <= atMs && gap.end_ms > atMs)).toHaveLength(1);
    }
    expect(gaps).toHaveLength(12);
    expectTiled(await ledgerOf());
  });

  it('an outage is tried again with back-off, and the ledger stays as it is', async () => {
    await poll();
    source.end(0);
    const before = await ledgerOf();
    source.isOut = true;
    for (let failures = 1; failures <= 6; failures += 1) {
      await poll();
      expect(await stateOf()).toMatchObject({ failures });
    }
    expect(await ledgerOf()).toEqual(before);
    source.isOut = false;
    await poll();
    expect(await gapsOf()).toEqual([]);
    expect(await storedIds()).toEqual(['task-1']);
  });

  it('a database’s clock that is ahead of the ACD’s proves no time that is still to come', async () => {
    // By more than the overlap, and than the first poll looks back.
    const ahead = replica(WINDOWS, () => source.nowMs + 60 * MINUTE_MS);
    await poll(ahead);
    for (let n = 0; n < 3; n += 1) {
      await poll(ahead);
      expect((await ledgerOf()).at(-1)!.end_ms).toBeLessThanOrEqual(source.nowMs + 1_000);
      source.nowMs += 1_000;
      source.end(0);
    }
    await poll(ahead);
    expect(await storedIds()).toEqual(['task-1', 'task-2', 'task-3']);
    expect(await gapsOf()).toEqual([]);
  });

  describe('an ACD that is changed', () => {
    it.each<[string, Partial<AcdChanged>]>([
      ['organization', { webexOrgId: '7f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2' }],
      ['address', { apiUrl: 'https://api.wxcc-eu1.cisco.com' }],
    ])('begins its ledger anew with another %s', async (_, changes) => {
      await poll();
      const other = new FakeSource(source.nowMs - 8 * MINUTE_MS);
      other.end(0);
      other.nowMs = source.nowMs;
      source = other;
      await poll();
      expect(await storedIds()).toEqual([]); // behind the overlap
      await applyAcdChanges(database.pool, [{ ...acd, ...changes, revision: 2 }]);
      await poll();
      expect(await storedIds()).toEqual(['task-1']);
      const before = (await ledgerOf()).length;
      await poll();
      expect((await ledgerOf()).length).toBeGreaterThanOrEqual(before);
    });

    it('keeps what was not read yet when its address is corrected', async () => {
      await poll();
      const readToMs = (await ledgerOf()).at(-1)!.end_ms;
      source.end(0);
      source.nowMs += 120 * MINUTE_MS; // longer than the lookback: nothing was read meanwhile
      await applyAcdChanges(database.pool, [{ ...acd, apiUrl: 'https://api.wxcc-eu1.cisco.com', revision: 2 }]);
      await poll();
      expect(await storedIds()).toEqual(['task-1']);
      expect((await ledgerOf()).some((row) => row.start_ms < readToMs)).toBe(true);
      expectTiled(await ledgerOf());
    });

    it('CAP-02 is read on as it is now: boxes that are ticked while an absence is caught up with count for the rest', async () => {
      await applyAcdChanges(database.pool, [
        { ...acd, qualityManagement: { enabled: false, voice: true, digital: false }, revision: 2 },
      ]);
      for (let n = 0; n < 4; n += 1) {
        source.end(0);
        source.nowMs += 2 * MINUTE_MS;
      }
      const by = replica({ ...WINDOWS, maxWindowMs: 2 * MINUTE_MS });
      const client = source.client();
      let listings = 0;
      const switching = createReplica({
        owner: 'a',
        pool: database.pool,
        nowMs: () => source.nowMs,
        windows: { ...WINDOWS, maxWindowMs: 2 * MINUTE_MS },
        sourceOf: () => ({
          ...client,
          async *listEndedTasks(window, options) {
            listings += 1;
            if (listings === 2) await applyAcdChanges(database.pool, [{ ...acd, revision: 3 }]);
            yield* client.listEndedTasks(window, options);
          },
        }),
      });
      expect(await switching.pollJob.pollOnce()).toBe(true);
      expect(await stateOf()).toMatchObject({ owner: null, failures: 0, next_poll_at_ms: 0 });
      expect(await by.pollJob.pollOnce()).toBe(true);
      const { rows } = await database.pool.query('SELECT value FROM outbox WHERE acd_id = $1 ORDER BY id', [acd.acdId]);
      const events = rows.map((row) => JSON.parse(row.value) as TaskEnded);
      expect(events.map((event) => [event.taskId, event.contactsWanted])).toEqual([
        ['task-1', false],
        ['task-2', false],
        ['task-3', true],
        ['task-4', true],
      ]);
    });
  });
});
