import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBus } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { createLogger } from '@wxcc-wfo/service-kit';
import { freePort, type SpawnedService, spawnService, testAddresses, uniqueName } from '@wxcc-wfo/testkit';
import { type SegmenterDatabase, segmenterDatabase } from './segmenter-database.ts';

let database: SegmenterDatabase;
let environment: Record<string, string>;
const spawned: SpawnedService[] = [];

beforeAll(async () => {
  database = await segmenterDatabase();
  const topicPrefix = `${uniqueName('segmenter')}.`;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const bus = createBus({ brokers: testAddresses.kafkaBrokers, clientId: 'test', topicPrefix, logger });
  const topics = [
    TOPICS.taskEnded,
    TOPICS.recordingAvailable,
    TOPICS.recordingUnavailable,
    TOPICS.acdChanged,
    TOPICS.contactSegmented,
  ];
  await bus.ensureTopics(topics, { partitions: 1, replicationFactor: 1 });
  environment = {
    HTTP_PORT: String(await freePort()),
    DATABASE_URL: database.url,
    KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    MEDIA_FOLDER: '.data/media',
    MEDIA_IMPORT_URL: 'http://127.0.0.1:9',
    HANDOVER_KEYS: `k1:${'A'.repeat(43)}=`,
    LINK_SIGNING_KEY: 'a signing key of the tests, long enough',
    INTERNAL_API_KEY: `wfo_segmenter_${'a'.repeat(32)}`,
  };
});
afterAll(async () => {
  await Promise.all(spawned.map((service) => service.kill('SIGKILL')));
  await database?.drop();
});

function start(env: Record<string, string>): SpawnedService {
  const service = spawnService({
    name: 'segmenter',
    entry: fileURLToPath(new URL('../src/server.ts', import.meta.url)),
    env,
    url: `http://127.0.0.1:${environment.HTTP_PORT}`,
  });
  spawned.push(service);
  return service;
}

describe('the process', () => {
  it('becomes ready, and ends in order on SIGTERM', async () => {
    const service = start(environment);
    await service.ready();
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(service.logs().some(({ event }) => event === 'stopped')).toBe(true);
  });

  it('names every variable that is missing or wrong, and the remedy', async () => {
    const { MEDIA_FOLDER: _, ...rest } = environment;
    const service = start({ ...rest, LINK_SIGNING_KEY: 'short', SEGMENTER_BATCH_SIZE: 'many' });
    expect((await service.exit).code).toBe(1);
    const { problems } = service.logs().find(({ event }) => event === 'configuration-refused') as {
      problems: string[];
    };
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'LINK_SIGNING_KEY',
      'MEDIA_FOLDER',
      'SEGMENTER_BATCH_SIZE',
    ]);
    expect(service.output()).not.toContain('short"');
  });
});
