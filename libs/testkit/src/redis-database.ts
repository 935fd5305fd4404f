import { Redis } from 'ioredis';
import { testAddresses } from './test-addresses.ts';
import { uniqueName } from './unique-name.ts';

export interface TestRedis {
  url: string;
  /** Prefix for this test's keys, ending in a colon. */
  keyPrefix: string;
  /** A connected client without the prefix. */
  client: Redis;
  /** Removes the keys under the prefix and closes the client. */
  close(): Promise<void>;
}

/** A part of the run's Redis that is this test's own: a key prefix (database numbers would run out, workers share them). */
export async function redisDatabase(): Promise<TestRedis> {
  const url = testAddresses.redisUrl;
  const client = new Redis(url, { maxRetriesPerRequest: 1, lazyConnect: true });
  await client.connect();
  const keyPrefix = `${uniqueName('test')}:`;
  return {
    url,
    keyPrefix,
    client,
    async close() {
      for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
        const [next, keys] = await client.scan(cursor, 'MATCH', `${keyPrefix}*`, 'COUNT', 500);
        if (keys.length > 0) await client.del(...keys);
        cursor = next;
      }
      client.disconnect();
    },
  };
}
