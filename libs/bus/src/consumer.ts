import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { EachBatchPayload } from 'kafkajs';
import { type AssignedPartition, createAssignment } from './assignment.ts';
import { createBatchProcessor, StoppedError } from './batch-processor.ts';
import { isCaughtUp, readTargets } from './caught-up.ts';
import type { ProcessorOptions } from './commit-chunk.ts';
import { watchPartitions } from './consumer-health.ts';
import type { Consumer, ConsumerOptions, PartitionHealth } from './consumer-port.ts';
import { watchEnds } from './consumer-watch.ts';
import { createBlobReader } from './event-blob-client.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import { createGroupMember, HEARTBEAT_MS } from './group-member.ts';
import type { TopicHandler } from './handler.ts';
import type { RetryPolicy } from './new-letters.ts';
import { advancePosition, readPositions } from './positions.ts';
import type { RawRecord } from './received-event.ts';
import { createRedelivery } from './redelivery.ts';
import { createSignsOfLife } from './signs-of-life.ts';
import { giveBackValues } from './value-memory.ts';

const DEFAULT_RETRY: RetryPolicy = { attempts: 8, firstMs: 1_000, maxMs: 60_000 };
/** The broker's copy of the offsets is for lag tools only; the database is the truth. */
const OFFSET_COMMIT_MS = 1_000;
/**
 * Of the time for a stop. A broker that is asked to let us join answers nothing else until a killed member of the group
 * has timed out; what is stopped after the consumer needs its time, too.
 */
const SHARE_FOR_LEAVING = 0.6;

/** A consumer of a group: at least once, its effects, dead letters and position in one transaction (rules 3 and 4). */
export function createConsumer(o: ConsumerOptions): Consumer {
  const topics = Object.keys(o.handlers) as TopicName[];
  const stallMs = o.stallMs ?? 60_000;
  const stopping = new AbortController();
  const life = createSignsOfLife(o.hungMs);
  const { tick } = life;
  let background: Promise<unknown> | undefined;
  let unwatch: (() => void) | undefined;
  const wait = async (ms: number) => {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  };

  const processorOptions: ProcessorOptions = {
    pool: o.pool,
    groupId: o.groupId,
    logger: o.logger,
    retry: o.retry ?? DEFAULT_RETRY,
    readBlob: o.internalApiKey
      ? createBlobReader({ internalApiKey: o.internalApiKey, origins: o.blobOrigins ?? [] })
      : undefined,
    handlerOf: (topic) => o.handlers[topic] as unknown as TopicHandler,
    onCommitted(events) {
      try {
        o.onCommitted?.(events);
      } catch (error) {
        // They are committed: nothing may be done again for it.
        o.logger.error({ reason: describeError(error) }, 'what was to follow the commit of events failed');
      }
    },
  };
  const processor = createBatchProcessor(processorOptions);
  const redelivery = createRedelivery(processorOptions);
  const assignment = createAssignment({
    bus: o.bus,
    pool: o.pool,
    groupId: o.groupId,
    logger: o.logger,
    readFromStart: o.readFromStart ?? true,
    batchSize: o.batchSize ?? 500,
    signal: stopping.signal,
    tick,
  });

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    tick();
    const held = assignment.find(batch.topic, batch.partition);
    // Not yet read from the database where it goes on: nothing is resolved, so it is fetched again.
    if (!held || stopping.signal.aborted) return;
    if (held.suspect || BigInt(batch.messages[0]!.offset) < held.position.next) {
      await assignment.verify(held);
      return;
    }
    const size = o.batchSize ?? 500;
    let leaving: unknown;
    const beat = async () => {
      tick();
      await payload.heartbeat().catch((error: unknown) => {
        leaving = error;
      });
    };
    const inWork = life.beginBatch();
    // The handler may take longer than the session; kafkajs itself beats between batches only.
    const beating = setInterval(() => void beat(), HEARTBEAT_MS);
    const checkpoint = async () => {
      tick();
      inWork.step();
      if (leaving !== undefined) throw leaving;
      if (stopping.signal.aborted || !payload.isRunning() || payload.isStale() || !assignment.holds(held)) {
        throw new StoppedError();
      }
    };
    try {
      for (let i = 0; i < batch.messages.length; ) {
        const alone = held.aloneLeft > 0;
        const n = alone ? 1 : size;
        const part = batch.messages.slice(i, i + n);
        i += part.length;
        const next = batch.messages[i];
        const end = next ? BigInt(next.offset) : BigInt(batch.lastOffset()) + 1n;
        const records = part.map((message) => toRecord(held, message));
        const result = await processor.process({ position: held.position, checkpoint, wait }, records, end, alone);
        if (result === 'moved') {
          await assignment.verify(held);
          return;
        }
        held.movedAtMs = Date.now();
        if (alone) held.aloneLeft -= 1;
        if (!next) payload.resolveOffset(batch.messages.at(-1)!.offset);
        else payload.resolveOffset((held.position.next - 1n).toString());
        await commitAtBroker(payload, held, stopping.signal.aborted);
      }
    } catch (error) {
      if (error instanceof StoppedError) return;
      throw error;
    } finally {
      clearInterval(beating);
      giveBackValues(batch.messages);
      inWork.end();
    }
  }

  async function redeliver(): Promise<void> {
    let failures = 0;
    const idleMs = Math.max(20, Math.min(1_000, processorOptions.retry.firstMs / 2));
    while (!stopping.signal.aborted) {
      let handled = 0;
      try {
        handled = await redelivery.handleDue();
        failures = 0;
      } catch (error) {
        failures += 1;
        o.logger.debug({ reason: describeError(error) }, 'waiting events could not be read; it is tried again');
      }
      if (handled > 0) continue;
      await wait(failures > 0 ? backoffMs(failures, { firstMs: 100, maxMs: 5_000 }) : idleMs);
    }
  }

  /** Only markers of transactions up to here: nothing to handle, but the position must not stay behind for ever. */
  async function passMarkers(topic: string, partition: number, next: bigint): Promise<void> {
    const held = assignment.find(topic, partition);
    if (!held) return;
    // kafkajs never says it again, and readiness waits for it.
    for (let attempt = 0; !stopping.signal.aborted && assignment.holds(held); attempt += 1) {
      if (held.suspect || held.position.next >= next) return;
      try {
        const moved = await advancePosition(o.pool, o.groupId, held.position, next);
        if (!moved || !assignment.holds(held)) return;
        held.position.next = next;
        held.movedAtMs = Date.now();
      } catch {
        await wait(backoffMs(attempt, { firstMs: 50, maxMs: 3_000 }));
      }
    }
  }

  function partitions(): PartitionHealth[] {
    return assignment.all().map((held) => ({
      topic: held.position.topic,
      partition: held.position.partition,
      position: held.position.next.toString(),
      end: held.end.toString(),
      behindForMs: held.end > held.position.next ? Date.now() - held.movedAtMs : 0,
    }));
  }

  const member = createGroupMember({
    bus: o.bus,
    groupId: o.groupId,
    topics,
    readFromStart: o.readFromStart ?? true,
    concurrency: o.concurrency ?? 3,
    logger: o.logger,
    signal: stopping.signal,
    tick,
    eachBatch,
    onJoined: assignment.begin,
    onMarkers: (topic, partition, next) => void passMarkers(topic, partition, next),
    onOutOfRange: assignment.suspect,
    onFatal: (error) => o.onFatal?.(error),
  });

  return {
    groupId: o.groupId,
    async start() {
      if (background) return;
      unwatch = watchPartitions(partitions);
      const watching = watchEnds({ assignment, logger: o.logger, signal: stopping.signal, tick });
      background = Promise.allSettled([member.join(), watching, redeliver()]);
    },
    async stop(deadlineMs = 10_000) {
      stopping.abort();
      unwatch?.();
      const orderly = (async () => {
        await member.leave();
        // Not when it is cut short: what hangs now may be what ended the process before.
        await assignment.release();
        await background;
        return 'stopped' as const;
      })().catch((error: unknown) => describeError(error));
      const patienceMs = deadlineMs * SHARE_FOR_LEAVING;
      const ended = await Promise.race([orderly, delay(patienceMs, 'deadline', { ref: false })]);
      if (ended === 'stopped') return;
      o.logger.warn({ reason: ended }, 'the consumer stopped without leaving its group in order');
    },
    async caughtUp(of = topics) {
      const ends = await readTargets(o.bus, of, stopping.signal, o.logger);
      if (!ends) return await new Promise(() => undefined);
      for (let failures = 0; !stopping.signal.aborted; ) {
        try {
          const positions = await readPositions(o.pool, o.groupId, of);
          if (isCaughtUp(ends, positions)) return;
          failures = 0;
        } catch {
          failures += 1;
        }
        await wait(failures > 0 ? 500 : 50);
      }
      return await new Promise(() => undefined);
    },
    health() {
      const held = partitions();
      return {
        running: background !== undefined && !stopping.signal.aborted,
        assigned: assignment.ready(),
        partitions: held,
        stalled: held.filter((p) => p.behindForMs >= stallMs),
        lastTickMs: life.lastMs(),
      };
    },
    lastTickMs: life.lastMs,
    replay: (id, tenantId, by) => redelivery.replay(id, tenantId, by),
  };
}

function toRecord(held: AssignedPartition, message: EachBatchPayload['batch']['messages'][number]): RawRecord {
  return {
    topic: held.position.topic,
    partition: held.position.partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: message.headers ?? {},
    timestampMs: Number(message.timestamp),
  };
}

async function commitAtBroker(payload: EachBatchPayload, held: AssignedPartition, now: boolean): Promise<void> {
  if (!now && Date.now() - held.committedAtMs < OFFSET_COMMIT_MS) return;
  held.committedAtMs = Date.now();
  const { topic, partition } = payload.batch;
  const offset = held.position.next.toString();
  // A failure shows again at the next heartbeat; the position itself is safe in the database.
  await payload
    .commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] })
    .catch(() => undefined);
}
