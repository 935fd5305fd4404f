/** A stretch of time in epoch ms, half-open: `[startMs, endMs)`. */
export interface TimeSpan {
  startMs: number;
  endMs: number;
}

/** What two spans share; undefined where they only touch or lie apart. */
export function intersect(a: TimeSpan, b: TimeSpan): TimeSpan | undefined {
  const startMs = Math.max(a.startMs, b.startMs);
  const endMs = Math.min(a.endMs, b.endMs);
  return startMs < endMs ? { startMs, endMs } : undefined;
}

/** How long two spans run beside each other, in ms. */
export function overlapMs(a: TimeSpan, b: TimeSpan): number {
  return Math.max(0, Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs));
}

/** The same time as sorted spans that neither overlap nor touch; empty ones are left out. */
export function union(spans: readonly TimeSpan[]): TimeSpan[] {
  const merged: TimeSpan[] = [];
  for (const { startMs, endMs } of [...spans].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)) {
    const last = merged.at(-1);
    if (startMs >= endMs) continue;
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ startMs, endMs });
  }
  return merged;
}

/** The time of `spans` that no span of `removed` covers. */
export function subtract(spans: readonly TimeSpan[], removed: readonly TimeSpan[]): TimeSpan[] {
  let left = union(spans);
  for (const hole of union(removed)) {
    left = left.flatMap(({ startMs, endMs }) => [
      { startMs, endMs: Math.min(endMs, hole.startMs) },
      { startMs: Math.max(startMs, hole.endMs), endMs },
    ]);
    left = left.filter(({ startMs, endMs }) => startMs < endMs);
  }
  return left;
}
