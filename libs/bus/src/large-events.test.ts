import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import { createBatchProcessor, type Delivery, MAX_BLOB_CHARACTERS, StoppedError } from './batch-processor.ts';
import { type Consumer, createConsumer, done, type ReceivedEvent } from './index.ts';
import type { BlobReader, RawRecord } from './received-event.ts';
import { acdChanged } from './testing/acd-events.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

const payload = acdChanged({ tenantId: randomUUID(), acdId: randomUUID(), revision: 1 });

let kit: LifecycleKit;
const consumers: Consumer[] = [];
const servers: Server[] = [];
beforeAll(async () => {
  kit = await createLifecycleKit({ ...subject, topics: ['acd-changed'] }, '');
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((c) => c.stop(5_000)));
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => kit?.close());

/** A publisher that answers with a status, or not at all (0). */
async function publisher(statusOf: () => number): Promise<string> {
  const server = createServer((request, response) => {
    const status = statusOf();
    if (status === 0) request.socket.destroy();
    else response.writeHead(status).end(JSON.stringify(payload));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Consumes one event that is to be read from there, with two attempts. */
async function consumeLarge(origin: string): Promise<{ seen: ReceivedEvent[]; letter(): Promise<Letter | undefined> }> {
  const groupId = `large-${randomUUID()}`;
  const producer = kit.bus.createKafka().producer();
  await producer.connect();
  const headers = { ce_id: randomUUID(), ce_dataref: `${origin}/v1/event-blobs/${randomUUID()}` };
  const consumer = createConsumer({
    bus: kit.bus,
    pool: kit.pool,
    groupId,
    logger: testLogger,
    readFromStart: false,
    retry: { attempts: 2, firstMs: 20, maxMs: 40 },
    internalApiKey: 'wfo_internal_0123456789abcdefghij',
    blobOrigins: [origin],
    handlers: {
      'acd-changed': async (events) => {
        seen.push(...events);
        return events.map(() => done);
      },
    },
  });
  const seen: ReceivedEvent[] = [];
  consumers.push(consumer);
  await consumer.start();
  await waitFor('its partitions', () => consumer.health().assigned);
  await producer.send({
    topic: kit.bus.physicalTopic('acd-changed'),
    messages: [{ key: payload.acdId, value: '', headers }],
  });
  await producer.disconnect();
  const letter = async () => {
    const { rows } = await kit.pool.query<Letter>(
      'SELECT code, state, attempt FROM dead_letter WHERE consumer_group = $1',
      [groupId],
    );
    return rows[0];
  };
  return { seen, letter };
}
interface Letter {
  code: string;
  state: string;
  attempt: number;
}

describe('an event larger than 900 kB', () => {
  it.each([
    ['does not answer', 0],
    ['is busy', 503],
  ])('waits without end while its publisher %s, and is handled afterwards', async (_, away) => {
    let status = away;
    const { seen, letter } = await consumeLarge(await publisher(() => status));
    await waitFor('more attempts than others get', async () => ((await letter())?.attempt ?? 0) > 4);
    expect(await letter()).toMatchObject({ state: 'waiting', code: 'blob-unreachable' });
    status = 200;
    await waitFor('the event', () => seen.length === 1);
    expect(seen[0]!.payload).toEqual(payload);
    await waitFor('the letter to be settled', async () => (await letter())?.state === 'replayed');
  });

  it('is parked when its publisher refuses us again and again: somebody has to look at the keys', async () => {
    const { letter } = await consumeLarge(await publisher(() => 403));
    await waitFor('the dead letter', async () => (await letter())?.state === 'parked');
    expect(await letter()).toMatchObject({ attempt: 2, code: 'blob-unreachable' });
  });

  it('is parked at once when its publisher has it no longer', async () => {
    const { letter } = await consumeLarge(await publisher(() => 404));
    await waitFor('the dead letter', async () => (await letter())?.state === 'parked');
    expect(await letter()).toMatchObject({ attempt: 1, code: 'blob-unreachable' });
  });
});

describe('many events larger than 900 kB', () => {
  const position = { topic: 'acd-changed' as const, partition: 0, next: 0n, logEpoch: 0, logId: null };

  /** Processes such events, numbered from 0 on, as one batch; gives how many each transaction had. */
  async function processLarge(events: number, o: { readBlob: BlobReader; checkpoint?: Delivery['checkpoint'] }) {
    const groupId = `many-${randomUUID()}`;
    await kit.pool.query(
      `INSERT INTO consumed_offset (group_id, topic, partition, next_offset, log_epoch) VALUES ($1, 'acd-changed', 0, 0, 0)`,
      [groupId],
    );
    const chunks: number[] = [];
    const processor = createBatchProcessor({
      pool: kit.pool,
      groupId,
      logger: testLogger,
      retry: { attempts: 2, firstMs: 20, maxMs: 40 },
      readBlob: o.readBlob,
      handlerOf: () => async (handled) => {
        chunks.push(handled.length);
        return handled.map(() => done);
      },
      onCommitted: () => undefined,
    });
    const records = Array.from({ length: events }, (_, n): RawRecord => {
      const headers = { ce_id: randomUUID(), ce_dataref: String(n) };
      const bytes = { key: Buffer.from('key'), value: Buffer.from('') };
      return { topic: 'acd-changed', partition: 0, offset: BigInt(n), ...bytes, headers, timestampMs: 0 };
    });
    const checkpoint = o.checkpoint ?? (async () => undefined);
    const delivery = { position: { ...position }, checkpoint, wait: async () => undefined };
    const ended = await processor.process(delivery, records, BigInt(events), false).catch((error: unknown) => error);
    return { ended, chunks, next: delivery.position.next };
  }

  it('are not held at once: a transaction has so many characters of them', async () => {
    // Three of them are more than the bound, two are not.
    const text = JSON.stringify(payload) + ' '.repeat(MAX_BLOB_CHARACTERS * 0.4);
    const { ended, chunks, next } = await processLarge(7, { readBlob: async () => text });
    expect(ended).toBe('committed');
    expect(chunks).toEqual([3, 3, 1]);
    expect(next).toBe(7n);
  });

  it('can be let go of between any two', async () => {
    let reads = 0;
    const { ended } = await processLarge(50, {
      async readBlob() {
        reads += 1;
        return JSON.stringify(payload);
      },
      async checkpoint() {
        if (reads === 2) throw new StoppedError();
      },
    });
    expect(ended).toBeInstanceOf(StoppedError);
    expect(reads).toBe(2);
  });
});
