import { context } from '@opentelemetry/api';
import { runTransaction } from '@wxcc-wfo/service-kit';
import { startBatchSpans } from './batch-spans.ts';
import type { ProcessorOptions } from './commit-chunk.ts';
import {
  dueDeadLetters,
  lockDeadLetter,
  putOffDeadLetter,
  readDeadLetter,
  type StoredDeadLetter,
  updateDeadLetter,
} from './dead-letter-repository.ts';
import { backoffMs, describeError, isStatementTimeout, isTransient } from './failure-policy.ts';
import { asKeeping } from './handler.ts';
import { reasonOf } from './new-letters.ts';
import type { Outcome } from './outcome.ts';
import { decodeRecord, kept, type RawRecord } from './received-event.ts';
import { busMetrics } from './telemetry.ts';

/** How handling a dead letter again ended. `not-found` also means: another tenant's, or settled meanwhile. */
export type ReplayResult =
  | { result: 'replayed' }
  | { result: 'waiting'; reason: string }
  | { result: 'parked'; code: string; reason: string }
  | { result: 'not-found' };

const FOREIGN_TENANT = 'The value names another tenant than the one that the record belongs to.';

/** Handles records again that were put aside, each alone in a transaction of its own. */
export function createRedelivery(o: ProcessorOptions) {
  /** `automatic`: a waiting row whose time has come; it goes on waiting or is parked. Else a person asked for it. */
  async function handleAgain(letter: StoredDeadLetter, automatic: boolean, by: string): Promise<ReplayResult> {
    const { keep, handle } = asKeeping(o.handlerOf(letter.record.topic));
    const decoded = await decodeRecord(letter.record, o.readBlob, keep);
    const attempt = letter.attempt + 1;
    const failed = async (code: string, reason: string, retryable: boolean, endless = false): Promise<ReplayResult> => {
      const again = automatic && retryable && (endless || attempt < o.retry.attempts);
      const state = again ? 'waiting' : 'parked';
      const nextAttemptAtMs = again ? Date.now() + backoffMs(attempt - 1, o.retry) : null;
      const settled = await runTransaction(o.pool, async (tx) => {
        const locked = await lockDeadLetter(tx, letter.id, o.groupId, ['waiting', 'parked']);
        if (locked) await updateDeadLetter(tx, letter.id, { state, attempt, nextAttemptAtMs, code, reason, by });
        return { commit: locked !== undefined };
      });
      if (!settled.commit) return { result: 'not-found' };
      if (again) return { result: 'waiting', reason };
      if (letter.state === 'waiting') {
        const { topic, partition, offset } = letter.record;
        busMetrics().bus_dead_letters_total.add(1, { topic, code });
        o.logger.error(
          { topic, partition, offset: offset.toString(), code, attempt },
          'an event was parked as a dead letter after its retries; inspect it at /v1/dead-letters',
        );
      }
      return { result: 'parked', code, reason };
    };
    if (decoded.kind === 'invalid' && decoded.ownerless && letter.edited) {
      return await failed('foreign-owner', FOREIGN_TENANT, false);
    }
    if (decoded.kind === 'invalid') {
      return await failed(decoded.code, decoded.reason, decoded.retryable, decoded.endless);
    }
    const foreign = ownershipProblem(letter, decoded.event.payload);
    if (foreign) return await failed('foreign-owner', foreign, false);
    let outcome: Outcome | undefined;
    const spans = startBatchSpans(letter.record, [decoded]);
    try {
      const settled = await runTransaction(o.pool, async (tx) => {
        const locked = await lockDeadLetter(tx, letter.id, o.groupId, ['waiting', 'parked']);
        if (!locked || !sameValue(locked.record, letter.record)) return { commit: false };
        [outcome] = await context.with(spans.context, () => handle([kept(decoded)], tx));
        if (outcome?.kind !== 'done' && outcome?.kind !== 'drop') return { commit: false };
        await updateDeadLetter(tx, letter.id, { state: 'replayed', attempt, nextAttemptAtMs: null, by });
        return { commit: true };
      });
      if (settled.commit) {
        busMetrics().bus_consumed_total.add(1, { topic: letter.record.topic, outcome: 'replayed' });
        o.onCommitted([decoded.event]);
        return { result: 'replayed' };
      }
    } catch (error) {
      spans.fail(error);
      if (isStatementTimeout(error)) return await failed('statement-timeout', describeError(error), true);
      if (isTransient(error)) throw error;
      return await failed('unknown-failure', describeError(error), true);
    } finally {
      spans.end();
    }
    if (!outcome) return { result: 'not-found' };
    if (outcome.kind === 'retry') return await failed('retries-exhausted', describeError(outcome.cause), true);
    if (outcome.kind === 'dead-letter') return await failed(outcome.reason, reasonOf(outcome), false);
    return { result: 'not-found' };
  }

  return {
    async replay(id: string, tenantId: string | null, by = 'replay'): Promise<ReplayResult> {
      const letter = await readDeadLetter(o.pool, id, o.groupId, tenantId);
      if (!letter || (letter.state !== 'parked' && letter.state !== 'waiting')) return { result: 'not-found' };
      return await handleAgain(letter, false, by);
    },
    /**
     * Handles what is due; gives how many rows that settled or put off: none while others have them locked. One that
     * fails because something is away makes room for the others. Throws when the database itself can't be reached.
     */
    async handleDue(): Promise<number> {
      const due = await dueDeadLetters(o.pool, o.groupId, Date.now(), 50);
      let handled = 0;
      for (const letter of due) {
        try {
          if ((await handleAgain(letter, true, 'redelivery')).result !== 'not-found') handled += 1;
        } catch (error) {
          if (!isTransient(error)) throw error;
          busMetrics().bus_transient_failures_total.add(1, { topic: letter.record.topic });
          await putOffDeadLetter(o.pool, letter.id, Date.now() + backoffMs(letter.attempt, o.retry));
          o.logger.debug({ reason: describeError(error), topic: letter.record.topic }, 'a waiting event is put off');
          handled += 1;
        }
      }
      return handled;
    },
  };
}

function sameValue(a: RawRecord, b: RawRecord): boolean {
  return a.value === null || b.value === null ? a.value === b.value : a.value.equals(b.value);
}

/** An edited value must stay its owner's: else a tenant could write into another one's data by editing. */
function ownershipProblem(letter: StoredDeadLetter, payload: { tenantId: string; acdId: string }): string | undefined {
  if (letter.tenantId !== null && letter.tenantId !== payload.tenantId) {
    return FOREIGN_TENANT;
  }
  if (letter.acdId !== null && letter.acdId !== payload.acdId) {
    return 'The value names another ACD than the one that the record belongs to.';
  }
  return undefined;
}
