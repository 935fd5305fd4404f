import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** Makes every COMMIT of the pool wait, so that a test can meet a consumer in mid-batch. `onCommit` is told before. */
export function slowCommits(pool: Pool, o: { delayMs: number; onCommit?(): void }): Pool {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = (async (...args: unknown[]) => {
      if (args[0] === 'COMMIT') {
        o.onCommit?.();
        await delay(o.delayMs);
      }
      return await query(...args);
    }) as unknown as typeof client.query;
  });
  return pool;
}
