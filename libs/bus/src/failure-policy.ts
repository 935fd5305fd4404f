import { storableText } from '@wxcc-wfo/contracts';
import { isTransient as isTransientSql, sqlState } from '@wxcc-wfo/service-kit/sql-error';

// A missing table, column or grant is a deployment that isn't finished, not a fault of the event; a transaction that
// the server ended because we idled in it was our own pause.
const OURS = new Set(['42P01', '42703', '42501', '25P03']);

/** Whether our own database or broker is away or busy: waited for without end, never a dead letter (rule 4). */
export function isTransient(error: unknown): boolean {
  return OURS.has(sqlState(error) ?? '') || isTransientSql(error);
}

/**
 * Whether the server ended a statement that took too long. Transient once, because the database may be busy; what takes
 * too long again and again while the database answers others may never end.
 */
export function isStatementTimeout(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/** Whether Postgres refused the data itself (class 22, such as \u0000 in a string): trying again cannot help. */
export function isRefusedValue(error: unknown): boolean {
  return sqlState(error)?.startsWith('22') ?? false;
}

/** Exponential back-off with full jitter on its upper half, in whole ms. `attempt` counts from 0. */
export function backoffMs(attempt: number, o: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(o.maxMs, o.firstMs * 2 ** Math.min(attempt, 20));
  return Math.ceil(ceiling / 2 + (Math.random() * ceiling) / 2);
}

/** A text for `reason` and `last_error`: short, and without what Postgres can't store. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return storableText(text).slice(0, 1000);
}
