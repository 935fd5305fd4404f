import { WebexError } from './webex-error.ts';

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/** A failure below HTTP as a WebexError: only its code is quoted, as texts of sockets may hold addresses and paths. */
export function transportError(what: string, error: unknown, late: boolean, trackingId?: string): WebexError {
  const code = codeOf(error);
  if (code === 'PRIVATE_ADDRESS') {
    return new WebexError('host-not-allowed', `${what} was not sent: the host resolves to a private address`);
  }
  if (late || TIMEOUTS.has(code)) {
    return new WebexError('timeout', `${what} got no whole answer in time (${late ? 'deadline' : code})`, {
      trackingId,
    });
  }
  return new WebexError('unavailable', `${what} could not be carried out: the connection failed (${code})`, {
    trackingId,
  });
}

function codeOf(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && typeof current === 'object' && current !== null; depth++) {
    const { code, cause, name } = current as { code?: unknown; cause?: unknown; name?: unknown };
    if (typeof code === 'string' && code !== 'UND_ERR_SOCKET') return code;
    if (cause === undefined) return typeof code === 'string' ? code : String(name ?? 'unknown');
    current = cause;
  }
  return 'unknown';
}
