import { context } from '@opentelemetry/api';
import type { TopicName } from '@wxcc-wfo/contracts';
import { runTransaction } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { startBatchSpans } from './batch-spans.ts';
import { insertDeadLetters, type NewDeadLetter } from './dead-letter-repository.ts';
import { asKeeping, type TopicHandler } from './handler.ts';
import type { Logger } from './logger.ts';
import { letterOfInvalid, letterOfOutcome, type RetryPolicy, reportParked } from './new-letters.ts';
import { advancePosition, type Position } from './positions.ts';
import { type BlobReader, type CommittedEvent, type Decoded, kept, type ReceivedEvent } from './received-event.ts';
import { busMetrics } from './telemetry.ts';

export interface ProcessorOptions {
  pool: Pool;
  groupId: string;
  logger: Logger;
  retry: RetryPolicy;
  readBlob: BlobReader | undefined;
  handlerOf(topic: TopicName): TopicHandler;
  onCommitted(events: CommittedEvent[]): void;
}

/** Records in a row of one partition, and the position after them. */
export interface Chunk {
  decoded: Decoded[];
  end: bigint;
}
/** `moved`: somebody else has moved the position since it was read, nothing of this chunk was stored. */
export type ChunkResult = 'committed' | 'moved';

/** One transaction: effects, dead letters and the position commit together or not at all. */
export async function commitChunk(o: ProcessorOptions, position: Position, chunk: Chunk): Promise<ChunkResult> {
  const startedMs = performance.now();
  const spans = startBatchSpans(position, chunk.decoded);
  try {
    const letters: NewDeadLetter[] = [];
    let handled: ReceivedEvent[] = [];
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const done = await runTransaction(o.pool, async (tx) => {
      const valid: Extract<Decoded, { kind: 'event' }>[] = [];
      for (const d of chunk.decoded) {
        if (d.kind === 'event') valid.push(d);
        else {
          letters.push(letterOfInvalid(d, position.logEpoch, o.retry));
          count(d.retryable ? 'retry' : 'dead-letter');
        }
      }
      const events = valid.map(kept);
      const { handle } = asKeeping(o.handlerOf(position.topic));
      const results = events.length > 0 ? await context.with(spans.context, () => handle(events, tx)) : [];
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
      return { commit: await advancePosition(tx, o.groupId, position, chunk.end) };
    });
    if (!done.commit) return 'moved';
    position.next = chunk.end;
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
