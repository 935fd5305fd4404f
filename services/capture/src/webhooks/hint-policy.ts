/**
 * What becomes of a hint ("this task has ended") once the ACD was asked, and when the ACD may be asked again. A webhook
 * may be early, wrong, double or late; polling finds the task in any case, so a hint that leads nowhere is dropped after
 * a while, and no hint is worth many questions: they share their budget with polling and recordings.
 */
export type HintOutcome = { kind: 'settled' } | { kind: 'retry'; afterMs: number } | { kind: 'left-to-polling' };

/** Search finds most tasks at once or some 10 to 30 s after their webhook: tries at about 0, 2, 10, 20, 35 and 65 s. */
const RETRY_DELAYS_MS = [2_000, 8_000, 10_000, 15_000, 30_000];

/** `attempts` counts this one. */
export function decideOnHint(o: { isSettled: boolean; attempts: number }): HintOutcome {
  if (o.isSettled) return { kind: 'settled' };
  const afterMs = RETRY_DELAYS_MS[o.attempts - 1];
  return afterMs === undefined ? { kind: 'left-to-polling' } : { kind: 'retry', afterMs };
}

/** What one question was about, and what it settled. */
export interface AskedHint {
  isSettled: boolean;
  attempts: number;
}

const SPACING_LEAST_MS = 500;
const SPACING_MOST_MS = 10_000;

/**
 * How long an ACD is left alone after a question: ever longer while it tells nothing new, for then its tasks become
 * visible late and the next hints would be asked for too early as well; as short as can be once a task was there at the
 * first try.
 * @param fruitless questions before this one that were of no use
 */
export function spaceQuestions(asked: readonly AskedHint[], fruitless: number): { fruitless: number; afterMs: number } {
  const isOfUse = asked.some((hint) => hint.isSettled);
  const isQuick = asked.some((hint) => hint.isSettled && hint.attempts === 1);
  const now = isQuick ? 0 : isOfUse ? fruitless : Math.min(fruitless + 1, 20);
  return { fruitless: now, afterMs: Math.min(SPACING_LEAST_MS * 2 ** now, SPACING_MOST_MS) };
}
