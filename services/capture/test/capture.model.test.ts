import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AcdChanged, TaskEnded } from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import type { WindowSettings } from '../src/polling/window-policy.ts';
import { recogniseEndedTask } from '../src/tasks/task-ended-policy.ts';
import { addHint } from '../src/webhooks/hint-repository.ts';
import { anAcd, applyAcdChanges, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { type Change, FakeSource } from './fake-source.ts';
import { createReplica, LEASE_MS, type Replica } from './replica.ts';

const OVERLAP_MS = 60_000;
const WINDOWS: WindowSettings = {
  overlapMs: OVERLAP_MS,
  initialLookbackMs: 600_000,
  maxWindowMs: 120_000,
  maxTasksPerWindow: 5,
  rowMs: 20_000,
};
const START_MS = 1_780_000_000_000;

type Step =
  | { do: 'end'; visibleAfterMs: number }
  | { do: 'change'; pick: number; how: Change }
  | { do: 'lag'; pick: number }
  | { do: 'wait'; ms: number }
  | { do: 'hint'; pick: number }
  | { do: 'read-hints'; replica: number; killAfter: number | null }
  | { do: 'poll'; replica: number; killAfter: number | null; failAfter: number | null; shifts: number };

const pick = fc.nat({ max: 1_000 });
const replica = fc.nat({ max: 1 });
const rarely = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null, freq: 3 });
const how = fc.constantFrom<Change>('grow', 'shrink', 'alter', 'end-again');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end'), visibleAfterMs: fc.nat({ max: OVERLAP_MS }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('change'), pick, how }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lag'), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 90_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hint'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read-hints'), replica, killAfter: rarely(8) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('poll'),
      replica,
      killAfter: rarely(40),
      failAfter: rarely(8),
      shifts: fc.nat({ max: 2 }),
    }),
  },
) as fc.Arbitrary<Step>;

/** One ACD, its source and two replicas, on a clock of their own. */
class World {
  readonly acd: AcdChanged = anAcd();
  readonly source = new FakeSource(START_MS);
  readonly replicas: Replica[] = [];
  private readonly database: CaptureDatabase;

  constructor(database: CaptureDatabase) {
    this.database = database;
    for (const owner of ['a', 'b']) this.start(owner);
  }

  private start(owner: string): void {
    const nowMs = () => this.source.nowMs;
    const sourceOf = () => this.source.client();
    this.replicas[owner === 'a' ? 0 : 1] = createReplica({
      owner,
      pool: this.database.pool,
      sourceOf,
      nowMs,
      windows: WINDOWS,
    });
  }

  private pickTask(n: number): string | undefined {
    return [...this.source.tasks.keys()].at(n % Math.max(1, this.source.tasks.size));
  }

  /** The first sweep sees what changes within the overlap; what changes later is the other sweeps' to find. */
  private mayChange(taskId: string | undefined): taskId is string {
    if (taskId === undefined) return false;
    return this.source.nowMs - this.source.tasks.get(taskId)!.facts.endedAtMs! <= OVERLAP_MS;
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'end':
        return this.source.end(one.visibleAfterMs);
      case 'change': {
        const taskId = this.pickTask(one.pick);
        if (this.mayChange(taskId)) this.source.change(taskId, one.how);
        return;
      }
      case 'lag': {
        const taskId = this.pickTask(one.pick);
        if (this.mayChange(taskId)) this.source.lag(taskId);
        return;
      }
      case 'wait':
        this.source.nowMs += one.ms;
        return;
      case 'hint': {
        const taskId = this.pickTask(one.pick) ?? 'task-of-nobody';
        return await addHint(this.database.pool, this.acd, { taskId, nowMs: this.source.nowMs });
      }
      case 'read-hints':
        return await this.act(one.replica, one.killAfter, (by) => by.hintJob.runOnce());
      case 'poll':
        this.source.failAfter = one.failAfter;
        this.source.betweenPages = Array.from({ length: one.shifts }, () => () => this.source.end(0));
        await this.act(one.replica, one.killAfter, (by) => by.pollJob.pollOnce());
        this.source.failAfter = null;
        this.source.betweenPages = [];
    }
  }

  private async act(n: number, killAfter: number | null, work: (by: Replica) => Promise<unknown>): Promise<void> {
    const by = this.replicas[n]!;
    by.mortality.statementsLeft = killAfter;
    await work(by).catch((error) => {
      if (killAfter === null) throw error;
    });
    if (killAfter === null) return;
    // Whatever it had left to do, it does not do any more; its successor is a new process.
    by.mortality.statementsLeft = 0;
    this.start(n === 0 ? 'a' : 'b');
  }

  /** Nothing changes any more: the clock goes on until leases, gaps and hints have had their time. */
  async settle(): Promise<void> {
    for (const held of this.source.tasks.values()) held.isStale = false;
    for (let round = 0; round < 40; round += 1) {
      this.source.nowMs += LEASE_MS + 2_000;
      await this.replicas[round % 2]!.hintJob.runOnce();
      await this.replicas[round % 2]!.pollJob.pollOnce();
      if (round > 8 && (await this.open()) === 0) return;
    }
    throw new Error('It did not settle.');
  }

  private async open(): Promise<number> {
    const { rows } = await this.database.pool.query<{ open: number }>(
      `SELECT (SELECT count(*) FROM hint WHERE acd_id = $1)
            + (SELECT count(*) FROM window_ledger WHERE acd_id = $1 AND state = 'gap') AS open`,
      [this.acd.acdId],
    );
    return rows[0]!.open;
  }

  async stored() {
    const { rows } = await this.database.pool.query<{ task_id: string; facts_hash: string; revision: number }>(
      'SELECT task_id, facts_hash, revision FROM task WHERE acd_id = $1',
      [this.acd.acdId],
    );
    return new Map(rows.map((row) => [row.task_id, { hash: row.facts_hash, revision: row.revision }]));
  }

  async published(): Promise<TaskEnded[]> {
    const { rows } = await this.database.pool.query<{ value: string }>(
      'SELECT value FROM outbox WHERE acd_id = $1 ORDER BY id',
      [this.acd.acdId],
    );
    return rows.map((row) => JSON.parse(row.value));
  }

  async ledger(): Promise<{ start_ms: number; end_ms: number }[]> {
    const { rows } = await this.database.pool.query(
      'SELECT start_ms, end_ms FROM window_ledger WHERE acd_id = $1 ORDER BY start_ms',
      [this.acd.acdId],
    );
    return rows;
  }
}

function hashOf(source: FakeSource, taskId: string): string {
  const recognised = recogniseEndedTask(source.tasks.get(taskId)!.facts);
  if (recognised.kind !== 'ended') throw new Error(`${taskId} is ${recognised.kind}.`);
  return recognised.task.hash;
}

describe('CAP-01 model: late, changed, ended twice, shifted while paging, lagging, failing, killed anywhere', () => {
  let database: CaptureDatabase;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database.drop());

  it('what is stored and published becomes the source’s truth, and then stays silent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await database.pool.query('UPDATE poll_state SET next_poll_at_ms = 9e15::bigint');
        await database.pool.query('DELETE FROM hint');
        const world = new World(database);
        await applyAcdChanges(database.pool, [world.acd]);
        for (const one of steps) await world.run(one);
        await world.settle();

        const truth = new Map([...world.source.tasks.keys()].map((id) => [id, hashOf(world.source, id)]));
        const stored = await world.stored();
        expect(new Map([...stored].map(([id, { hash }]) => [id, hash]))).toEqual(truth);

        const events = await world.published();
        for (const [taskId, { revision }] of stored) {
          const own = events.filter((event) => event.taskId === taskId);
          expect(own.map((event) => event.revision)).toEqual(Array.from({ length: revision }, (_, n) => n + 1));
          expect(own.at(-1)!.activities).toHaveLength(world.source.tasks.get(taskId)!.facts.activities.length);
        }

        const ledger = await world.ledger();
        for (const [n, row] of ledger.entries()) if (n > 0) expect(row.start_ms).toBe(ledger[n - 1]!.end_ms);

        for (let round = 0; round < 2; round += 1) {
          world.source.nowMs += 2_000;
          await world.replicas[0]!.pollJob.pollOnce();
        }
        expect(await world.published()).toHaveLength(events.length);
      }),
      // A story that hangs names its seed instead of running into Jest's own time-out.
      { numRuns: 15, timeout: 20_000 },
    );
  }, 120_000);
});
