const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ENOENT'.split(' '),
);
/** The SQLSTATE of an error of Postgres (five characters), else undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SYSTEM_CODES.has(code) ? code : undefined;
}

const DRIVER_MESSAGES =
  /^(Connection terminated|Connection ended unexpectedly|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Query read timeout)/i;

/** The driver gave a statement up; nothing that is sent after it over the same connection would be answered either. */
export function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/**
 * Whether the same statement may succeed later without anybody changing anything: connection lost or refused (08,
 * 57P0x), server short of something (53), serialization failure, deadlock, lock time-out (40001, 40P01, 55P03),
 * statement time-out (57014), replica or server starting. Everything else is the statement's own fault or unknown.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isTransient);
  const state = sqlState(error);
  if (state) {
    return (
      /^(08|53)/.test(state) ||
      ['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03', '57P05', '25006'].includes(state)
    );
  }
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && SYSTEM_CODES.has(code)) return true;
  return typeof message === 'string' && DRIVER_MESSAGES.test(message);
}

/** Whether a transaction lost against another one and only has to be run again. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}
