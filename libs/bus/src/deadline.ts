import { setTimeout as delay } from 'node:timers/promises';

/**
 * The result of `work`, or an error once the broker took longer than `ms` or the signal is given; the work itself goes on.
 */
export async function withDeadline<R>(
  work: Promise<R>,
  what: string,
  { ms, signal }: { ms: number; signal?: AbortSignal },
): Promise<R> {
  const cancel = new AbortController();
  work.catch(() => undefined);
  const late = delay(ms, undefined, { signal: cancel.signal }).then(() => {
    throw new Error(`The broker did not answer within ${ms} ms while ${what}.`);
  });
  late.catch(() => undefined);
  try {
    const first = Promise.race([work, late]);
    return await (signal ? unlessAborted(first, signal) : first);
  } finally {
    cancel.abort();
  }
}

/** Rejects when the signal is given; the work goes on by itself then. */
export async function unlessAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
