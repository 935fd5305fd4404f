import pg, { type Pool } from 'pg';
import { nameOfPrepared } from './prepared.ts';

/** What a repository needs: a pool, a client, or a client inside a transaction. */
export interface SqlClient {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<R>>;
}

export interface PoolOptions {
  /** postgres:// address */
  url: string;
  /** Shown in pg_stat_activity */
  applicationName: string;
  /** Most connections; default 10 */
  max?: number;
  /** A statement that runs longer is cancelled by the server, and given up soon after; default 30 s, 0 = never */
  statementTimeoutMs?: number;
  /** Told when a connection that nobody uses breaks */
  logger?: { warn(o: object, m?: string): void };
}

/** Also how long a query waits for a free connection; a machine that stalls for some seconds must not fail it. */
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_MS = 60_000;
/** Beyond the time-out of statements, whose answer comes from the server: without any the path to it is gone. */
const ANSWER_MARGIN_MS = 5_000;
/** A connection that waits, for notifications say, is asked after this whether the other side still lives. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Sends the statements that are marked as `prepared` by their names. */
class PreparingClient extends pg.Client {
  // pg has eight signatures of it; which one it is, is its own affair.
  override query = ((statement: unknown, ...rest: unknown[]) => {
    const name = typeof statement === 'string' ? nameOfPrepared(statement) : undefined;
    const named = name === undefined ? statement : { name, text: statement };
    return (super.query as (...all: unknown[]) => unknown)(named, ...rest);
  }) as pg.Client['query'];
}

/**
 * A pool that survives a lost server: idle connections that break are only logged, the next query makes a new one.
 * bigint columns come as numbers (they throw beyond ±2^53), `timestamptz` as Date, numeric as text.
 */
export function createPool(o: PoolOptions): Pool {
  const statementTimeoutMs = o.statementTimeoutMs ?? 30_000;
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: o.url,
    application_name: o.applicationName,
    max: o.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs && statementTimeoutMs + ANSWER_MARGIN_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  pool.on('error', (error) => o.logger?.warn({ err: error }, 'an idle database connection broke'));
  return pool;
}

function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === pg.types.builtins.INT8 && format !== 'binary') return safeInteger;
  return pg.types.getTypeParser(oid, format as 'text');
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`The bigint ${text} does not fit a JavaScript number; select it as text (::text).`);
  }
  return value;
}
