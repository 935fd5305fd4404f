import { setTimeout as sleep } from 'node:timers/promises';
import { handleWhen, retry } from 'cockatiel';
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
 * The one retry policy of this library; nothing below or above it in here retries. It has no back-off of its own: its
 * pauses could not be interrupted, and a stopping process would wait for a `Retry-After`.
 */
const policy = retry(
  handleWhen((error) => error instanceof AnotherAttempt),
  { maxAttempts: MAX_RETRIES },
);

/**
 * Milliseconds until the next attempt: what the server asked for (`Retry-After` wins), else exponential with jitter
 * above a floor of half, so that clients that failed together do not return together.
 */
export function delayBeforeAttempt(attempt: number, retryAfterMs: number | undefined, random = Math.random): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return ceiling / 2 + random() * (ceiling / 2);
}

export interface RetryOptions {
  /** Asked after each failure, as the clock starts with the first attempt that was let through. */
  deadlineAtMs(): number;
  /** For calls that must not be repeated although the failure is retriable. */
  mayRetry?(failure: WebexError): boolean;
  signal?: AbortSignal | undefined;
}

/** Runs `run` until it succeeds, fails for good, or the next attempt would begin after the deadline. */
export async function withRetries<T>(run: () => Promise<T>, options: RetryOptions): Promise<T> {
  let delayMs = 0;
  try {
    return await policy.execute(async ({ attempt }) => {
      await pause(delayMs, options.signal);
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof WebexError) || !error.retriable || options.mayRetry?.(error) === false) throw error;
        delayMs = delayBeforeAttempt(attempt + 1, error.retryAfterMs);
        if (Date.now() + delayMs >= options.deadlineAtMs()) throw error;
        throw new AnotherAttempt(error);
      }
    });
  } catch (error) {
    throw error instanceof AnotherAttempt ? error.failure : error;
  }
}

/** @throws the signal's own reason when aborted */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (ms <= 0) return;
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
