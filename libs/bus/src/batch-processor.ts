import { context } from '@opentelemetry/api';
import type { TopicName } from '@wxcc-wfo/contracts';
import { runTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { startBatchSpans } from './batch-spans.ts';
import { insertDeadLetters, type NewDeadLetter } from './dead-letter-repository.ts';
import { countAttempt, forgetAttempts } from './delivery-attempt.ts';
import { backoffMs, describeError, isRefusedValue, isTransient } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import { letterOfInvalid, letterOfOutcome, type RetryPolicy, reportParked } from './new-letters.ts';
import type { Outcome } from './outcome.ts';
import { advancePosition, type Position } from './positions.ts';
import { type BlobReader, type Decoded, decodeRecord, type RawRecord, type ReceivedEvent } from './received-event.ts';
import { busMetrics } from './telemetry.ts';

/**
 * Handles a batch in ONE transaction and gives one outcome per event, in their order. It may be called again with the
 * same events, and with a part of them; it must not call anything outside of the database.
 */
export type BatchHandler<T extends TopicName = TopicName> = (
  events: ReceivedEvent<T>[],
  tx: SqlClient,
) => Promise<Outcome[]>;

export interface ProcessorOptions {
  pool: Pool;
  groupId: string;
  logger: Logger;
  retry: RetryPolicy;
  readBlob: BlobReader | undefined;
  handlerOf(topic: TopicName): BatchHandler;
  onCommitted(events: ReceivedEvent[]): void;
}

/** What the processor asks of the partition's owner while it works. */
export interface Delivery {
  position: Position;
  /** Throws StoppedError when this replica should let go: shutdown, rebalance. Called between attempts. */
  checkpoint(): Promise<void>;
  /** Waits, with heartbeats. */
  wait(ms: number): Promise<void>;
}

export class StoppedError extends Error {
  override name = 'StoppedError';
}

export type ChunkResult = 'committed' | 'moved';
type Range = { decoded: Decoded[]; end: bigint };

/** Large events are read into the memory: so many characters of them, and one event more, per transaction. */
export const MAX_BLOB_CHARACTERS = 8 * 1024 * 1024;
export const MAX_LONE_ATTEMPTS = 3;
/** After so many records of one chunk have failed alone, the rest of it is tried without pauses in between. */
const PATIENT_FAILURES = 5;

/** Takes chunks of one partition to their end: committed whole, or split until only the guilty record is parked. */
export function createBatchProcessor(o: ProcessorOptions) {
  /** Handles the records and moves the position to `end`. `alone`: one by one, counted before the attempt. */
  async function process(delivery: Delivery, records: RawRecord[], end: bigint, alone: boolean): Promise<ChunkResult> {
    const failures = { alone: 0 };
    for (let i = 0; i < records.length; ) {
      const decoded = await decodeSome(delivery, records.slice(i));
      i += decoded.length;
      const range = { decoded, end: records[i]?.offset ?? end };
      const result = alone
        ? await settleEach(delivery, range, failures, true)
        : await settle(delivery, range, failures);
      if (result === 'moved') return result;
    }
    return 'committed';
  }

  /**
   * The next events, at least one. Large ones are read one after the other, and only so many: they must not fill the
   * memory. One that can't be read is the last: the next may take as long, and what is there should not wait for it.
   */
  async function decodeSome(delivery: Delivery, records: readonly RawRecord[]): Promise<Decoded[]> {
    const decoded: Decoded[] = [];
    let characters = 0;
    const read = o.readBlob;
    const readBlob: BlobReader | undefined =
      read &&
      (async (dataref) => {
        const text = await read(dataref);
        characters += text.length;
        return text;
      });
    for (const record of records) {
      // A large event has no value here. Reading it takes its time, in which we may have been asked to stop.
      if (record.value?.length === 0) await delivery.checkpoint();
      const one = await decodeRecord(record, readBlob);
      decoded.push(one);
      if (characters > MAX_BLOB_CHARACTERS || (one.kind === 'invalid' && one.endless)) break;
    }
    return decoded;
  }

  async function settle(delivery: Delivery, range: Range, failures: { alone: number }): Promise<ChunkResult> {
    const failed = await tryUntilAnswered(delivery, range);
    if (failed.result) return failed.result;
    const { error } = failed;
    if (range.decoded.length > 1) {
      const half = range.decoded.length >> 1;
      const left = range.decoded.slice(0, half);
      const right = range.decoded.slice(half);
      const first = await settle(delivery, { decoded: left, end: right[0]!.record.offset }, failures);
      return first === 'moved' ? first : await settle(delivery, { decoded: right, end: range.end }, failures);
    }
    return await settleLone(delivery, range, failures, error);
  }

  async function settleEach(
    delivery: Delivery,
    range: Range,
    failures: { alone: number },
    counted: boolean,
  ): Promise<ChunkResult> {
    for (const [i, decoded] of range.decoded.entries()) {
      const end = range.decoded[i + 1]?.record.offset ?? range.end;
      const one = { decoded: [decoded], end };
      if (counted && decoded.kind === 'event') {
        const attempts = await persist(delivery, () =>
          countAttempt(o.pool, o.groupId, decoded.record, 'The process ended while it was handled.'),
        );
        if (attempts > MAX_LONE_ATTEMPTS) {
          const parked = await park(
            delivery,
            one,
            'ends-the-process',
            'The process ended each time this record was handled.',
            attempts - 1,
          );
          if (parked === 'moved') return parked;
          continue;
        }
      }
      const result = await settle(delivery, one, failures);
      if (result === 'moved') return result;
      if (counted) await persist(delivery, () => forgetAttempts(o.pool, o.groupId, decoded.record));
    }
    return 'committed';
  }

  /** One record that failed by itself: tried again, counted in the database, then parked; the others go on. */
  async function settleLone(
    delivery: Delivery,
    range: Range,
    failures: { alone: number },
    first: unknown,
  ): Promise<ChunkResult> {
    const { record } = range.decoded[0]!;
    failures.alone += 1;
    let error = first;
    for (let round = 0; ; round += 1) {
      const reason = describeError(error);
      const attempts = await persist(delivery, () => countAttempt(o.pool, o.groupId, record, reason));
      const where = { topic: record.topic, partition: record.partition, offset: record.offset.toString() };
      o.logger.warn({ ...where, attempts, reason }, 'an event failed by itself');
      if (isRefusedValue(error)) return await park(delivery, range, 'refused-by-database', reason, attempts);
      if (attempts >= MAX_LONE_ATTEMPTS) return await park(delivery, range, 'unknown-failure', reason, attempts);
      if (failures.alone <= PATIENT_FAILURES) await delivery.wait(backoffMs(round, { firstMs: 20, maxMs: 200 }));
      const again = await tryUntilAnswered(delivery, range);
      if (again.result) {
        await persist(delivery, () => forgetAttempts(o.pool, o.groupId, record));
        return again.result;
      }
      error = again.error;
    }
  }

  async function park(
    delivery: Delivery,
    range: Range,
    code: string,
    reason: string,
    attempt: number,
  ): Promise<ChunkResult> {
    const { record } = range.decoded[0]!;
    const letter: NewDeadLetter = {
      record,
      logEpoch: delivery.position.logEpoch,
      state: 'parked',
      code,
      reason,
      step: 'handle',
      attempt,
      nextAttemptAtMs: null,
    };
    const done = await persist(delivery, () =>
      runTransaction(o.pool, async (tx) => {
        await insertDeadLetters(tx, o.groupId, [letter]);
        await forgetAttempts(tx, o.groupId, record);
        return { commit: await advancePosition(tx, o.groupId, delivery.position, range.end) };
      }),
    );
    if (!done.commit) return 'moved';
    delivery.position.next = range.end;
    reportParked([letter], o.logger);
    return 'committed';
  }

  /** Answers with a result or an error that isn't transient; a transient one is waited out, for ever. */
  async function tryUntilAnswered(
    delivery: Delivery,
    range: Range,
  ): Promise<{ result: ChunkResult; error?: undefined } | { result?: undefined; error: unknown }> {
    for (let attempt = 0; ; attempt += 1) {
      await delivery.checkpoint();
      try {
        return { result: await commitChunk(o, delivery.position, range) };
      } catch (error) {
        if (!isTransient(error)) return { error };
        await waitOut(delivery, error, attempt);
      }
    }
  }

  async function persist<R>(delivery: Delivery, work: () => Promise<R>): Promise<R> {
    for (let attempt = 0; ; attempt += 1) {
      await delivery.checkpoint();
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error)) throw error;
        await waitOut(delivery, error, attempt);
      }
    }
  }

  async function waitOut(delivery: Delivery, error: unknown, attempt: number): Promise<void> {
    busMetrics().bus_transient_failures_total.add(1, { topic: delivery.position.topic });
    if (attempt === 0 || attempt % 10 === 9) {
      const { topic, partition } = delivery.position;
      o.logger.warn(
        { topic, partition, attempt, reason: describeError(error) },
        'the database is away or busy; it is tried again',
      );
    }
    await delivery.wait(backoffMs(attempt, { firstMs: 20, maxMs: 3_000 }));
  }

  return { process };
}

/** One transaction: effects, dead letters and the position commit together or not at all. */
async function commitChunk(o: ProcessorOptions, position: Position, range: Range): Promise<ChunkResult> {
  const startedMs = performance.now();
  const spans = startBatchSpans(position, range.decoded);
  try {
    const letters: NewDeadLetter[] = [];
    let handled: ReceivedEvent[] = [];
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const done = await runTransaction(o.pool, async (tx) => {
      const valid: Extract<Decoded, { kind: 'event' }>[] = [];
      for (const d of range.decoded) {
        if (d.kind === 'event') valid.push(d);
        else {
          letters.push(letterOfInvalid(d, position.logEpoch, o.retry));
          count(d.retryable ? 'retry' : 'dead-letter');
        }
      }
      const events = valid.map((d) => d.event);
      const results =
        events.length > 0 ? await context.with(spans.context, () => o.handlerOf(position.topic)(events, tx)) : [];
      if (results.length !== events.length) {
        throw new TypeError(
          `The handler of '${position.topic}' gave ${results.length} outcomes for ${events.length} events.`,
        );
      }
      handled = [];
      for (const [i, outcome] of results.entries()) {
        count(outcome.kind);
        const letter = letterOfOutcome(outcome, valid[i]!.record, position.logEpoch, o.retry);
        if (letter) letters.push(letter);
        else handled.push(valid[i]!.event);
      }
      await insertDeadLetters(tx, o.groupId, letters);
      return { commit: await advancePosition(tx, o.groupId, position, range.end) };
    });
    if (!done.commit) return 'moved';
    position.next = range.end;
    for (const [outcome, n] of outcomes) busMetrics().bus_consumed_total.add(n, { topic: position.topic, outcome });
    busMetrics().bus_batch_duration_seconds.record((performance.now() - startedMs) / 1000, { topic: position.topic });
    reportParked(letters, o.logger);
    if (handled.length > 0) o.onCommitted(handled);
    return 'committed';
  } catch (error) {
    spans.fail(error);
    throw error;
  } finally {
    spans.end();
  }
}
