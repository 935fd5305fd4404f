import type { Pool } from 'pg';
import type { Bus } from '../bus.ts';
import { createRelay, type Relay, type RelayOptions } from '../relay.ts';
import type { RelayStep } from '../relay-shard.ts';

/** A relay that can be made to stand still between two steps, like a process that was paused or killed there. */
export interface FreezableRelay extends Relay {
  /** From the next time it reaches this step it does nothing any more, its lease's renewal included. */
  freezeAt(step: RelayStep): void;
  frozen(): boolean;
  thaw(): void;
}

export function createFreezableRelay(o: {
  bus: Bus;
  pool: Pool;
  logger: RelayOptions['logger'];
  leaseMs: number;
  batchSize: number;
  /** As freezeAt, from the first step on. */
  freezeAt?: RelayStep;
}): FreezableRelay {
  let wanted = o.freezeAt;
  let ice: Promise<void> | undefined;
  let melt: () => void = () => undefined;
  const onStep = async (step: RelayStep): Promise<void> => {
    if (wanted === step && !ice) {
      ice = new Promise((resolve) => {
        melt = resolve;
      });
    }
    if (ice) await ice;
  };
  const relay = createRelay({ ...o, pollMs: 50, onStep });
  return {
    ...relay,
    freezeAt(step) {
      wanted = step;
    },
    frozen: () => ice !== undefined,
    thaw() {
      wanted = undefined;
      ice = undefined;
      melt();
    },
  };
}
