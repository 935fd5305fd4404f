import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type FaultProxy, faultProxy, spawnService, testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { type MigratedDatabase, migratedDatabase } from '../fixtures/migrated-database.ts';
import { onceReachable } from './start-up.ts';

const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const lines: string[] = [];
const logger = { warn: (_: object, m = '') => lines.push(m), info: (_: object, m = '') => lines.push(m) };
afterEach(() => {
  lines.length = 0;
});

describe('the first work of a start', () => {
  it('is done again while its server is away, and said once', async () => {
    let failures = 4;
    const work = async () => {
      if (failures-- > 0) throw away();
      return 'done';
    };
    expect(await onceReachable({ server: 'postgres', logger }, work)).toBe('done');
    expect(lines).toEqual(['the start waits for a server', 'the server is reachable; starting']);
  });

  it.each<[string, Error, object]>([
    ['at once when it is nothing that passes', new Error('relation "api_key" does not exist'), {}],
    ['when its deadline has passed', away(), { deadlineMs: 0 }],
    ['when the service is asked to stop', away(), { lifecycle: { phase: 'stopping' } }],
  ])('fails %s', async (_, error, options) => {
    let calls = 0;
    const work = async () => {
      calls += 1;
      throw error;
    };
    await expect(onceReachable({ server: 'postgres', logger, ...options }, work)).rejects.toBe(error);
    expect(calls).toBe(1);
  });
});

describe('a service whose Postgres', () => {
  let database: MigratedDatabase;
  let postgres: FaultProxy;
  beforeAll(async () => {
    database = await migratedDatabase('start');
    const { hostname, port } = new URL(database.databaseUrl);
    postgres = await faultProxy({ target: { host: hostname, port: Number(port) } });
  });
  afterAll(async () => {
    await postgres.close();
    await database.close();
  });

  it.each<['is not there yet' | 'accepts, but does not answer yet', 'refuse' | 'halfOpen']>([
    ['is not there yet', 'refuse'],
    ['accepts, but does not answer yet', 'halfOpen'],
  ])('%s when it starts waits for it', async (_, fault) => {
    postgres[fault]();
    const accepted = postgres.accepted();
    const url = new URL(database.databaseUrl);
    url.host = postgres.address;
    const service = spawnService({
      name: 'traced',
      entry: fileURLToPath(new URL('../fixtures/traced.ts', import.meta.url)),
      env: { DATABASE_URL: url.href, REDIS_URL: testAddresses.redisUrl, API_KEYS: '[]', KEY: 'none' },
    });
    try {
      await waitFor('the start to want Postgres', () =>
        fault === 'refuse'
          ? service.logs().some((line) => line.msg === 'the start waits for a server' && line.server === 'postgres')
          : postgres.accepted() > accepted,
      );
      expect(service.output()).not.toContain('"listening"');
      postgres.heal();
      await waitFor('the start', () => service.logs().some((line) => line.event === 'listening'));
      expect((await service.kill()).code).toBe(0);
    } finally {
      postgres.heal();
      await service.kill('SIGKILL');
    }
  });
});
