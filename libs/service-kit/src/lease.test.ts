import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { createLease, LeaseLostError } from './lease.ts';
import { inTransaction } from './transaction.ts';

describe('a lease', () => {
  let database: MigratedDatabase;
  beforeAll(async () => {
    database = await migratedDatabase('lease');
  });
  afterAll(() => database.close());
  const lease = (name: string, ttlMs = 60_000) => createLease({ pool: database.pool, name, ttlMs });

  it('is held by exactly one of many that ask at once', async () => {
    const name = uniqueName('lease');
    const epochs = await Promise.all(Array.from({ length: 8 }, () => lease(name).acquire()));
    expect(epochs.filter((epoch) => epoch !== null)).toEqual([1]);
  });

  it('keeps its epoch while it is held and renewed, and gets a higher one with every new holder', async () => {
    const name = uniqueName('lease');
    const [one, two] = [lease(name), lease(name)];
    expect(await one.acquire()).toBe(1);
    expect(await one.acquire()).toBe(1);
    expect(await one.renew()).toBe(true);
    expect(await two.acquire()).toBeNull();
    await one.release();
    expect(one.epoch).toBeNull();
    expect(await two.acquire()).toBe(2);
    expect(await one.acquire()).toBeNull();
  });

  it('fences a holder that slept through its time: it can neither renew, commit nor release', async () => {
    const name = uniqueName('lease');
    const [sleeper, successor] = [lease(name, 1), lease(name)];
    await sleeper.acquire();
    const epoch = await waitFor('the lease to run out', () => successor.acquire());
    expect(epoch).toBe(2);
    const commit = inTransaction(database.pool, (tx) => sleeper.assertHeld(tx));
    await expect(commit).rejects.toBeInstanceOf(LeaseLostError);
    await sleeper.release();
    await inTransaction(database.pool, (tx) => successor.assertHeld(tx));
    expect(await sleeper.renew()).toBe(false);
    expect(await successor.renew()).toBe(true);
  });

  it('that ran out gets a new epoch even for the same holder, for somebody may have held it between', async () => {
    const own = lease(uniqueName('lease'), 1);
    expect(await own.acquire()).toBe(1);
    await waitFor('a new epoch', async () => ((await own.acquire()) ?? 0) >= 2);
  });
});
