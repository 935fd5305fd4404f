import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { isConflict, isReadTimeout } from './sql-error.ts';

export interface TransactionOptions {
  /** How often it is run again after a deadlock or a serialization failure; default 3 */
  retries?: number;
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
}

/**
 * Runs `fn` between BEGIN and COMMIT; any error rolls back and is thrown on. After a deadlock or a serialization
 * failure the whole is run again on a new snapshot, so `fn` may have no effect but on `tx`.
 */
export async function inTransaction<T>(
  pool: Pool,
  fn: (tx: PoolClient) => Promise<T>,
  o: TransactionOptions = {},
): Promise<T> {
  const retries = o.retries ?? 3;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(pool, fn, { begin: o.isolation ? `BEGIN ISOLATION LEVEL ${o.isolation}` : 'BEGIN' });
    } catch (error) {
      if (attempt >= retries || !isConflict(error)) throw error;
      await delay(Math.random() * 20 * 2 ** attempt);
    }
  }
}

/**
 * Runs `work` in one transaction, never again, and commits if it returns `commit: true`. The server ends a transaction of
 * ours that idles: a paused process must not hold row locks that others wait for.
 */
export async function runTransaction<R extends { commit: boolean }>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<R>,
): Promise<R> {
  const begin = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'`;
  return await once(pool, work, { begin, isToCommit: (result) => result.commit });
}

/**
 * Reads as one tenant sees it: read only, under the reader's role and with `app.tenant_id` set, so that row-level
 * security hides every other tenant whatever the query says.
 * @param o.readerRole default: `<schema>_reader` of the connection's own schema
 */
export async function readAsTenant<T>(
  pool: Pool,
  o: { readerRole?: string; tenantId: string },
  fn: (tx: PoolClient) => Promise<T>,
): Promise<T> {
  if (o.readerRole !== undefined && !/^[a-z][a-z0-9_]{0,62}$/.test(o.readerRole))
    throw new TypeError(`Not a role name: '${o.readerRole}'.`);
  return await once(pool, async (tx) => {
    await tx.query('SET TRANSACTION READ ONLY');
    await tx.query(
      "SELECT set_config('app.tenant_id', $1, true), set_config('role', coalesce($2, current_schema() || '_reader'), true)",
      [o.tenantId, o.readerRole ?? null],
    );
    return await fn(tx);
  });
}

async function once<T>(
  pool: Pool,
  fn: (tx: PoolClient) => Promise<T>,
  o: { begin?: string; isToCommit?: (result: T) => boolean } = {},
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener a connection that breaks between two statements would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(o.begin ?? 'BEGIN');
    const result = await fn(client);
    if (o.isToCommit?.(result) === false) {
      await client.query('ROLLBACK');
      return result;
    }
    const { command } = await client.query('COMMIT');
    // What a statement broke Postgres rolls back, even if `fn` went on as if nothing had happened; it says so here only.
    if (command !== 'COMMIT') {
      throw new Error('The transaction was rolled back: a statement in it failed and its error was not passed on.');
    }
    return result;
  } catch (error) {
    if (isReadTimeout(error)) broken ??= error as Error;
    else {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken ??= rollbackError;
      });
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
