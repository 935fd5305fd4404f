import type { Pool, PoolClient } from 'pg';

/**
 * Runs `work` in one transaction and commits if it returns `commit: true`. A connection that broke is thrown away.
 * The server ends a transaction of ours that idles: a paused process must not hold row locks that others wait for.
 */
export async function runTransaction<R extends { commit: boolean }>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'`);
    const result = await work(client);
    await client.query(result.commit ? 'COMMIT' : 'ROLLBACK');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken ??= rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
