import { setTimeout as delay } from 'node:timers/promises';

/** The result of `work`, or an error once the broker took longer than `ms`; the work itself goes on. */
export async function withDeadline<R>(work: Promise<R>, ms: number, what: string): Promise<R> {
  const cancel = new AbortController();
  work.catch(() => undefined);
  const late = delay(ms, undefined, { signal: cancel.signal }).then(() => {
    throw new Error(`The broker did not answer within ${ms} ms while ${what}.`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel.abort();
  }
}
