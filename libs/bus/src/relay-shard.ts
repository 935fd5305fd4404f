import type { Span } from '@opentelemetry/api';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import { type Message, Partitioners, type Producer } from 'kafkajs';
import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import { unlessAborted, withDeadline } from './deadline.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';
import { isFullTurn, type OutboxRow, partsOf, readRows, toMessage } from './outbox-rows.ts';
import { isFenced, refusalOf } from './publish-failure-policy.ts';
import { busMetrics } from './telemetry.ts';
import { giveBackValues } from './value-memory.ts';

export interface ShardRelayOptions {
  bus: Bus;
  pool: Pool;
  logger: Logger;
  shard: number;
  /** performance.now() until which the lease is ours. */
  validUntilMs: number;
  batchSize: number;
  pollMs: number;
  sendDeadlineMs: number;
  publicUrl: string | undefined;
  /** Runs a turn when this process has room for it: every turn holds its rows several times over. */
  limitTurns: <T>(turn: () => Promise<T>) => Promise<T>;
  /** The time to end in order is over: the turn in flight is left behind, its rows stay. */
  abandoned: AbortSignal;
  onStep?: ((step: RelayStep, shard: number) => Promise<void> | void) | undefined;
}
export type RelayStep = 'balancing' | 'leased' | 'fenced-in' | 'read' | 'sent' | 'committed' | 'deleted';

export interface ShardRelay {
  wake(): void;
  renew(validUntilMs: number): void;
  ended(): boolean;
  stop(): Promise<void>;
}

/**
 * A transaction of the broker costs the same for one row as for many: what comes in quick succession goes together. Where
 * a hundred rows and more come each second, a little later costs nobody anything and the broker half as much.
 */
const GATHER_MS = { quiet: 100, busy: 250 };
const BUSY_ROWS = 10;

// Nobody waits for the disk here: rows that a crash of the server brings back are sent again, in their order, as after a
// crash of ours.
const FORGET = prepared(`DELETE FROM outbox
  WHERE (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL AND id = ANY ($1::bigint[])`);

/** Relays one shard for as long as its lease is renewed and nobody fences it. */
export function createShardRelay(o: ShardRelayOptions): ShardRelay {
  let validUntilMs = o.validUntilMs;
  let stopping = false;
  let ended = false;
  let pending = true;
  let wakeUp: () => void = () => undefined;
  let producer: Producer | undefined;
  let joining: Promise<Producer> | undefined;
  let failures = 0;
  /** What was read for the turn in flight. */
  let inHand: OutboxRow[] = [];
  /** After a refusal so many rows go one by one: those before the guilty one get out, and it is known by name. */
  let singlesLeft = 0;

  const isOurs = () => !stopping && performance.now() < validUntilMs;
  const step = async (name: RelayStep) => {
    if (o.onStep) await o.onStep(name, o.shard);
  };

  async function discardProducer(): Promise<void> {
    const old = producer;
    producer = undefined;
    const gone = old?.disconnect().catch(() => undefined);
    // It waits for answers of a broker that may never come.
    await unlessAborted(gone ?? Promise.resolve(), o.abandoned).catch(() => undefined);
  }

  /** One attempt at a time: an abandoned one that succeeded late would fence its own successor. */
  function fencedProducer(): Promise<Producer> {
    if (producer) return Promise.resolve(producer);
    joining ??= joinAsProducer().finally(() => {
      joining = undefined;
    });
    return joining;
  }

  /**
   * A transactional id per shard: making the producer fences every older one, which also ends its open transaction.
   * The rows are read only afterwards, so a paused owner that wakes can't send what it read before.
   */
  async function joinAsProducer(): Promise<Producer> {
    const made = o.bus.createKafka().producer({
      transactionalId: `${o.bus.prefix}${o.bus.clientId}-outbox-${o.shard}`,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: Math.max(30_000, o.sendDeadlineMs + 5_000),
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 5, maxRetryTime: 500, retries: 12 },
    });
    try {
      await made.connect();
      const transaction = await made.transaction();
      await transaction.abort();
      o.abandoned.throwIfAborted();
    } catch (error) {
      await made.disconnect().catch(() => undefined);
      throw error;
    }
    producer = made;
    await step('fenced-in');
    return made;
  }

  async function turn(): Promise<'nothing' | 'some' | 'full'> {
    inHand = [];
    const patient = { ms: o.sendDeadlineMs, signal: o.abandoned };
    const sender = await withDeadline(fencedProducer(), 'joining as transactional producer', patient);
    const limit = singlesLeft > 0 ? 1 : o.batchSize;
    const rows = await readRows(o.pool, o.shard, limit);
    inHand = rows;
    if (rows.length === 0) return 'nothing';
    const isFull = isFullTurn(rows, limit);
    await step('read');
    const spans: Span[] = [];
    try {
      // Whoever gives it up may find it still sending: the memory is given back when it has ended, not here.
      const sending = publish(sender, rows, spans).finally(() => giveBackValues(rows));
      await withDeadline(sending, 'sending', patient);
    } catch (error) {
      for (const span of spans) span.recordException(describeError(error));
      throw error;
    } finally {
      for (const span of spans) span.end();
    }
    await step('committed');
    await o.pool.query(FORGET, [rows.map((row) => row.id)]);
    await step('deleted');
    const perTopic = new Map<string, number>();
    for (const row of rows) perTopic.set(row.topic, (perTopic.get(row.topic) ?? 0) + 1);
    for (const [topic, n] of perTopic) busMetrics().bus_published_total.add(n, { topic });
    singlesLeft = Math.max(0, singlesLeft - 1);
    return isFull ? 'full' : 'some';
  }

  async function publish(sender: Producer, rows: OutboxRow[], spans: Span[]): Promise<void> {
    const transaction = await sender.transaction();
    for (const part of partsOf(rows)) {
      const byTopic = new Map<string, Message[]>();
      for (const row of part) {
        const topic = o.bus.physicalTopic(row.topic);
        const messages = byTopic.get(topic);
        const message = toMessage(row, { publicUrl: o.publicUrl, publisher: o.bus.clientId, spans });
        if (messages) messages.push(message);
        else byTopic.set(topic, [message]);
      }
      await transaction.sendBatch({
        acks: -1,
        topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })),
      });
    }
    await step('sent');
    await transaction.commit();
  }

  async function run(): Promise<void> {
    await step('leased');
    while (!stopping) {
      if (!isOurs()) {
        // The database is away or we slept: wait for a renewal, send nothing.
        await sleepUntilWoken(50);
        continue;
      }
      pending = false;
      try {
        const beganMs = performance.now();
        // While it waited for room, the lease may have ended.
        const sent = await o.limitTurns(async () => (isOurs() ? await turn() : 'nothing'));
        failures = 0;
        if (sent === 'full') continue;
        const gatherMs = beganMs + GATHER_MS[inHand.length < BUSY_ROWS ? 'quiet' : 'busy'] - performance.now();
        if (sent === 'some' && gatherMs > 0) await sleepUntilWoken(gatherMs, false);
        if (!pending) await sleepUntilWoken(o.pollMs);
      } catch (error) {
        // Whatever went wrong, the state of the producer is unknown: a new one begins from a known state.
        await discardProducer();
        if (isFenced(error)) {
          o.logger.warn({ shard: o.shard }, 'another relay took this shard over; this one lets go of it');
          break;
        }
        if (o.abandoned.aborted) break;
        failures += 1;
        busMetrics().bus_publish_failures_total.add(1);
        const reason = describeError(error);
        o.logger.warn(
          { shard: o.shard, reason, failures },
          'events could not be published; their rows stay and are sent again',
        );
        noteRefusal(error);
        await sleepUntilWoken(backoffMs(failures, { firstMs: 50, maxMs: 5_000 }), false);
      }
    }
    await discardProducer();
    ended = true;
  }

  function noteRefusal(error: unknown): void {
    const refusal = refusalOf(error);
    const [row] = inHand;
    if (refusal === undefined || row === undefined) return;
    singlesLeft = o.batchSize;
    if (inHand.length > 1) return;
    busMetrics().bus_publish_refused_total.add(1, { topic: row.topic, reason: refusal });
    // In an order that must stay nothing can overtake it, and no replica can send it.
    if (failures > 2 && failures % 20 !== 0) return;
    o.logger.error(
      { shard: o.shard, outboxId: row.id, topic: row.topic, eventId: row.event_id, refusal, failures },
      'the broker refuses an event, and all later ones of its shard wait behind it; mend the topic (size, name, permissions), or copy the row of table outbox and delete it',
    );
  }

  function sleepUntilWoken(ms: number, wakeable = true): Promise<void> {
    // Who asked to stop during the turn has called already.
    if (stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (wakeable) wakeUp = wake;
      else
        wakeUp = () => {
          if (stopping) wake();
        };
    });
  }

  const finished = run().catch((error: unknown) => {
    ended = true;
    o.logger.error({ shard: o.shard, reason: describeError(error) }, 'the relay of a shard ended unexpectedly');
  });

  return {
    wake() {
      pending = true;
      wakeUp();
    },
    renew(until) {
      validUntilMs = until;
    },
    ended: () => ended,
    async stop() {
      stopping = true;
      wakeUp();
      await finished;
    },
  };
}
