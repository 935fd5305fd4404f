import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { createLogger } from './logger.ts';
import { createRewrapJob } from './rewrap-job.ts';
import type { SealedTarget } from './rewrap-repository.ts';
import { createSealer, newSealingKey } from './sealer.ts';

const key1 = newSealingKey();
const key2 = newSealingKey();
/** The steps of a rotation, as replicas take them: readers → writers → re-wrap → retire. */
const before = createSealer({ current: 'k1', keys: { k1: key1 } });
const reader = createSealer({ current: 'k1', keys: { k1: key1, k2: key2 } });
const writer = createSealer({ current: 'k2', keys: { k1: key1, k2: key2 } });
const retired = createSealer({ current: 'k2', keys: { k2: key2 } });

const binding = (row: { owner: string; version: number }) => `secret:${row.owner}:${row.version}`;
const target: SealedTarget = {
  table: 'secret',
  keyColumns: ['part', 'owner'],
  bindingColumns: ['version'],
  column: 'sealed',
  binding: binding as SealedTarget['binding'],
};
const logger = createLogger({ service: 'test', level: 'silent' });

describe('AUTH-06 rotation of what is sealed at rest', () => {
  let database: MigratedDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await migratedDatabase('rewrap');
    pool = database.pool;
    await pool.query(`CREATE TABLE secret (part int, owner text, version int NOT NULL, sealed text, note text,
      PRIMARY KEY (part, owner))`);
    await pool.query(`CREATE TABLE other (id uuid PRIMARY KEY, sealed text NOT NULL)`);
  });
  afterAll(() => database.close());
  beforeEach(() => pool.query('TRUNCATE secret; TRUNCATE other'));

  const job = (o: { sealer?: typeof writer; over?: Pick<Pool, 'query'>; batchSize?: number } = {}) =>
    createRewrapJob({
      pool: (o.over ?? pool) as Pool,
      sealer: o.sealer ?? writer,
      targets: [target],
      logger,
      batchSize: o.batchSize ?? 3,
    });
  const write = (owner: string, version: number, sealer = before) =>
    pool.query(
      `INSERT INTO secret VALUES ($1, $2, $3, $4) ON CONFLICT (part, owner) DO UPDATE SET version = $3, sealed = $4`,
      [owner.length % 3, owner, version, sealer.seal(`text ${owner} ${version}`, binding({ owner, version }))],
    );
  const opened = async (sealer = retired) => {
    const { rows } = await pool.query(
      'SELECT owner, version, sealed FROM secret WHERE sealed IS NOT NULL ORDER BY owner',
    );
    return rows.map((row) => [row.owner, sealer.open(row.sealed, binding(row)).toString()]);
  };

  it('seals every text anew, over several batches; afterwards the old key is not needed', async () => {
    for (let n = 0; n < 10; n++) await write('x'.repeat(n + 1), n);
    await pool.query("INSERT INTO secret (part, owner, version) VALUES (7, 'without', 1)");
    expect(await job().status()).toEqual({
      currentKeyId: 'k2',
      retirableKeyIds: [],
      missingKeyIds: [],
      targets: [{ table: 'secret', column: 'sealed', remaining: 10, byKeyId: { k1: 10 }, unopenable: 0 }],
    });
    await job().runOnce();
    expect(await job().status()).toMatchObject({ retirableKeyIds: ['k1'], targets: [{ remaining: 0, byKeyId: {} }] });
    expect((await opened()).map(([, text]) => text)).toEqual(
      Array.from({ length: 10 }, (_, n) => `text ${'x'.repeat(n + 1)} ${n}`),
    );
  });

  it('does nothing while the new key only reads, and says that it may not go', async () => {
    await write('a', 1, writer);
    await write('b', 1);
    expect(await job({ sealer: reader }).status()).toMatchObject({
      currentKeyId: 'k1',
      retirableKeyIds: [],
      targets: [{ remaining: 1, byKeyId: { k2: 1 } }],
    });
  });

  it('leaves a text that does not open as it is, counts it, and goes on with the others', async () => {
    await write('a', 1);
    await write('b', 1);
    await write('c', 1, createSealer({ current: 'gone', keys: { gone: newSealingKey() } }));
    await pool.query("UPDATE secret SET version = 9 WHERE owner = 'a'"); // not of its binding any more
    const untouched = await pool.query("SELECT sealed FROM secret WHERE owner IN ('a', 'c') ORDER BY owner");
    const one = job();
    await one.runOnce();
    expect(await one.status()).toEqual({
      currentKeyId: 'k2',
      retirableKeyIds: [],
      missingKeyIds: ['gone'],
      targets: [{ table: 'secret', column: 'sealed', remaining: 2, byKeyId: { k1: 1, gone: 1 }, unopenable: 2 }],
    });
    expect((await pool.query("SELECT sealed FROM secret WHERE owner IN ('a', 'c') ORDER BY owner")).rows).toEqual(
      untouched.rows,
    );
    const { rows } = await pool.query("SELECT sealed FROM secret WHERE owner = 'b'");
    expect(retired.keyIdOf(rows[0].sealed)).toBe('k2');
  });

  it('never touches a newer write', async () => {
    await write('a', 1);
    // Read by the job, then replaced by the service before the job writes.
    const slow = {
      async query(text: string, values?: unknown[]) {
        if (text.startsWith('UPDATE')) await write('a', 2, before);
        return await pool.query(text, values);
      },
    };
    await job({ over: slow as Pool }).runOnce();
    expect(await opened(before)).toEqual([['a', 'text a 2']]);
    await job().runOnce();
    expect(await opened()).toEqual([['a', 'text a 2']]);
  });

  it('runs beside the service: started, it finds what an old replica still writes, and stops', async () => {
    for (let n = 0; n < 20; n++) await write(`owner ${n}`, 1);
    const running = createRewrapJob({
      pool,
      sealer: writer,
      targets: [target],
      logger,
      batchSize: 3,
      checkEveryMs: 10,
    });
    running.start();
    const done = async () => (await running.status()).targets[0]!.remaining === 0;
    await waitFor('the first pass', done);
    await write('owner 3', 2, reader);
    await waitFor('the late text', done);
    await running.stop();
    expect(await opened()).toContainEqual(['owner 3', 'text owner 3 2']);
  });

  it('whatever writes, dies or works at once: the newest texts stay and open under the new key alone', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), owner: fc.nat(7), by: fc.constantFrom(before, reader, writer) }),
      fc.record({
        kind: fc.constant('job' as const),
        statements: fc.nat(9),
        batchSize: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await pool.query('TRUNCATE secret');
        const newest = new Map<string, number>();
        for (let owner = 0; owner < 8; owner++) await write(`o${owner}`, 0);
        // Writers take their turns; the jobs beside them die after some statements.
        const jobs: Promise<void>[] = [];
        for (const [turn, one] of steps.entries()) {
          if (one.kind === 'job') {
            let left = one.statements;
            const mortal = {
              async query(text: string, values?: unknown[]) {
                if (left-- === 0) throw new Error('killed');
                return await pool.query(text, values);
              },
            };
            jobs.push(
              job({ over: mortal as Pool, batchSize: one.batchSize })
                .runOnce()
                .catch(() => undefined),
            );
          } else {
            newest.set(`o${one.owner}`, turn + 1);
            await write(`o${one.owner}`, turn + 1, one.by);
          }
        }
        await Promise.all(jobs);
        await Promise.all([job().runOnce(), job({ batchSize: 1 }).runOnce()]);
        await job().runOnce();
        expect((await job().status()).retirableKeyIds).toEqual(['k1']);
        expect(await opened()).toEqual(
          Array.from({ length: 8 }, (_, n) => [`o${n}`, `text o${n} ${newest.get(`o${n}`) ?? 0}`]),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('refuses names that are none', () => {
    const bad = { ...target, table: 'secret; DROP TABLE secret' };
    expect(() => createRewrapJob({ pool, sealer: writer, targets: [bad], logger })).toThrow(TypeError);
  });
});
