import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RecordingUnavailable } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import { concludeJobs } from '../src/jobs/conclude-jobs.ts';
import { type ImportVerdict, PRIORITY } from '../src/jobs/import-policy.ts';
import { claimJobs, type ImportJob, settleJob, upsertJobs, wakeJob } from '../src/jobs/job-repository.ts';
import { type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';

const NOW_MS = 1_780_000_000_000;
const TENANT = randomUUID();
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const GIVEN_UP: ImportVerdict = { state: 'failed', code: 'not-offered', reason: 'The ACD does not offer it.' };
const NOT_RECORDED: ImportVerdict = { state: 'done', code: 'not-recorded', reason: 'It was not recorded.' };
const WHOLE: ImportVerdict = { state: 'done', code: null, reason: null };
const waiting = { state: 'waiting', atMs: NOW_MS, priority: PRIORITY.live } as const;
const RELOOK: ImportVerdict = { ...waiting, priority: PRIORITY.relook, code: null, reason: null };
const REFUSED: ImportVerdict = { ...waiting, code: 'not-offered', reason: 'Not yet.', isOfTask: true };
const OUTAGE: ImportVerdict = { ...waiting, code: 'webex-unavailable', reason: 'Away.', isOfTask: false };

describe('MED-02 MED-08 telling that no recording will come', () => {
  let database: MediaImportDatabase;
  let acdId: string;
  beforeAll(async () => {
    database = await mediaImportDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    acdId = randomUUID();
    await database.pool.query('TRUNCATE outbox');
    await database.pool.query(
      `INSERT INTO acd (acd_id, tenant_id, revision, deleted, active, configuration) VALUES ($1, $2, 1, false, true, '{}')`,
      [acdId, TENANT],
    );
  });

  const end = (taskId: string, taskRevision = 1) =>
    upsertJobs(
      database.pool,
      [
        {
          acdId,
          taskId,
          tenantId: TENANT,
          webexOrgId: 'org',
          endedAtMs: NOW_MS,
          recordingExpected: true,
          traceparent: TRACEPARENT,
          taskRevision,
        },
      ],
      NOW_MS,
    );
  const claim = async (): Promise<ImportJob> => {
    const jobs = await claimJobs(database.pool, {
      acdId,
      dataServer: 'default',
      nowMs: NOW_MS,
      leaseMs: 60_000,
      limit: 1,
    });
    return jobs[0]!;
  };
  const settle = (job: ImportJob, verdict: ImportVerdict) =>
    inTransaction(database.pool, (tx) => settleJob(tx, job, verdict, NOW_MS));
  const look = async (verdict: ImportVerdict) => await settle(await claim(), verdict);
  const retry = (taskId: string) =>
    inTransaction(database.pool, (tx) => wakeJob(tx, { acdId, tenantId: TENANT, taskId, nowMs: NOW_MS }));
  const deleteAcd = () =>
    database.pool.query('UPDATE acd SET deleted = true, active = false WHERE acd_id = $1', [acdId]);
  const conclude = () => concludeJobs(database.pool, NOW_MS);
  const events = async () => {
    const { rows } = await database.pool.query<{ topic: string; key: string; value: string; traceparent: string }>(
      'SELECT topic, key, value, traceparent FROM outbox WHERE acd_id = $1 ORDER BY id',
      [acdId],
    );
    return rows.map((row) => ({ ...row, payload: JSON.parse(row.value) as RecordingUnavailable }));
  };
  /** As `task 1 not-offered` or `task 2 withdrawn`. */
  const told = async () =>
    (await events()).map(({ payload: { taskId, version, code } }) => `${taskId} ${version} ${code ?? 'withdrawn'}`);
  const job = async (taskId: string) =>
    (await database.pool.query('SELECT * FROM import_job WHERE acd_id = $1 AND task_id = $2', [acdId, taskId])).rows[0];

  it('says it with the reason when a job is given up, as part of the trace of its task', async () => {
    await end('task');
    await look(GIVEN_UP);
    expect(await events()).toMatchObject([
      {
        topic: 'recording-unavailable',
        key: `${acdId}:task`,
        traceparent: TRACEPARENT,
        payload: {
          tenantId: TENANT,
          acdId,
          taskId: 'task',
          version: 1,
          sinceMs: NOW_MS,
          withdrawn: false,
          code: 'not-offered',
          reason: 'The ACD was to record this call, and never offered a recording of it.',
        },
      },
    ]);
  });

  it('says it when a call turns out not to have been recorded, and nothing of one that is stored whole', async () => {
    await end('quiet');
    await look(NOT_RECORDED);
    await end('whole');
    await look(WHOLE);
    expect(await told()).toEqual(['quiet 1 not-recorded']);
  });

  it('tells neither or both of an end and its event', async () => {
    await end('task');
    const claimed = await claim();
    await expect(
      inTransaction(database.pool, async (tx) => {
        await settleJob(tx, claimed, GIVEN_UP, NOW_MS);
        throw new Error('the commit fails');
      }),
    ).rejects.toThrow('the commit fails');
    expect([await told(), (await job('task')).state]).toEqual([[], 'waiting']);
    await settle(claimed, GIVEN_UP);
    expect([await told(), (await job('task')).state]).toEqual([['task 1 not-offered'], 'failed']);
  });

  it('takes it back when it is retried by hand, and says it again at a higher version', async () => {
    await end('task');
    await look(GIVEN_UP);
    expect(await retry('task')).toBe(true);
    expect(await retry('task')).toBe(true);
    await look(REFUSED);
    await look(GIVEN_UP);
    expect(await told()).toEqual(['task 1 not-offered', 'task 2 withdrawn', 'task 3 not-offered']);
    expect((await events())[1]!.payload).toMatchObject({ withdrawn: true, code: null, reason: null });
  });

  it('says nothing of a job that was woken while it was looked at, nor from a claim that was lost', async () => {
    await end('woken');
    const claimed = await claim();
    await retry('woken');
    await settle(claimed, GIVEN_UP);
    expect(await job('woken')).toMatchObject({ state: 'waiting', verdict_version: 0 });
    await settle(claimed, WHOLE);
    await database.pool.query('UPDATE import_job SET epoch = epoch + 1, lease_until_ms = 0');
    await settle(claimed, GIVEN_UP);
    expect(await told()).toEqual([]);
  });

  it('lets it stand while a corrected task is looked at again, until something is missing or all is there', async () => {
    await end('task');
    await look(NOT_RECORDED);
    await end('task', 2);
    for (const verdict of [OUTAGE, RELOOK, NOT_RECORDED]) await look(verdict);
    expect(await told()).toEqual(['task 1 not-recorded']);
    await end('task', 3);
    await look(REFUSED);
    expect(await told()).toEqual(['task 1 not-recorded', 'task 2 withdrawn']);
    await look(GIVEN_UP);
    await end('task', 4);
    await look(WHOLE);
    expect((await told()).slice(2)).toEqual(['task 3 not-offered', 'task 4 withdrawn']);
  });

  it('counts what may end a job: refusals since the last success or wake-up, not outages', async () => {
    await end('task');
    for (const verdict of [REFUSED, OUTAGE, REFUSED]) await look(verdict);
    expect(await job('task')).toMatchObject({ attempts: 3, refusals: 2 });
    expect(await claim()).toMatchObject({ attempts: 4, refusals: 2 });
    await retry('task');
    expect(await job('task')).toMatchObject({ attempts: 0, refusals: 0 });
  });

  describe('of a deleted ACD', () => {
    it('ends what waits and fences what is under way; what is stored whole is done', async () => {
      await end('under-way');
      const claimed = await claim();
      await end('whole');
      await database.pool.query(
        `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
           ended_at_ms, channel_roles, participants, generation, known_at_ms)
         VALUES ($1, $2, 'whole', $3, 'w', 'main', false, 0, 1, '[]', '[]', 1, 0)`,
        [randomUUID(), acdId, TENANT],
      );
      await look(RELOOK);
      await deleteAcd();
      await conclude();
      await settle(claimed, WHOLE);
      expect(await told()).toEqual(['under-way 1 acd-deleted']);
      expect(await job('under-way')).toMatchObject({ state: 'failed', last_code: 'acd-deleted' });
      expect(await job('whole')).toMatchObject({ state: 'done', last_code: null });
      await conclude();
      expect(await told()).toHaveLength(1);
    });

    it('ends also what is told, or retried by hand, after it', async () => {
      await deleteAcd();
      await conclude();
      await end('late');
      await conclude();
      await retry('late');
      await conclude();
      expect(await told()).toEqual(['late 1 acd-deleted', 'late 2 withdrawn', 'late 3 acd-deleted']);
    });

    it('ends a month of waiting calls in portions', async () => {
      await database.pool.query(
        `INSERT INTO import_job (acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected,
           state, next_attempt_at_ms, created_at_ms)
         SELECT $1, 'task-' || n, $2, 'org', 1, $3, true, 'waiting', 0, 0 FROM generate_series(1, 1200) n`,
        [acdId, TENANT, NOW_MS],
      );
      await deleteAcd();
      await Promise.all([conclude(), conclude()]);
      expect(new Set(await told()).size).toBe(1_200);
    });
  });

  it('tells what had ended before such things were told, once', async () => {
    for (const [taskId, state, code] of [
      ['failed', 'failed', 'truncated'],
      ['quiet', 'done', 'not-recorded'],
      ['whole', 'done', null],
    ]) {
      await end(taskId!);
      await database.pool.query('UPDATE import_job SET state = $3, last_code = $4 WHERE acd_id = $1 AND task_id = $2', [
        acdId,
        taskId,
        state,
        code,
      ]);
    }
    await conclude();
    await conclude();
    expect(await told()).toEqual(['failed 1 truncated', 'quiet 1 not-recorded']);
  });
});
