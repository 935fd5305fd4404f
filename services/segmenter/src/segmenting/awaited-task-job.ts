import type { Logger, Observed, SqlClient } from '@wxcc-wfo/service-kit';
import { oldestAwaitedTaskMs } from './facts-repository.ts';

/** Keeps an eye on recordings whose task has not arrived; they wait as rows, and this says for how long. */
export interface AwaitedTaskJob {
  start(): void;
  stop(): void;
}

const LOOK_MS = 15_000;

export function createAwaitedTaskJob(deps: {
  pool: SqlClient;
  logger: Logger;
  nowMs(): number;
  gauge: Observed;
}): AwaitedTaskJob {
  let oldestMs: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      oldestMs = await oldestAwaitedTaskMs(deps.pool);
    } catch (error) {
      deps.logger.debug({ err: error }, 'could not look for recordings whose task is missing');
    }
  };
  return {
    start() {
      deps.gauge.observe(() => (oldestMs === null ? 0 : Math.max(0, deps.nowMs() - oldestMs) / 1_000));
      void look();
      timer = setInterval(() => void look(), LOOK_MS);
    },
    stop: () => clearInterval(timer),
  };
}
