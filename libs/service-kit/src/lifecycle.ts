/** Where a process stands. Readiness is refused in every phase but `running`. */
export interface Lifecycle {
  phase: 'starting' | 'running' | 'stopping';
}

/** One thing to do when a process stops. */
export interface StopStep {
  name: string;
  /** @param remainingMs how long all remaining steps may still take together */
  run(remainingMs: number): unknown | Promise<unknown>;
}

export interface StopReport {
  ok: boolean;
  failed: string[];
}

class LateError extends Error {}

/**
 * Runs the steps one after the other. A step that fails is noted and the next one runs; when the deadline has passed,
 * the step under way is left behind and the rest is not started.
 */
export async function stopInOrder(
  steps: readonly StopStep[],
  o: { deadlineMs: number; onFailed?: (step: string, error: unknown) => void },
): Promise<StopReport> {
  const endsAtMs = performance.now() + o.deadlineMs;
  const failed: string[] = [];
  let isLate = false;
  for (const step of steps) {
    const remainingMs = Math.floor(endsAtMs - performance.now());
    try {
      if (isLate || remainingMs <= 0) throw new Error('The deadline of the stop had passed before this step.');
      await withDeadline(step, remainingMs);
    } catch (error) {
      isLate ||= error instanceof LateError;
      failed.push(step.name);
      o.onFailed?.(step.name, error);
    }
  }
  return { ok: failed.length === 0, failed };
}

async function withDeadline(step: StopStep, remainingMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError('Did not end before the deadline of the stop.')), remainingMs);
  });
  try {
    await Promise.race([Promise.resolve(step.run(remainingMs)), late]);
  } finally {
    clearTimeout(timer);
  }
}
