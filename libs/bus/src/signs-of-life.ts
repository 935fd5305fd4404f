const HUNG_MS = 600_000;

/** One batch from when it is taken up. */
export interface BatchInWork {
  /** It did something by itself: an attempt, a read. */
  step(): void;
  end(): void;
}

/**
 * When a consumer last showed that it lives. Any of its loops may tick; but a batch that takes no step for `hungMs`
 * counts more than all of them, for the loops around a handler that hangs go on.
 */
export function createSignsOfLife(hungMs = HUNG_MS) {
  let lastTickMs = Date.now();
  const inWork = new Set<{ steppedAtMs: number }>();
  return {
    tick() {
      lastTickMs = Date.now();
    },
    beginBatch(): BatchInWork {
      const batch = { steppedAtMs: Date.now() };
      inWork.add(batch);
      return {
        step() {
          batch.steppedAtMs = Date.now();
        },
        end: () => inWork.delete(batch),
      };
    },
    lastMs(): number {
      const oldestStepMs = Math.min(...[...inWork].map((batch) => batch.steppedAtMs));
      return Date.now() - oldestStepMs > hungMs ? oldestStepMs : lastTickMs;
    },
  };
}
