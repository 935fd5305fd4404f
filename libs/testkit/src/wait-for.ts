export interface WaitOptions {
  /** Fails after this (default 60 s: machines of a CI stall, and a condition ends the waiting). */
  timeoutMs?: number;
  /** Between two looks (default 25 ms). */
  intervalMs?: number;
}

/**
 * Looks at `condition` until it gives something truthy, and gives that. A condition that throws counts as "not yet";
 * the last error is quoted when the time is up. `description` completes the sentence "Waited 60 s for …".
 */
export async function waitFor<T>(
  description: string,
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 60_000, intervalMs = 25 } = options;
  const deadlineMs = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await condition();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadlineMs) {
      throw new Error(`Waited ${timeoutMs / 1000} s for ${description}; last seen: ${describe(last)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

function describe(value: unknown): string {
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}
