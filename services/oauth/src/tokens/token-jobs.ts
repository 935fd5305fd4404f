import { repeat } from '@wxcc-wfo/service-kit';
import { handOverApiKeys, withdrawHandedOver } from '../acds/withdrawal-job.ts';
import type { Wiring } from '../wiring.ts';
import { handOverLivingTokens, observeExpiries } from './handover-job.ts';
import { refreshOneDueToken } from './refresh-job.ts';
import { warnOfEndingTokens } from './warning-job.ts';

/** The two loops that keep tokens alive and at hand. */
export interface TokenJobs {
  start(): void;
  /** Starts no other refresh and waits for the one under way: its answer may be the only token that works. */
  stopRefreshing(): Promise<void>;
  stopHandingOver(): Promise<void>;
  lastTickMs(): number;
}

export function createTokenJobs(wiring: Wiring): TokenJobs {
  const { config, logger, metrics } = wiring;
  let running: { refresh: ReturnType<typeof repeat>; handover: ReturnType<typeof repeat> } | undefined;
  let tickedAtMs = Date.now();
  let redisIsAway = false;

  async function handOver(): Promise<boolean> {
    await observeExpiries(wiring);
    await warnOfEndingTokens(wiring);
    try {
      await withdrawHandedOver(wiring);
      await handOverLivingTokens(wiring);
      await handOverApiKeys(wiring);
      redisIsAway = false;
    } catch (error) {
      metrics.oauth_handovers_total.add(1, { outcome: 'failed' });
      // Every few seconds for as long as it lasts: said once.
      if (!redisIsAway) logger.warn({ err: error }, 'tokens are not handed over; it is tried again until they are');
      redisIsAway = true;
    }
    return false;
  }

  return {
    start() {
      const onTick = () => {
        tickedAtMs = Date.now();
      };
      const turn = (stopping: AbortSignal) => refreshOneDueToken(wiring, { stopping, onTick });
      running ??= {
        refresh: repeat({ name: 'token refresh', pauseMs: config.REFRESH_CHECK_MS, logger, turn }),
        handover: repeat({ name: 'token hand-over', pauseMs: config.HANDOVER_CHECK_MS, logger, turn: handOver }),
      };
    },
    stopRefreshing: async () => running?.refresh.stop(),
    stopHandingOver: async () => running?.handover.stop(),
    lastTickMs: () => (running ? Math.max(running.refresh.lastTickMs(), tickedAtMs) : Date.now()),
  };
}
