import type { SendPermission, WorkKind } from '../port.ts';
import { PRIORITY } from './quota-policy.ts';

export type Permission = ({ granted: true } & SendPermission) | { granted: false; waitMs: number };

interface Waiter {
  kind: WorkKind;
  grant(permission: SendPermission): void;
  refuse(reason: unknown): void;
}

export interface WaitingLine {
  /** Resolves when it is this request's turn and the budget allows it. */
  join(kind: WorkKind, signal: AbortSignal | undefined): Promise<SendPermission>;
  /** Asks again at once, after a change that may let somebody through. */
  wake(): void;
  close(reason: unknown): void;
}

/**
 * Those who wait for one client id in this process: by priority, then in the order of coming. Only the first asks for
 * the budget; nobody behind it could be luckier.
 */
export function createWaitingLine(ask: (kind: WorkKind) => Promise<Permission>): WaitingLine {
  const waiters: Waiter[] = [];
  let pumping = false;
  let wakeUp: (() => void) | undefined;

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    try {
      for (let first = waiters[0]; first !== undefined; first = waiters[0]) {
        const permission = await ask(first.kind);
        // Whoever is first now gets it: somebody more urgent may have come, or the asker may have given up.
        if (permission.granted) waiters.shift()?.grant({ sendByMs: permission.sendByMs });
        else if (waiters[0] === first) await pause(permission.waitMs);
      }
    } finally {
      pumping = false;
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        wakeUp = undefined;
        resolve();
      }
      wakeUp = done;
    });
  }

  function join(kind: WorkKind, signal: AbortSignal | undefined): Promise<SendPermission> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = () => signal?.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        kind,
        grant(permission) {
          leave();
          resolve(permission);
        },
        refuse(reason) {
          leave();
          reject(reason);
        },
      };
      function onAbort() {
        const place = waiters.indexOf(waiter);
        if (place >= 0) waiters.splice(place, 1);
        reject(signal?.reason);
        if (waiters.length === 0) wakeUp?.();
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      const place = waiters.findIndex((other) => PRIORITY[other.kind] > PRIORITY[kind]);
      waiters.splice(place < 0 ? waiters.length : place, 0, waiter);
      if (waiters[0] === waiter) wakeUp?.();
      void pump();
    });
  }

  return {
    join,
    wake: () => wakeUp?.(),
    close(reason) {
      for (const waiter of waiters.splice(0)) waiter.refuse(reason);
      wakeUp?.();
    },
  };
}
