import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import { type CommittedEvent, type Consumer, createConsumer, done, type KeepingHandler } from './index.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

let kit: LifecycleKit;
let consumer: Consumer | undefined;
let keepsAll = false;
/** The versions that were to be kept. */
let tried: number[] = [];

beforeEach(async () => {
  keepsAll = false;
  tried = [];
  kit = await createLifecycleKit(subject, '');
});
afterEach(async () => {
  await consumer?.stop(5_000);
  await kit.close();
});

interface Version {
  tenantId: string;
  acdId: string;
  version: number;
  text: string;
}

/** Keeps the version and the JSON of a token; version 3 cannot be kept unless `keepsAll`. */
function versions(seen: Version[]): KeepingHandler<'token-refreshed', Version> {
  return {
    keep({ tenantId, acdId, version }, text) {
      tried.push(version);
      if (version === 3 && !keepsAll) throw new RangeError('version 3 cannot be kept');
      return { tenantId, acdId, version, text };
    },
    async handle(events, tx) {
      seen.push(...events.map(({ payload }) => payload));
      await tx.query('INSERT INTO effect SELECT v, a, $3 FROM unnest($1::int[], $2::uuid[]) AS e(v, a)', [
        events.map(({ payload }) => payload.version),
        events.map(({ payload }) => payload.acdId),
        'kept',
      ]);
      return events.map(() => done);
    },
  };
}

async function consume(o: { onCommitted?: (events: CommittedEvent[]) => void } = {}): Promise<Version[]> {
  const seen: Version[] = [];
  const { bus, pool, groupId } = kit;
  consumer = createConsumer({
    bus,
    pool,
    groupId,
    logger: testLogger,
    handlers: { 'token-refreshed': versions(seen) },
    ...o,
  });
  await consumer.start();
  return seen;
}

async function effects(): Promise<number[]> {
  const { rows } = await kit.pool.query<{ n: number }>('SELECT n FROM effect ORDER BY n');
  return rows.map((row) => row.n);
}

async function letters(): Promise<{ id: string; state: string; code: string; reason: string }[]> {
  const { rows } = await kit.pool.query('SELECT id, state, code, reason FROM dead_letter ORDER BY "offset"');
  return rows;
}

/** token-refreshed events of the versions 1, 3, 5 … */
const tokens = (n: number) => kit.events(0, 2 * n).filter((event) => event.topic === 'token-refreshed');

describe('a handler that keeps a part of each event', () => {
  it('is given what it kept, with the JSON of the event, and so is what follows the commit (rule 3)', async () => {
    keepsAll = true;
    const sent = tokens(20);
    await kit.publish(sent);
    const committed: CommittedEvent[] = [];
    const seen = await consume({ onCommitted: (events) => void committed.push(...events) });
    await waitFor('all effects', async () => (await effects()).length === 20);
    await waitFor('all to be told', () => committed.length === 20);
    expect(seen.map(({ text }) => JSON.parse(text)).sort((a, b) => a.version - b.version)).toEqual(
      sent.map(({ payload }) => payload),
    );
    expect(new Set(committed.map(({ payload }) => payload))).toEqual(new Set(seen));
  });

  it('and fails for one of them parks that one, stops nothing else, and can be replayed (rule 4)', async () => {
    await kit.publish(tokens(20));
    await consume();
    await waitFor('the others', async () => (await effects()).length === 19);
    await waitFor('the letter', async () => (await letters()).length === 1);
    const [letter] = await letters();
    expect(letter).toMatchObject({
      state: 'parked',
      code: 'unknown-failure',
      reason: expect.stringContaining('3 cannot'),
    });
    expect(await effects()).not.toContain(3);
    expect(await consumer!.replay(letter!.id, null)).toMatchObject({ result: 'parked', code: 'unknown-failure' });
    keepsAll = true;
    expect(await consumer!.replay(letter!.id, null)).toEqual({ result: 'replayed' });
    expect(await effects()).toContain(3);
  });

  it('keeps nothing of an event that ended three processes, and parks it (rule 4)', async () => {
    keepsAll = true;
    // One key, so that they are offsets 0 to 5 of one partition.
    const acdId = kit.tenants[0]!;
    await kit.publish(tokens(6).map((event) => ({ ...event, payload: { ...event.payload, acdId } }) as typeof event));
    const [partition] = (
      await kit.bus.withAdmin((admin) => admin.fetchTopicOffsets(kit.bus.physicalTopic('token-refreshed')))
    )
      .filter(({ high }) => high !== '0')
      .map((one) => one.partition);
    // What three killed processes left behind: as many starts without progress, and offset 2 in hand each time.
    await kit.pool.query(
      `INSERT INTO delivery_attempt (group_id, topic, partition, "offset", attempts)
       SELECT $1, 'token-refreshed', $2, at, 3 FROM unnest('{-1,2}'::bigint[]) AS at`,
      [kit.groupId, partition],
    );
    await consume();
    await waitFor('the others', async () => (await effects()).length === 5);
    expect(tried).toEqual([1, 3, 7, 9, 11]);
    expect(await letters()).toMatchObject([{ code: 'ends-the-process', state: 'parked' }]);
  });
});
