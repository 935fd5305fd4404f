import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TopicName } from '@wxcc-wfo/contracts';
import { waitFor } from '@wxcc-wfo/testkit';
import { appendEvents, createRelay, type Relay, shardOf } from './index.ts';
import type { Logger } from './logger.ts';
import { acdChanged, tokenEvents } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';
import { readTopic } from './testing/read-topic.ts';

let kit: LifecycleKit;
let relay: Relay;
const errors: Record<string, unknown>[] = [];
const logger: Logger = { ...testLogger, error: (o) => void errors.push(o as Record<string, unknown>) };

beforeEach(async () => {
  errors.length = 0;
  kit = await createLifecycleKit({ ...subject, topics: ['token-refreshed', 'acd-changed'] }, '');
  relay = createRelay({ bus: kit.bus, pool: kit.pool, logger });
});
afterEach(async () => {
  await relay.stop();
  await kit?.close();
});

const tokenVersions = async () =>
  (await readTopic(kit.bus, 'token-refreshed')).map((r) => JSON.parse(r.value).version as number);

describe('an event of a newer version of the service (rule 2)', () => {
  it('is published under the type that its writer knew, also on a topic that this version does not know', async () => {
    const acdId = kit.tenants[0]!;
    const future = 'thing-learnt' as TopicName;
    const topic = kit.bus.physicalTopic(future);
    await kit.bus.withAdmin((admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic }] }));
    await appendEvents(kit.pool, tokenEvents(acdId, [1, 2, 3]));
    await kit.pool.query(
      `UPDATE outbox SET topic = $1, type = 'wxcc-wfo.thing-learnt.v1' WHERE value LIKE '%"version":1,%'`,
      [future],
    );
    await kit.pool.query(`UPDATE outbox SET type = 'wxcc-wfo.token-refreshed.v2' WHERE value LIKE '%"version":2,%'`);
    await kit.pool.query(`UPDATE outbox SET type = NULL WHERE value LIKE '%"version":3,%'`);
    await relay.start();
    await relay.idle();
    const seen = [...(await readTopic(kit.bus, future)), ...(await readTopic(kit.bus, 'token-refreshed'))];
    expect(seen.map((r) => [r.headers.ce_type, r.headers.ce_source])).toEqual([
      ['wxcc-wfo.thing-learnt.v1', '/wxcc-wfo/ledger'],
      ['wxcc-wfo.token-refreshed.v2', '/wxcc-wfo/oauth'],
      ['wxcc-wfo.token-refreshed.v1', '/wxcc-wfo/oauth'],
    ]);
    expect(errors).toEqual([]);
    await kit.bus.withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
  });
});

describe('an event that the broker refuses for good (rule 2)', () => {
  it('is named, and holds up nothing but what comes after it in its shard', async () => {
    const name = kit.bus.physicalTopic('acd-changed');
    const setLimit = (value: string) =>
      kit.bus.withAdmin((admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [{ type: 2, name, configEntries: [{ name: 'max.message.bytes', value }] }],
        }),
      );
    await setLimit('4000');
    const acdId = kit.tenants[0]!;
    const other = kit.tenants.find((id) => shardOf(id) !== shardOf(acdId));
    const labels = Array.from({ length: 100 }, (_, i) => `label ${i} ${'x'.repeat(60)}`);
    await appendEvents(kit.pool, [
      ...tokenEvents(acdId, [1, 2]),
      { topic: 'acd-changed', payload: acdChanged({ tenantId: acdId, acdId, revision: 1, labels }) },
      ...tokenEvents(acdId, [3]),
      ...(other ? tokenEvents(other, [4]) : []),
    ]);
    const [guilty] = (await kit.pool.query(`SELECT event_id, id::text FROM outbox WHERE topic = 'acd-changed'`)).rows;
    await relay.start();
    await waitFor('the error', () => errors.length > 0, { timeoutMs: 30_000 });
    expect(errors[0]).toMatchObject({
      topic: 'acd-changed',
      eventId: guilty.event_id,
      outboxId: guilty.id,
      refusal: 'MESSAGE_TOO_LARGE',
    });
    expect(new Set(await tokenVersions())).toEqual(new Set(other ? [1, 2, 4] : [1, 2]));
    await setLimit('1000000');
    await relay.idle();
    expect(new Set(await tokenVersions())).toEqual(new Set(other ? [1, 2, 3, 4] : [1, 2, 3]));
    expect(await readTopic(kit.bus, 'acd-changed')).toHaveLength(1);
  });

  it('because its topic is missing is named', async () => {
    await appendEvents(kit.pool, tokenEvents(kit.tenants[0]!, [1]));
    await kit.pool.query(`UPDATE outbox SET topic = 'nowhere', type = 'wxcc-wfo.nowhere.v1'`);
    await relay.start();
    await waitFor('the error', () => errors.length > 0, { timeoutMs: 60_000 });
    expect(errors[0]).toMatchObject({ topic: 'nowhere', refusal: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });
});
