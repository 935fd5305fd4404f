/** Warnings before a refresh token ends (AUTH-05). Pure; times are epoch milliseconds. */

const DAY_MS = 86_400_000;
export const WARNING_DAYS = [14, 7, 3, 1] as const;
export type WarningDays = (typeof WARNING_DAYS)[number];

export const FIRST_WARNING_MS = WARNING_DAYS[0] * DAY_MS;

/** The nearest threshold that has been crossed; null: none yet, or the token has ended (which is a loss, no warning). */
export function warningOf(refreshExpiresAtMs: number, nowMs: number): WarningDays | null {
  const leftMs = refreshExpiresAtMs - nowMs;
  if (leftMs <= 0) return null;
  return WARNING_DAYS.findLast((days) => leftMs <= days * DAY_MS) ?? null;
}

/**
 * The warning to give now: each threshold once per token, and when several were crossed while nobody looked, the nearest
 * alone. `warnedDays` is the nearest one given so far.
 */
export function warningDue(
  token: { refreshExpiresAtMs: number; warnedDays: number | null },
  nowMs: number,
): WarningDays | null {
  const days = warningOf(token.refreshExpiresAtMs, nowMs);
  return days !== null && (token.warnedDays === null || days < token.warnedDays) ? days : null;
}

/**
 * Whether the warnings given so far speak of another token: this one ends a day later or more. A provider that gives the
 * same refresh token again and again, whose end moves by seconds, is not warned about twice.
 */
export const LATER_END_MS = DAY_MS;
