import { Readable } from 'node:stream';
import { WebexError } from '../http/webex-error.ts';

export interface LeastThroughput {
  bytesPerSecond: number;
  /** How long it is waited for data before the rate is judged. */
  windowMs: number;
  onSlow?(failure: WebexError): void;
}

/**
 * A body that fails as a time-out when it comes too slowly, though never idle: one byte now and then would hold its slot
 * for ever. Only the time that is spent waiting for data counts, so that a slow reader is not the sender's fault.
 */
export function withLeastThroughput(body: Readable, o: LeastThroughput): Readable {
  const leastBytes = (o.bytesPerSecond * o.windowMs) / 1000;
  let waitedMs = 0;
  let bytes = 0;
  let waitingSinceMs: number | undefined;
  const watched = new Readable({
    read() {
      waitingSinceMs ??= performance.now();
      body.resume();
    },
    destroy(error, done) {
      body.destroy();
      done(error);
    },
  });
  function take(chunk: Buffer): void {
    const nowMs = performance.now();
    waitedMs += nowMs - (waitingSinceMs ?? nowMs);
    waitingSinceMs = nowMs;
    bytes += chunk.length;
    if (waitedMs >= o.windowMs) {
      if (bytes < leastBytes) fail();
      waitedMs = 0;
      bytes = 0;
    }
    if (watched.destroyed || watched.push(chunk)) return;
    waitingSinceMs = undefined;
    body.pause();
  }
  function fail(): void {
    const seconds = Math.round(waitedMs / 100) / 10;
    const failure = new WebexError('timeout', `Downloading a file is too slow: ${bytes} bytes in ${seconds} s`);
    o.onSlow?.(failure);
    watched.destroy(failure);
  }
  // Whoever reads it only later hears of a failure then; until then it is not an unhandled one.
  watched.on('error', () => undefined);
  body.pause();
  body.on('data', take);
  body.on('end', () => watched.push(null));
  body.on('error', (error) => watched.destroy(error));
  return watched;
}
