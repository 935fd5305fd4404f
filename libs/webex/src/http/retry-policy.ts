import { DelegateBackoff, handleWhen, type IRetryBackoffContext, type RetryPolicy, retry } from 'cockatiel';
import { WebexError } from './webex-error.ts';

/** A failure that is worth another attempt within the deadline. */
class AnotherAttempt extends Error {
  readonly failure: WebexError;
  constructor(failure: WebexError) {
    super(failure.message);
    this.failure = failure;
  }
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
const MAX_RETRIES = 8;

/**
 * Milliseconds until the next attempt: what the server asked for (`Retry-After` wins), else exponential with full
 * jitter above a floor of half, so that clients that failed together do not return together.
 */
export function delayBeforeAttempt(attempt: number, retryAfterMs: number | undefined, random = Math.random): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return ceiling / 2 + random() * (ceiling / 2);
}

/** The one retry policy of this library; nothing below or above it in here retries. */
const policy: RetryPolicy = retry(
  handleWhen((error) => error instanceof AnotherAttempt),
  {
    maxAttempts: MAX_RETRIES,
    backoff: new DelegateBackoff((context: IRetryBackoffContext<unknown>) => {
      const error = 'error' in context.result ? context.result.error : undefined;
      return delayBeforeAttempt(
        context.attempt,
        error instanceof AnotherAttempt ? error.failure.retryAfterMs : undefined,
      );
    }),
  },
);

/**
 * Runs `attempt` until it succeeds, fails for good, or the next attempt would begin after the deadline.
 * `deadlineAtMs` is asked anew each time, as the clock starts with the first attempt that was let through.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: {
    deadlineAtMs(): number;
    /** For calls that must not be repeated although the failure is retriable. */
    mayRetry?(failure: WebexError): boolean;
    signal?: AbortSignal | undefined;
  },
): Promise<T> {
  options.signal?.throwIfAborted();
  const run = policy.execute(async () => {
    options.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WebexError) || !error.retriable) throw error;
      if (!(options.mayRetry?.(error) ?? true) || !fits(error, options.deadlineAtMs())) throw error;
      throw new AnotherAttempt(error);
    }
  });
  try {
    return await orAbort(run, options.signal);
  } catch (error) {
    throw error instanceof AnotherAttempt ? error.failure : error;
  }
}

function fits(error: WebexError, deadlineAtMs: number): boolean {
  return Date.now() + (error.retryAfterMs ?? FIRST_DELAY_MS) < deadlineAtMs;
}

/** The policy's pauses cannot be interrupted, so an abort leaves them behind. */
async function orAbort<T>(run: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return run;
  run.catch(() => undefined);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([run, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
