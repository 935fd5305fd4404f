import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ContactSegmented, RecordingAvailable, RecordingUnavailable, TaskEnded } from '@wxcc-wfo/contracts';
import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import fc from 'fast-check';
import { asText, ms, recording, recordingId, row, task, unavailable } from '../../test/call-rows.ts';
import { type SegmenterDatabase, segmenterDatabase } from '../../test/segmenter-database.ts';
import { readEndedTask } from './ended-task.ts';
import { createSegmentBatchStep } from './segment-batch-step.ts';

let database: SegmenterDatabase;
const step = createSegmentBatchStep({ nowMs: () => ms(20_000) });

beforeAll(async () => {
  database = await segmenterDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('TRUNCATE task, recording, contact');
});

const call = (taskId: string, more: Partial<TaskEnded> = {}): TaskEnded =>
  task([row('connected', 10, 60, 'A'), row('ended', 60, 60)], { taskId, ...more });
const recordingOf = (taskId: string, n: number): RecordingAvailable => recording(n, 10, 60, { taskId });

const ended = (tasks: readonly TaskEnded[]) => tasks.map((one) => readEndedTask(one, JSON.stringify(one), ms(20_000)));
const tasksIn = (...tasks: TaskEnded[]) => inTransaction(database.pool, (tx) => step.ofTasks(tx, ended(tasks)));
const recordingsIn = (...recordings: RecordingAvailable[]) =>
  inTransaction(database.pool, (tx) => step.ofRecordings(tx, recordings));

const verdictsIn = (...verdicts: RecordingUnavailable[]) =>
  inTransaction(database.pool, (tx) => step.ofVerdicts(tx, verdicts));

async function stored(): Promise<ContactSegmented[]> {
  const { rows } = await database.pool.query<{ body: ContactSegmented }>(
    'SELECT body FROM contact ORDER BY task_id, started_at_ms',
  );
  return rows.map(({ body }) => body);
}

describe('facts become contacts in the database', () => {
  it('a task, then its recording: version 1, then 2 (SEG-09); the same again: nothing', async () => {
    expect((await tasksIn(call('t1'))).map(({ contact }) => contact.version)).toEqual([1]);
    expect((await recordingsIn(recordingOf('t1', 1))).map(({ contact }) => contact.version)).toEqual([2]);
    expect(await recordingsIn(recordingOf('t1', 1), recordingOf('t1', 1))).toEqual([]);
    expect(await tasksIn(call('t1'), call('t1'))).toEqual([]);
    expect((await stored()).map(asText)).toEqual(['A 10–60 file-uploaded']);
  });

  it('a recording before its task waits, and is used when the task comes (SEG-08)', async () => {
    expect(await recordingsIn(recordingOf('t1', 1))).toEqual([]);
    expect((await tasksIn(call('t1'))).map(({ contact }) => asText(contact))).toEqual(['A 10–60 file-uploaded']);
  });

  it('a lower revision changes nothing, within a batch or after it', async () => {
    const newer = call('t1', { revision: 3, callingNumber: 'new' });
    await tasksIn(newer, call('t1', { revision: 1 }), newer, call('t1', { revision: 2 }));
    expect(await tasksIn(call('t1', { revision: 2, callingNumber: 'old' }))).toEqual([]);
    expect((await stored()).map(({ callingNumber, version }) => [callingNumber, version])).toEqual([['new', 1]]);
  });

  it('that no recording will come is stored, before its task or after it; a lower version changes nothing (MED-02)', async () => {
    expect(await verdictsIn(unavailable(1, { taskId: 't1' }))).toEqual([]);
    expect((await tasksIn(call('t1'))).map(({ contact }) => asText(contact))).toEqual(['A 10–60 no-file-to-upload']);
    await tasksIn(call('t2'));
    const [first, second] = [1, 2].map((n) => unavailable(n, { taskId: 't2', withdrawn: n === 2 }));
    expect((await verdictsIn(first!)).map(({ contact }) => [contact.version, asText(contact)])).toEqual([
      [2, 'A 10–60 no-file-to-upload'],
    ]);
    expect((await verdictsIn(second!, first!)).map(({ contact }) => [contact.version, asText(contact)])).toEqual([
      [3, 'A 10–60'],
    ]);
    expect(await verdictsIn(first!, second!)).toEqual([]);
    expect((await recordingsIn(recordingOf('t1', 1))).map(({ contact }) => asText(contact))).toEqual([
      'A 10–60 file-uploaded',
    ]);
  });

  it('a corrected clock of a stored recording is used; a lower revision of it changes nothing', async () => {
    await tasksIn(call('t1'));
    const corrected = { ...recordingOf('t1', 1), startedAtMs: ms(8), revision: 2 };
    const heardFrom = (changed: { contact: ContactSegmented }[]) =>
      changed.map(({ contact }) => contact.audio.editList?.pieces.map((one) => 'fromFrame' in one && one.fromFrame));
    expect(heardFrom(await recordingsIn(recordingOf('t1', 1)))).toEqual([[0]]);
    // Two seconds in, and the last two seconds of the contact are not in it.
    expect(heardFrom(await recordingsIn(corrected, recordingOf('t1', 1)))).toEqual([[16_000, false]]);
    expect(await recordingsIn(recordingOf('t1', 1))).toEqual([]);
  });

  it('contacts keep their ids wherever a batch ends, also when a correction replaces the row of the answer (SEG-08)', async () => {
    const answeredAt = (from: number, revision: number, taskId: string) =>
      task([row('connected', from, 60, 'A'), row('ended', 60, 60)], { taskId, revision });
    const told = ['t1', 't2'].flatMap((taskId) => [10, 12, 14].map((from, n) => answeredAt(from, n + 1, taskId)));
    const inOrder = fc
      .tuple(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), fc.array(fc.nat(5), { maxLength: 3 }))
      .map(([cuts, again]) => ({ cuts, again }));
    const ids = async () => (await stored()).map(({ contactId, startedAtMs }) => [contactId, startedAtMs]);
    for (const one of told) await tasksIn(one);
    const expected = await ids();
    expect(expected.map(([, startedAtMs]) => startedAtMs)).toEqual([ms(14), ms(14)]);
    await fc.assert(
      fc.asyncProperty(inOrder, async ({ cuts, again }) => {
        await database.pool.query('DELETE FROM task; DELETE FROM contact');
        // As the topic gives them: in order per task, some once more behind it.
        const arrivals = [...told, ...again.map((n) => told[n]!)];
        let batch: TaskEnded[] = [];
        for (const [index, one] of arrivals.entries()) {
          batch.push(one);
          if (!cuts[index]) continue;
          await tasksIn(...batch);
          batch = [];
        }
        if (batch.length > 0) await tasksIn(...batch);
        expect(await ids()).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('a batch of 500 costs a handful of statements', async () => {
    const tasks = Array.from({ length: 500 }, (_, n) => call(`t${n}`));
    const recordings = tasks.map(({ taskId }, n) => ({ ...recordingOf(taskId, 1), recordingId: recordingId(n) }));
    const counts = await inTransaction(database.pool, async (tx) => {
      let statements = 0;
      const counting: SqlClient = {
        query: (text, values) => {
          statements += 1;
          return tx.query(text, values as unknown[]);
        },
      };
      const seen: number[] = [];
      for (const work of [
        () => step.ofTasks(counting, ended(tasks)),
        () => step.ofRecordings(counting, recordings),
        () => step.ofTasks(counting, ended(tasks.map((one) => ({ ...one, revision: 2, calledNumber: 'other' })))),
      ]) {
        expect(await work()).toHaveLength(500);
        seen.push(statements);
        statements = 0;
      }
      return seen;
    });
    expect(counts).toEqual([2, 6, 4]);
  });

  it('two replicas with the task and its recording at once: the second decides on all facts', async () => {
    const first = await database.pool.connect();
    try {
      await first.query('BEGIN');
      await step.ofTasks(first, ended([call('t1')]));
      let settled = false;
      const second = recordingsIn(recordingOf('t1', 1)).finally(() => {
        settled = true;
      });
      await waitFor('the second to wait for the lock', async () => {
        const { rows } = await database.pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        return rows.length > 0;
      });
      expect(settled).toBe(false);
      await first.query('COMMIT');
      expect((await second).map(({ contact }) => [contact.version, asText(contact)])).toEqual([
        [2, 'A 10–60 file-uploaded'],
      ]);
    } finally {
      first.release();
    }
  });

  it('… and the other way round, when the task was there already', async () => {
    await tasksIn(call('t1'));
    const first = await database.pool.connect();
    try {
      await first.query('BEGIN');
      await step.ofRecordings(first, [recordingOf('t1', 1)]);
      const second = tasksIn(call('t1', { revision: 2, callingNumber: 'new' }));
      await waitFor('the second to wait for the lock', async () => {
        const { rows } = await database.pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        return rows.length > 0;
      });
      await first.query('COMMIT');
      expect((await second).map(({ contact }) => [contact.version, contact.audio.state])).toEqual([
        [3, 'file-uploaded'],
      ]);
    } finally {
      first.release();
    }
  });

  it('any order, any batching and any duplicates end in the same rows (SEG-08)', async () => {
    const transferred = (revision: number, end: number): TaskEnded =>
      task(
        [
          row('connected', 10, 20, 'A'),
          row('blind-transferred', 20, 21, 'A', 'B'),
          row('connected', 30, end, 'B'),
          row('ended', end, end),
        ],
        { revision, taskId: 't2' },
      );
    const inputs = [
      call('t1'),
      recordingOf('t1', 1),
      recordingOf('t1', 1),
      transferred(1, 50),
      transferred(2, 60),
      transferred(1, 50),
      recordingOf('t2', 2),
      unavailable(1, { taskId: 't2' }),
      call('t3'),
      unavailable(1, { taskId: 't3' }),
      unavailable(2, { taskId: 't3', withdrawn: true }),
      unavailable(3, { taskId: 't3' }),
      unavailable(1, { taskId: 't3' }),
    ];
    const batches = fc
      .shuffledSubarray(inputs, { minLength: inputs.length })
      .chain((order) => fc.tuple(fc.constant(order), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 })));
    await fc.assert(
      fc.asyncProperty(batches, async ([order, cuts]) => {
        await database.pool.query('DELETE FROM task; DELETE FROM recording; DELETE FROM contact');
        let tasks: TaskEnded[] = [];
        let recordings: RecordingAvailable[] = [];
        let verdicts: RecordingUnavailable[] = [];
        const takeIn = async () => {
          if (tasks.length > 0) await tasksIn(...tasks);
          if (recordings.length > 0) await recordingsIn(...recordings);
          if (verdicts.length > 0) await verdictsIn(...verdicts);
          [tasks, recordings, verdicts] = [[], [], []];
        };
        for (const [index, input] of order.entries()) {
          if ('recordingId' in input) recordings.push(input);
          else if ('withdrawn' in input) verdicts.push(input);
          else tasks.push(input);
          if (cuts[index] === true) await takeIn();
        }
        await takeIn();
        expect((await stored()).map(asText)).toEqual([
          'A 10–60 file-uploaded',
          'A 10–20 file-uploaded',
          'B 30–60 file-uploaded',
          'A 10–60 no-file-to-upload',
        ]);
      }),
      { numRuns: 40 },
    );
  });
});
