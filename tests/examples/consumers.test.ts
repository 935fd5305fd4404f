import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bus, createBus } from '@wxcc-wfo/bus';
import { GOLDEN_EXAMPLES, type TopicName } from '@wxcc-wfo/contracts';
import { spawnService, testAddresses, uniqueName, waitFor } from '@wxcc-wfo/testkit';

const KEY = 'wfo_events_0123456789abcdefghijkl';
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const first = (topic: TopicName) => GOLDEN_EXAMPLES[topic].valid[0]!.payload as Record<string, unknown>;

/** What the publisher keeps, by the last part of its address. */
const values: Record<string, object> = {};
let refusals = 0;
const publisher = createServer((request, response) => {
  const value = values[request.url!.split('/').at(-1)!];
  if (request.headers.authorization !== `Bearer ${KEY}`) response.writeHead(401).end();
  // Busy once: the record must come again.
  else if (value && refusals++ === 0) response.writeHead(503).end();
  else if (value) response.end(JSON.stringify(value));
  else response.writeHead(404).end();
});
const strangers: string[] = [];
const stranger = createServer((request, response) => {
  strangers.push(request.url!);
  response.end('{}');
});
const originOf = (server: typeof publisher) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let bus: Bus;
const prefix = `${uniqueName('examples')}.`;
beforeAll(async () => {
  for (const server of [publisher, stranger]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'examples', topicPrefix: prefix, logger: silent });
  await bus.ensureTopics(['contact-segmented', 'user-changed'], { partitions: 1, replicationFactor: 1 });
});
afterAll(async () => {
  publisher.close();
  stranger.close();
  await bus.withAdmin((admin) =>
    admin.deleteTopics({ topics: ['contact-segmented', 'user-changed'].map((topic) => prefix + topic) }),
  );
});

describe.each([
  ['consume-contacts', 'contact-segmented', 'contactId'],
  ['follow-users', 'user-changed', 'userId'],
] as const)('the example %s', (name, topic, idField) => {
  const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const event = (n: number) => ({ ...first(topic), [idField]: idOf(n) });

  it('takes what is in order, fetches what is large, and passes by the rest in plain sight', async () => {
    refusals = 0;
    values.large = event(2);
    const large = (origin: string, id: string) => ({
      value: '',
      headers: { ce_dataref: `${origin}/v1/event-blobs/${id}` },
    });
    const broken: Record<string, unknown> = { ...event(9) };
    delete broken.tenantId;
    const records = [
      { value: JSON.stringify(event(1)) },
      { value: 'not json' },
      { value: '' },
      { value: JSON.stringify(broken) },
      large(originOf(stranger), 'large'),
      large(originOf(publisher), 'gone'),
      large(originOf(publisher), 'large'),
      { value: JSON.stringify(event(3)) },
    ];
    const producer = bus.createKafka().producer();
    await producer.connect();
    await producer.send({ topic: prefix + topic, messages: records.map((record) => ({ key: 'key', ...record })) });
    await producer.disconnect();
    const consumer = spawnService({
      name,
      entry: `docs/examples/${name}.ts`,
      workingFolder: fileURLToPath(new URL('../../', import.meta.url)),
      env: {
        KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
        KAFKA_TOPIC_PREFIX: prefix,
        GROUP_ID: uniqueName('integrator'),
        EVENT_API_KEY: KEY,
        EVENT_ORIGINS: originOf(publisher),
      },
    });
    const taken = () => consumer.logs().flatMap((line) => (typeof line[idField] === 'string' ? [line[idField]] : []));
    await waitFor('the last event', () => taken().includes(idOf(3)));
    expect(taken()).toEqual([idOf(1), idOf(2), idOf(3)]);
    const skipped = consumer.logs().filter((line) => line.skipped === topic);
    expect(skipped.map((line) => [line.offset, line.reason])).toEqual([
      ['1', 'the value is not JSON'],
      ['2', 'the value is not JSON'],
      ['3', 'tenantId: is missing'],
      ['4', `EVENT_ORIGINS does not name the origin of ${originOf(stranger)}/v1/event-blobs/large`],
      ['5', `${originOf(publisher)}/v1/event-blobs/gone is gone`],
    ]);
    expect(strangers).toEqual([]);
    expect(refusals).toBe(2);
    await consumer.kill('SIGTERM');
  });
});
