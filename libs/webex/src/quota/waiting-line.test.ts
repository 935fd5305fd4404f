import { describe, expect, it } from '@jest/globals';
import type { WorkKind } from '../port.ts';
import { createWaitingLine } from './waiting-line.ts';

/** A line whose budget the test opens by hand. */
function line() {
  let permits = 0;
  const asked: WorkKind[] = [];
  const waiting = createWaitingLine(async (kind) => {
    asked.push(kind);
    if (permits === 0) return { granted: false, waitMs: 60_000 };
    permits--;
    return { granted: true, sendByMs: Number.POSITIVE_INFINITY };
  });
  return {
    ...waiting,
    asked,
    allow(count: number) {
      permits += count;
      waiting.wake();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the waiting line', () => {
  it('serves by priority, then by the order of coming', async () => {
    const { join, allow } = line();
    const served: string[] = [];
    const come = (kind: WorkKind, name: string) => join(kind, undefined).then(() => served.push(name));
    const all = [come('backfill', 'b1'), come('captures', 'c1'), come('token', 't1'), come('captures', 'c2')];
    await settled();
    expect(served).toEqual([]);
    allow(4);
    await Promise.all(all);
    expect(served).toEqual(['t1', 'c1', 'c2', 'b1']);
  });

  it('asks again at once when somebody more urgent comes', async () => {
    const { join, asked, allow } = line();
    const first = join('backfill', undefined);
    await settled();
    const second = join('token', undefined);
    await settled();
    expect(asked).toEqual(['backfill', 'token']);
    allow(2);
    await Promise.all([first, second]);
  });

  it('lets go of those who abort, and of all when closed', async () => {
    const { join, close, allow } = line();
    const stop = new AbortController();
    const aborted = join('sync', stop.signal);
    const staying = join('sync', undefined);
    stop.abort(new Error('gone'));
    await expect(aborted).rejects.toThrow('gone');
    await expect(join('sync', AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    allow(1);
    await staying;
    const last = join('sync', undefined);
    close(new Error('closed'));
    await expect(last).rejects.toThrow('closed');
  });
});
