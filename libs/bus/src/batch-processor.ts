import { runTransaction } from '@wxcc-wfo/service-kit';
import { type Chunk, type ChunkResult, commitChunk, type ProcessorOptions } from './commit-chunk.ts';
import { insertDeadLetters, type NewDeadLetter } from './dead-letter-repository.ts';
import { countAttempt, createStandingCount, forgetAttempts, type StandingCount } from './delivery-attempt.ts';
import { backoffMs, describeError, isRefusedValue, isStatementTimeout, isTransient } from './failure-policy.ts';
import { asKeeping } from './handler.ts';
import { createLimit } from './limit.ts';
import { reportParked } from './new-letters.ts';
import { advancePosition, type Position } from './positions.ts';
import { type BlobReader, type Decoded, decodeRecord, type Keep, keepOf, type RawRecord } from './received-event.ts';
import { busMetrics } from './telemetry.ts';

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

/** Large events are read into the memory: so many characters of them, and one event more, per transaction. */
export const MAX_BLOB_CHARACTERS = 8 * 1024 * 1024;
export const MAX_LONE_ATTEMPTS = 3;
/** After so many records of one chunk have failed alone, the rest of it is tried without pauses in between. */
const PATIENT_FAILURES = 5;
/** So many statement time-outs of the same records, while the database answers, are the records' fault. */
const PATIENT_TIMEOUTS = 3;

/** What went wrong while one chunk, and the parts of it, were handled. */
interface Failures {
  alone: number;
  /** Statement time-outs that a part of more than one record is still given. */
  timeoutsLeft: number;
}

/** Takes chunks of one partition to their end: committed whole, or split until only the guilty record is parked. */
export function createBatchProcessor(o: ProcessorOptions) {
  // Else what dies with the guilty one, in another partition, would be counted as often as it.
  const oneAtATime = createLimit(1);

  /** Handles the records and moves the position to `end`. `alone`: it is one record, counted before each attempt. */
  async function process(delivery: Delivery, records: RawRecord[], end: bigint, alone: boolean): Promise<ChunkResult> {
    const failures: Failures = { alone: 0, timeoutsLeft: PATIENT_TIMEOUTS };
    for (let i = 0; i < records.length; ) {
      const { keep } = asKeeping(o.handlerOf(delivery.position.topic));
      // Of one that may end the process something is kept only once it is counted.
      const decoded = await decodeSome(delivery, records.slice(i), alone ? undefined : keep);
      i += decoded.length;
      const chunk = { decoded, end: records[i]?.offset ?? end };
      const isCounted = alone && decoded[0]?.kind === 'event';
      const result = isCounted
        ? await oneAtATime(() => settleCounted(delivery, chunk, failures, keep))
        : await settle(delivery, chunk, failures);
      if (result === 'moved') return result;
    }
    return 'committed';
  }

  /**
   * The next events, at least one. Large ones are read one after the other, and only so many: they must not fill the
   * memory. One that can't be read is the last: the next may take as long, and what is there should not wait for it.
   */
  async function decodeSome(
    delivery: Delivery,
    records: readonly RawRecord[],
    keep: Keep | undefined,
  ): Promise<Decoded[]> {
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
      const one = await decodeRecord(record, readBlob, keep);
      decoded.push(one);
      if (characters > MAX_BLOB_CHARACTERS || (one.kind === 'invalid' && one.endless)) break;
    }
    return decoded;
  }

  async function settle(
    delivery: Delivery,
    chunk: Chunk,
    failures: Failures,
    count?: StandingCount,
  ): Promise<ChunkResult> {
    const failed = await tryUntilAnswered(delivery, chunk, failures, count);
    if (failed.result) return failed.result;
    const { error } = failed;
    if (chunk.decoded.length > 1) {
      const half = chunk.decoded.length >> 1;
      const left = chunk.decoded.slice(0, half);
      const right = chunk.decoded.slice(half);
      const first = await settle(delivery, { decoded: left, end: right[0]!.record.offset }, failures);
      return first === 'moved' ? first : await settle(delivery, { decoded: right, end: chunk.end }, failures);
    }
    return await settleLone(delivery, chunk, { failures, error, count });
  }

  /** One record that may end the process: whoever dies while it is in hand leaves a count behind. */
  async function settleCounted(
    delivery: Delivery,
    chunk: Chunk,
    failures: Failures,
    keep: Keep | undefined,
  ): Promise<ChunkResult> {
    const decoded = chunk.decoded[0]!;
    const { record } = decoded;
    const count = createStandingCount(o.pool, o.groupId, record);
    try {
      const attempts = await persist(delivery, () => count.stand());
      if (attempts > MAX_LONE_ATTEMPTS) {
        const reason = 'The process ended each time this record was handled.';
        return await park(delivery, chunk, 'ends-the-process', reason, attempts - 1);
      }
      if (keep && decoded.kind === 'event') keepOf(decoded, keep, JSON.stringify(decoded.event.payload));
      const result = await settle(delivery, chunk, failures, count);
      if (result === 'committed') await count.forget();
      return result;
    } finally {
      await count.takeBack();
    }
  }

  /** One record that failed by itself: tried again, counted in the database, then parked; the others go on. */
  async function settleLone(
    delivery: Delivery,
    chunk: Chunk,
    first: { failures: Failures; error: unknown; count: StandingCount | undefined },
  ): Promise<ChunkResult> {
    const { record } = chunk.decoded[0]!;
    const { failures, count } = first;
    failures.alone += 1;
    let { error } = first;
    for (let round = 0; ; round += 1) {
      const reason = describeError(error);
      const attempts = await persist(delivery, () => countAttempt(o.pool, o.groupId, record, reason));
      const where = { topic: record.topic, partition: record.partition, offset: record.offset.toString() };
      o.logger.warn({ ...where, attempts, reason }, 'an event failed by itself');
      if (isRefusedValue(error)) return await park(delivery, chunk, 'refused-by-database', reason, attempts);
      if (attempts >= MAX_LONE_ATTEMPTS) {
        const code = isStatementTimeout(error) ? 'statement-timeout' : 'unknown-failure';
        return await park(delivery, chunk, code, reason, attempts);
      }
      if (failures.alone <= PATIENT_FAILURES) await delivery.wait(backoffMs(round, { firstMs: 20, maxMs: 200 }));
      const again = await tryUntilAnswered(delivery, chunk, failures, count);
      if (again.result) {
        await persist(delivery, () => forgetAttempts(o.pool, o.groupId, record));
        return again.result;
      }
      error = again.error;
    }
  }

  async function park(
    delivery: Delivery,
    chunk: Chunk,
    code: string,
    reason: string,
    attempt: number,
  ): Promise<ChunkResult> {
    const { record } = chunk.decoded[0]!;
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
        return { commit: await advancePosition(tx, o.groupId, delivery.position, chunk.end) };
      }),
    );
    if (!done.commit) return 'moved';
    delivery.position.next = chunk.end;
    reportParked([letter], o.logger);
    return 'committed';
  }

  /** Answers with a result or an error that isn't transient; a transient one is waited out, for ever. */
  async function tryUntilAnswered(
    delivery: Delivery,
    chunk: Chunk,
    failures: Failures,
    count?: StandingCount,
  ): Promise<{ result: ChunkResult; error?: undefined } | { result?: undefined; error: unknown }> {
    let timeouts = 0;
    for (let attempt = 0; ; attempt += 1) {
      await delivery.checkpoint();
      if (count) await persist(delivery, () => count.stand());
      try {
        return { result: await commitChunk(o, delivery.position, chunk) };
      } catch (error) {
        await count?.takeBack();
        if (!isTransient(error)) return { error };
        if (isStatementTimeout(error)) timeouts += 1;
        const patience = chunk.decoded.length > 1 ? failures.timeoutsLeft : PATIENT_TIMEOUTS;
        if (timeouts >= patience && isStatementTimeout(error) && (await databaseAnswers())) {
          // What is left of the chunk is split sooner; a record by itself is given its time again.
          failures.timeoutsLeft = 1;
          return { error };
        }
        await waitOut(delivery, error, attempt);
      }
    }
  }

  async function databaseAnswers(): Promise<boolean> {
    return await o.pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
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
