import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, inTransaction } from '@wxcc-wfo/service-kit';
import { createFolderStore } from '../src/downloads/media-store.ts';
import { announceFile, forgetFile, takeAbandonedFiles } from '../src/downloads/pending-file-repository.ts';
import { sweepFiles } from '../src/downloads/sweep-files.ts';
import { concludeJobs } from '../src/jobs/conclude-jobs.ts';
import { PRIORITY } from '../src/jobs/import-policy.ts';
import {
  claimJobs,
  extendLeases,
  holdsClaim,
  listAcdsWithWork,
  measureBacklog,
  type NewImportJob,
  releaseJobs,
  settleJob,
  upsertJobs,
  wakeJob,
  wakeUnauthorizedJobs,
} from '../src/jobs/job-repository.ts';
import { type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';

const NOW_MS = 1_780_000_000_000;
const TENANT = randomUUID();
const NO_ACD = '00000000-0000-0000-0000-000000000000';

describe('import jobs over real Postgres', () => {
  let database: MediaImportDatabase;
  let acdId: string;
  beforeAll(async () => {
    database = await mediaImportDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    acdId = randomUUID();
    await addAcd(acdId);
  });

  const addAcd = (id: string, active = true) =>
    database.pool.query(
      `INSERT INTO acd (acd_id, tenant_id, revision, deleted, active, configuration) VALUES ($1, $2, 1, false, $3, '{}')`,
      [id, TENANT, active],
    );
  const newJob = (taskId: string, changes: Partial<NewImportJob> = {}): NewImportJob => ({
    acdId,
    taskId,
    tenantId: TENANT,
    webexOrgId: 'org',
    endedAtMs: NOW_MS,
    recordingExpected: true,
    traceparent: null,
    taskRevision: 1,
    ...changes,
  });
  const add = (...taskIds: string[]) =>
    upsertJobs(
      database.pool,
      taskIds.map((id) => newJob(id)),
      NOW_MS,
    );
  const claim = (limit = 10, nowMs = NOW_MS) =>
    claimJobs(database.pool, { acdId, dataServer: 'default', nowMs, leaseMs: 60_000, limit });
  const only = async () => (await claim(1))[0]!;
  const expireLeases = () => database.pool.query('UPDATE import_job SET lease_until_ms = 1 WHERE lease_until_ms > 0');
  const row = async (taskId: string) =>
    (await database.pool.query('SELECT * FROM import_job WHERE acd_id = $1 AND task_id = $2', [acdId, taskId])).rows[0];
  const later = {
    state: 'waiting',
    atMs: NOW_MS + 5_000,
    priority: PRIORITY.live,
    code: 'x',
    reason: 'y',
    isOfTask: true,
  } as const;
  const work = (changes: object = {}) =>
    listAcdsWithWork(database.pool, {
      dataServer: 'default',
      nowMs: NOW_MS,
      relooksBeforeMs: NOW_MS - 60_000,
      afterAcdId: NO_ACD,
      except: [],
      limit: 1_000,
      ...changes,
    });

  it('gives each job to one of two replicas that claim at the same time', async () => {
    await add(...Array.from({ length: 15 }, (_, n) => `task-${n}`));
    const [one, two] = await Promise.all([claim(10), claim(10)]);
    const ids = [...one, ...two, ...(await claim(10))].map((job) => job.taskId);
    expect(ids).toHaveLength(15);
    expect(new Set(ids).size).toBe(15);
  });

  it('fences a replica that lost its claim: it neither holds, settles, extends nor releases it', async () => {
    await add('task');
    const zombie = await only();
    expect(await claim()).toEqual([]);
    await expireLeases();
    const heir = await only();
    expect(heir).toMatchObject({ epoch: zombie.epoch + 1, attempts: 2 });
    await settleJob(database.pool, zombie, { state: 'done', code: null, reason: null }, NOW_MS);
    await releaseJobs(database.pool, [zombie]);
    expect(await extendLeases(database.pool, [zombie], 60_000)).toEqual(new Set());
    const holds = (job: typeof heir) => inTransaction(database.pool, (tx) => holdsClaim(tx, job));
    expect([await holds(zombie), await holds(heir)]).toEqual([false, true]);
    expect(await row('task')).toMatchObject({ state: 'waiting', epoch: heir.epoch });
    expect(await claim()).toEqual([]);
  });

  it('ACD-04 leaves the jobs of an ACD that moved to the new data server, those queued before included', async () => {
    await add('claimed', 'queued');
    const mine = await only();
    const serve = (name: string | null) => {
      const dataServers = { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: name };
      return database.pool.query(`UPDATE acd SET revision = revision + 1, configuration = $2 WHERE acd_id = $1`, [
        acdId,
        JSON.stringify({ dataServers }),
      ]);
    };
    const claimAs = async (dataServer: string) => {
      const seen = (await work({ dataServer })).includes(acdId);
      const jobs = await claimJobs(database.pool, { acdId, dataServer, nowMs: NOW_MS, leaseMs: 60_000, limit: 10 });
      await releaseJobs(database.pool, jobs);
      expect(jobs.length > 0).toBe(seen);
      return jobs.map((job) => job.taskId);
    };
    expect([await claimAs('south'), await claimAs('default')]).toEqual([[], ['queued']]);
    await serve('south');
    // What is under way ends where it is: nobody else may claim it, and its commit holds.
    expect(await inTransaction(database.pool, (tx) => holdsClaim(tx, mine))).toBe(true);
    expect([await claimAs('default'), await claimAs('south')]).toEqual([[], ['queued']]);
    await expireLeases();
    expect((await claimAs('south')).sort()).toEqual(['claimed', 'queued']);
    const { waiting } = await measureBacklog(database.pool, NOW_MS);
    await serve(null);
    expect([await claimAs('default'), await claimAs('south')]).toEqual([[], []]);
    expect(await measureBacklog(database.pool, NOW_MS)).toMatchObject({ waiting: waiting - 2 });
    await serve('default');
    expect((await claimAs('default')).sort()).toEqual(['claimed', 'queued']);
  });

  it('counts attempts that fail, not those that were given back, and begins anew after a success', async () => {
    await add('task');
    const job = await only();
    await releaseJobs(database.pool, [job]);
    expect(await row('task')).toMatchObject({ attempts: 0, lease_until_ms: 0 });
    await settleJob(database.pool, await only(), later, NOW_MS);
    expect(await row('task')).toMatchObject({ attempts: 1, last_code: 'x', next_attempt_at_ms: NOW_MS + 5_000 });
    expect(await claim()).toEqual([]);
    const [again] = await claim(1, NOW_MS + 5_000);
    expect(again).toMatchObject({ attempts: 2 });
    await settleJob(database.pool, again!, { ...later, code: null, reason: null }, NOW_MS);
    expect(await row('task')).toMatchObject({ attempts: 0, last_code: null });
  });

  it('MED-01 a hint or a revision that comes while the job is claimed survives its verdict', async () => {
    await add('hinted', 'revised');
    const jobs = await claim();
    await wakeJob(database.pool, { acdId, tenantId: TENANT, taskId: 'hinted', nowMs: NOW_MS });
    await upsertJobs(database.pool, [newJob('revised', { taskRevision: 2 })], NOW_MS);
    for (const job of jobs) await settleJob(database.pool, job, { state: 'done', code: null, reason: null }, NOW_MS);
    expect((await claim()).map((job) => job.taskId).sort()).toEqual(['hinted', 'revised']);
  });

  it('a settled job of a batch is not leased again with the others', async () => {
    await add('quick', 'slow');
    const [quick, slow] = (await claim()).sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    await settleJob(database.pool, quick!, { ...later, atMs: NOW_MS }, NOW_MS);
    expect(await extendLeases(database.pool, [quick!, slow!], 60_000)).toEqual(new Set(['slow']));
    expect((await claim()).map((job) => job.taskId)).toEqual(['quick']);
  });

  it('a lower or equal revision changes nothing', async () => {
    await upsertJobs(database.pool, [newJob('task', { taskRevision: 3 })], NOW_MS);
    await settleJob(database.pool, await only(), { state: 'done', code: null, reason: null }, NOW_MS);
    for (const taskRevision of [2, 3]) await upsertJobs(database.pool, [newJob('task', { taskRevision })], NOW_MS);
    expect(await row('task')).toMatchObject({ state: 'done', task_revision: 3 });
  });

  it('takes what has just ended before last looks, which fill the query or wait for company', async () => {
    await add('relook-1', 'relook-2');
    const relook = { ...later, atMs: NOW_MS, priority: PRIORITY.relook, code: null, reason: null };
    for (const job of await claim()) await settleJob(database.pool, job, relook, NOW_MS);
    expect(await work()).not.toContain(acdId);
    expect(await work({ relooksBeforeMs: NOW_MS })).toContain(acdId);
    await upsertJobs(database.pool, [newJob('live')], NOW_MS);
    expect(await work()).toContain(acdId);
    expect((await claim(1)).map((job) => job.taskId)).toEqual(['live']);
    await add(...Array.from({ length: 8 }, (_, n) => `relook-${n + 3}`));
    for (const job of await claim(20)) await settleJob(database.pool, job, relook, NOW_MS);
    expect(await work()).toContain(acdId);
  });

  it('gives ACDs their turns in a ring, and none to inactive or excepted ones', async () => {
    const ids = [acdId, randomUUID(), randomUUID()].sort();
    const inactive = randomUUID();
    for (const id of ids) if (id !== acdId) await addAcd(id);
    await addAcd(inactive, false);
    await upsertJobs(
      database.pool,
      [...ids, inactive].map((id) => newJob('t', { acdId: id })),
      NOW_MS,
    );
    const turns = async (changes: object) => (await work(changes)).filter((id) => [...ids, inactive].includes(id));
    expect(await turns({})).toEqual(ids);
    expect(await turns({ afterAcdId: ids[1] })).toEqual([ids[2], ids[0], ids[1]]);
    expect(await turns({ except: [ids[0]] })).toEqual([ids[1], ids[2]]);
  });

  it('wakes on a new token what waited for one, and ends everything of a deleted ACD', async () => {
    await add('stuck', 'other');
    for (const job of await claim()) {
      const code = job.taskId === 'stuck' ? 'not-authorized' : 'truncated';
      await settleJob(database.pool, job, { ...later, code }, NOW_MS);
    }
    await wakeUnauthorizedJobs(database.pool, [acdId], NOW_MS);
    const [job] = await claim();
    expect(job).toMatchObject({ taskId: 'stuck', attempts: 1 });
    await database.pool.query('UPDATE acd SET deleted = true, active = false WHERE acd_id = $1', [acdId]);
    await concludeJobs(database.pool, NOW_MS);
    expect(await inTransaction(database.pool, (tx) => holdsClaim(tx, job!))).toBe(false);
    expect(await row('other')).toMatchObject({ state: 'failed', last_code: 'acd-deleted' });
  });

  describe('files of imports that were cut short', () => {
    let root: string;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'media-import-sweep-'));
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    const write = async (path: string) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), 'x');
    };
    const sweep = () =>
      sweepFiles({
        pool: database.pool,
        store: createFolderStore(root),
        logger: createLogger({ service: 'test', level: 'silent' }),
      });

    it('are removed once their claim is over, and those of a live replica are not', async () => {
      await add('dead', 'live');
      const [dead, live] = (await claim()).sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
      await announceFile(database.pool, dead!, 'dead.tink');
      await announceFile(database.pool, dead!, 'never-begun.tink');
      await announceFile(database.pool, live!, 'live.tink');
      for (const path of ['dead.tink.part', 'live.tink.part', 'stored.tink']) await write(path);
      expect(await sweep()).toBe(0);
      await database.pool.query(`UPDATE import_job SET lease_until_ms = 1 WHERE task_id = 'dead'`);
      expect(await sweep()).toBe(2);
      expect((await readdir(root)).sort()).toEqual(['live.tink.part', 'stored.tink']);
      // A replica that was only paused wakes up too late.
      expect(await inTransaction(database.pool, (tx) => holdsClaim(tx, dead!))).toBe(false);
      expect(await inTransaction(database.pool, (tx) => holdsClaim(tx, live!))).toBe(true);
    });

    it('are kept when the writer commits while the sweep waits for its row', async () => {
      await add('racing');
      const [job] = await claim();
      await announceFile(database.pool, job!, 'racing.tink');
      await expireLeases();
      const swept = await inTransaction(database.pool, async (tx) => {
        expect(await holdsClaim(tx, job!)).toBe(true);
        const meanwhile = await takeAbandonedFiles(database.pool, 10);
        await forgetFile(tx, 'racing.tink');
        return meanwhile;
      });
      expect(swept).not.toContain('racing.tink');
      expect(await takeAbandonedFiles(database.pool, 10)).not.toContain('racing.tink');
    });
  });
});
