import type { Logger } from './logger.ts';

/** Work that is done again and again until it is stopped. */
export interface Repeating {
  /** Does the next turn now instead of after the pause. */
  wake(): void;
  /** Lets the turn under way end (its signal is aborted) and starts no other. */
  stop(): Promise<void>;
  /** For liveness: when the last turn began, epoch ms. */
  lastTickMs(): number;
}

/**
 * Repeats `turn` with a pause in between; a turn never overlaps itself. A turn that gives true found work and is
 * followed at once. A turn that throws is logged and tried again after the pause.
 */
export function repeat(o: {
  name: string;
  pauseMs: number;
  logger: Logger;
  turn(signal: AbortSignal): Promise<boolean>;
}): Repeating {
  const stopping = new AbortController();
  let lastTickMs = Date.now();
  let woken = false;
  let endPause: () => void = () => undefined;

  const pause = () =>
    new Promise<void>((resolve) => {
      if (woken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(resolve, o.pauseMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      lastTickMs = Date.now();
      woken = false;
      let hadWork = false;
      try {
        hadWork = await o.turn(stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) o.logger.warn({ err: error, job: o.name }, 'a turn failed; the next one follows');
      }
      if (!hadWork) await pause();
    }
  }

  const running = run();
  return {
    wake() {
      woken = true;
      endPause();
    },
    async stop() {
      stopping.abort();
      endPause();
      await running;
    },
    lastTickMs: () => lastTickMs,
  };
}
