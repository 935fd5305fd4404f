import { createRequire } from 'node:module';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { Kafka } from 'kafkajs';
import type { Bus } from './bus.ts';

// kafkajs speaks version 6 of the metadata request; topics have ids (KIP-516) from version 10 on. Connecting and
// authenticating stay its work: the request goes through its own connection.
const METADATA = { apiKey: 3, apiName: 'Metadata', apiVersion: 10 };
const Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder.js') as new () => {
  writeBuffer(bytes: Buffer): object;
};
const NO_ID = '0'.repeat(32);

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: { findConnectedBroker(): Promise<KafkaBroker> };
}
interface KafkaBroker {
  versions: Record<number, { maxVersion: number }>;
  connectionPool: { send(request: object): Promise<unknown> };
}

/**
 * The broker's id of each topic. A topic that is deleted and made again has another one, whatever its offsets are.
 * Topics that are missing, or all of them at a broker older than 2.8, have none.
 */
export async function fetchLogIds(bus: Bus, topics: readonly TopicName[]): Promise<Map<TopicName, string>> {
  const cluster = clusterOf(bus.createKafka());
  await cluster.connect();
  try {
    const broker = await cluster.brokerPool.findConnectedBroker();
    if ((broker.versions[METADATA.apiKey]?.maxVersion ?? 0) < METADATA.apiVersion) return new Map();
    const body = encodeRequest(topics.map((topic) => bus.physicalTopic(topic)));
    const found = (await broker.connectionPool.send({
      request: { ...METADATA, encode: async () => new Encoder().writeBuffer(body) },
      response: { decode: async (bytes: Buffer) => ({ ids: decodeResponse(bytes) }), parse: async (r: object) => r },
    })) as { ids: Map<string, string> };
    return new Map(
      topics.flatMap((topic) => {
        const id = found.ids.get(bus.physicalTopic(topic));
        return id === undefined ? [] : [[topic, id] as const];
      }),
    );
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

function clusterOf(kafka: Kafka): Cluster {
  const made = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster');
  if (!made) throw new Error('This kafkajs makes its connections in another way than 2.2.4 did.');
  const create = (kafka as unknown as Record<symbol, (o: object) => Cluster>)[made]!;
  return create({ allowAutoTopicCreation: false });
}

function encodeRequest(names: readonly string[]): Buffer {
  const parts = [tags(), varint(names.length + 1)];
  for (const name of names) {
    const bytes = Buffer.from(name);
    parts.push(Buffer.alloc(16), varint(bytes.length + 1), bytes, tags());
  }
  // Create no topic, tell no permissions.
  parts.push(Buffer.from([0, 0, 0]), tags());
  return Buffer.concat(parts);
}

function tags(): Buffer {
  return Buffer.from([0]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function decodeResponse(bytes: Buffer): Map<string, string> {
  let at = 0;
  const skip = (n: number) => {
    at += n;
  };
  const readVarint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at);
      skip(1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  // Compact strings and arrays carry their length plus one; zero is null.
  const readLength = () => Math.max(0, readVarint() - 1);
  const readText = () => {
    const length = readLength();
    skip(length);
    return bytes.toString('utf8', at - length, at);
  };
  const each = (read: () => void) => {
    for (let n = readLength(); n > 0; n -= 1) read();
  };
  const skipTags = () => {
    for (let n = readVarint(); n > 0; n -= 1) {
      readVarint();
      skip(readVarint());
    }
  };
  const skipNumbers = () => skip(4 * readLength());
  const ids = new Map<string, string>();

  skipTags();
  skip(4); // throttle time
  each(() => {
    skip(4); // node
    readText(); // host
    skip(4); // port
    readText(); // rack
    skipTags();
  });
  readText(); // cluster
  skip(4); // controller
  each(() => {
    skip(2); // error
    const name = readText();
    const id = bytes.toString('hex', at, at + 16);
    skip(17); // id, whether internal
    each(() => {
      skip(14); // error, partition, leader, epoch
      for (let list = 0; list < 3; list += 1) skipNumbers(); // replicas: all, in sync, offline
      skipTags();
    });
    skip(4); // permissions
    skipTags();
    if (id !== NO_ID) ids.set(name, id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  });
  return ids;
}
