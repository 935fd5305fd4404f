const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);
const DRIVER_MESSAGES =
  /^(Connection terminated|Connection ended|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Query read timeout|Cannot use a pool after)/i;
// A missing table, column or grant is a deployment that isn't finished, not a fault of the event.
const TRANSIENT_STATES = new Set(
  '40001 40P01 55P03 57014 57P01 57P02 57P03 57P05 25P03 25006 42P01 42703 42501'.split(' '),
);

/** The SQLSTATE of an error of Postgres, else undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SYSTEM_CODES.has(code) ? code : undefined;
}

/** Whether our own database or broker is away or busy: waited for without end, never a dead letter (rule 4). */
export function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isTransient);
  const state = sqlState(error);
  if (state) return /^(08|53|58)/.test(state) || TRANSIENT_STATES.has(state);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && SYSTEM_CODES.has(code)) return true;
  return typeof message === 'string' && DRIVER_MESSAGES.test(message);
}

/** Whether Postgres refused the data itself (class 22, such as \u0000 in a string): trying again cannot help. */
export function isRefusedValue(error: unknown): boolean {
  return sqlState(error)?.startsWith('22') ?? false;
}

/** Exponential back-off with full jitter on its upper half, in ms. `attempt` counts from 0. */
export function backoffMs(attempt: number, o: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(o.maxMs, o.firstMs * 2 ** Math.min(attempt, 20));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

/** A text for `reason` and `last_error`: short, and without what Postgres can't store. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return storableText(text).slice(0, 1000);
}

/** Replaces what a text or jsonb column refuses: NUL and lone surrogates. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}
