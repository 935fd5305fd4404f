import type { NewDeadLetter } from './dead-letter-repository.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import type { Outcome } from './outcome.ts';
import type { InvalidRecord, RawRecord } from './received-event.ts';
import { busMetrics } from './telemetry.ts';

/** How often, and how far apart, an event that ended as `retry` is tried. */
export interface RetryPolicy {
  attempts: number;
  firstMs: number;
  maxMs: number;
}

/** What is kept of a record that is no event. */
export function letterOfInvalid(d: InvalidRecord, logEpoch: number, policy: RetryPolicy): NewDeadLetter {
  return {
    record: d.record,
    logEpoch,
    state: d.retryable ? 'waiting' : 'parked',
    code: d.code,
    reason: d.reason,
    step: 'decode',
    attempt: 1,
    nextAttemptAtMs: d.retryable ? Date.now() + backoffMs(0, policy) : null,
    ownerless: d.ownerless,
  };
}

/** What is kept of an event after its handler; undefined if it is settled. */
export function letterOfOutcome(
  outcome: Outcome,
  record: RawRecord,
  logEpoch: number,
  policy: RetryPolicy,
): NewDeadLetter | undefined {
  const common = { record, logEpoch, step: 'handle' as const, attempt: 1 };
  switch (outcome.kind) {
    case 'done':
    case 'drop':
      return undefined;
    case 'retry':
      return {
        ...common,
        state: 'waiting',
        code: 'retry',
        reason: describeError(outcome.cause),
        nextAttemptAtMs: Date.now() + backoffMs(0, policy),
      };
    case 'dead-letter':
      return { ...common, state: 'parked', code: outcome.reason, reason: reasonOf(outcome), nextAttemptAtMs: null };
    default:
      return outcome satisfies never;
  }
}

/** The text kept with a dead letter. */
export function reasonOf(outcome: { reason: string; cause?: unknown }): string {
  return outcome.cause === undefined ? outcome.reason : `${outcome.reason}: ${describeError(outcome.cause)}`;
}

/** One line and one count per code: a flood of poison must not become a flood of lines. */
export function reportParked(letters: readonly NewDeadLetter[], logger: Logger): void {
  const byCode = new Map<string, NewDeadLetter[]>();
  for (const letter of letters) {
    if (letter.state === 'parked') byCode.set(letter.code, [...(byCode.get(letter.code) ?? []), letter]);
  }
  for (const [code, parked] of byCode) {
    const { record, step, attempt } = parked[0]!;
    const { topic, partition, offset } = record;
    busMetrics().bus_dead_letters_total.add(parked.length, { topic, code });
    logger.error(
      { topic, partition, offset: offset.toString(), code, step, attempt, events: parked.length },
      'events were parked as dead letters; inspect them at /v1/dead-letters, mend the cause, replay or discard',
    );
  }
}
