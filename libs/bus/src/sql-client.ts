import type { QueryResult, QueryResultRow } from 'pg';

/** A connection inside a transaction (or a pool): all that repositories and handlers need. */
export interface SqlClient {
  query<R extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<R>>;
}
