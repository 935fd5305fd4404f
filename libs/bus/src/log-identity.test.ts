import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import { fetchLogIds } from './log-ids.ts';
import { planPosition, readPositions, storePosition } from './positions.ts';
import { tokenEvents } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit } from './testing/index.ts';

const TOPIC = 'token-refreshed';
const OLD = '11111111-1111-4111-8111-111111111111';
const NEW = '22222222-2222-4222-8222-222222222222';

let kit: LifecycleKit;
beforeEach(async () => {
  kit = await createLifecycleKit({ ...subject, topics: [TOPIC, 'authorization-lost'] }, '');
});
afterEach(() => kit?.close());

async function makeAnew(): Promise<void> {
  const topic = kit.bus.physicalTopic(TOPIC);
  await kit.bus.withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
  await waitFor('the topic to be gone', async () => {
    return !(await kit.bus.withAdmin((admin) => admin.listTopics())).includes(topic);
  });
  await kit.bus.ensureTopics([TOPIC], { partitions: 3, replicationFactor: 1 });
}

async function incidents() {
  const { rows } = await kit.pool.query('SELECT kind, partition, expected::int, action FROM bus_incident ORDER BY id');
  return rows;
}

const versions = async () => (await subject.effects(kit.pool)).map((n) => n + 1).sort((a, b) => a - b);
const positions = () => readPositions(kit.pool, kit.groupId, [TOPIC]);

describe('a topic that was made anew (Decision 2)', () => {
  it('is noticed by a running consumer although the position fits the new log, and nothing of it is lost', async () => {
    // One event and the marker of its transaction: every partition that was written to ends at 2.
    await kit.publish(tokenEvents(kit.tenants[0]!, [1]));
    const consumer = await kit.startConsumer();
    await consumer.caughtUp();
    const [before] = (await positions()).filter((p) => p.next > 0n);
    expect(before!.next).toBe(2n);
    await makeAnew();
    await kit.publish(tokenEvents(kit.tenants[0]!, [2]));
    await waitFor('the event of the new log', async () => (await versions()).length === 2, { timeoutMs: 30_000 });
    expect(await versions()).toEqual([1, 2]);
    const { partition } = before!;
    await waitFor('the incident', async () => (await incidents()).some((i) => i.partition === partition));
    expect(await incidents()).toContainEqual({
      kind: 'log-began-anew',
      partition,
      expected: 2,
      action: 'continues at 0',
    });
  });

  it('is noticed by a consumer that was down while the new log grew past its position', async () => {
    await kit.publish(tokenEvents(kit.tenants[0]!, [1, 2, 3]));
    const first = await kit.startConsumer();
    await first.caughtUp();
    await first.stop();
    await makeAnew();
    await kit.publish(tokenEvents(kit.tenants[0]!, [4, 5, 6, 7, 8, 9, 10, 11]));
    await kit.startConsumer();
    await waitFor('all events of the new log', async () => (await versions()).length === 11);
    expect(await versions()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await incidents()).toMatchObject([{ kind: 'log-began-anew', expected: 4, action: 'continues at 0' }]);
  });

  it('has another id, and a topic that is missing has none', async () => {
    const before = await fetchLogIds(kit.bus, [TOPIC, 'authorization-lost', 'task-ended']);
    expect([...before.keys()].sort()).toEqual(['authorization-lost', TOPIC]);
    for (const id of before.values()) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(new Set(before.values()).size).toBe(2);
    await makeAnew();
    const after = await fetchLogIds(kit.bus, [TOPIC, 'authorization-lost']);
    expect(after.get('authorization-lost')).toBe(before.get('authorization-lost'));
    expect(after.get(TOPIC)).not.toBe(before.get(TOPIC));
  });
});

describe('the plan for a position (Decision 2)', () => {
  const log = { low: 0n, high: 10n, committed: -1n, logId: NEW };
  const inRange = { readFromStart: true, outOfRange: false };

  it.each([
    ['of this log stays', { next: 4n, logId: NEW }, inRange, undefined],
    ['of a time before ids is kept and gets one', { next: 4n, logId: null }, inRange, { next: 4n }],
    ['of another log is none', { next: 4n, logId: OLD }, inRange, { next: 0n, incident: 'log-began-anew' }],
    ['at the beginning of another log is kept', { next: 0n, logId: OLD }, inRange, { next: 0n }],
    ['beyond the end is none', { next: 11n, logId: NEW }, inRange, { next: 0n, incident: 'log-began-anew' }],
    [
      'that the broker has refused is none, though it fits by now',
      { next: 4n, logId: null },
      { ...inRange, outOfRange: true },
      { next: 0n, incident: 'log-began-anew' },
    ],
  ] as const)('that is %s', (_, stored, o, change) => {
    expect(planPosition(stored, log, o).change).toEqual(change);
  });

  it('is stored with its incident or not at all', async () => {
    const stored = { topic: TOPIC, partition: 0, next: 4n, logEpoch: 0, logId: OLD } as const;
    const at = { topic: TOPIC, partition: 0, stored: undefined } as const;
    expect(await storePosition(kit.pool, 'g', at, { next: 4n }, { ...log, logId: OLD })).toBe(true);
    await kit.pool.query('ALTER TABLE bus_incident ADD CONSTRAINT refuse CHECK (false)');
    const anew = { next: 0n, incident: 'log-began-anew' } as const;
    await expect(storePosition(kit.pool, 'g', { ...at, stored }, anew, log)).rejects.toThrow(/refuse/);
    expect(await readPositions(kit.pool, 'g', [TOPIC])).toEqual([stored]);
    await kit.pool.query('ALTER TABLE bus_incident DROP CONSTRAINT refuse');
    expect(await storePosition(kit.pool, 'g', { ...at, stored }, anew, log)).toBe(true);
    expect(await storePosition(kit.pool, 'g', { ...at, stored }, anew, log)).toBe(false);
    expect(await readPositions(kit.pool, 'g', [TOPIC])).toEqual([{ ...stored, next: 0n, logEpoch: 1, logId: NEW }]);
    expect(await incidents()).toHaveLength(1);
  });
});
