import { setTimeout as delay } from 'node:timers/promises';
import type { TopicName } from '@wxcc-wfo/contracts';
import type { EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import type { Bus } from './bus.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import type { Logger } from './logger.ts';

export const HEARTBEAT_MS = 2_000;
const MAX_PARTITION_BYTES = 524_288;

export interface GroupMemberOptions {
  bus: Bus;
  groupId: string;
  topics: readonly TopicName[];
  readFromStart: boolean;
  concurrency: number;
  logger: Logger;
  signal: AbortSignal;
  tick(): void;
  eachBatch(payload: EachBatchPayload): Promise<void>;
  /** Called synchronously, before anything is fetched. */
  onJoined(consumer: KafkaConsumer, memberAssignment: Record<string, number[]>): void;
  /** Nothing but markers of transactions before `next`. */
  onMarkers(physical: string, partition: number, next: bigint): void;
  /** The broker does not hold the offset that was asked for, and kafkajs goes on somewhere else. */
  onOutOfRange(physical: string, partition: number): void;
  onFatal(error: Error): void;
}

/** The kafkajs side of a consumer: joins, joins again when kafkajs gives up, and leaves. */
export function createGroupMember(o: GroupMemberOptions) {
  let kafka: KafkaConsumer | undefined;
  let joining: Promise<void> = Promise.resolve();
  let revivals = 0;
  let lastRevivalMs = 0;

  const wait = async (ms: number) => {
    await delay(ms, undefined, { signal: o.signal }).catch(() => undefined);
  };

  function connect(): KafkaConsumer {
    const sessionTimeout = o.bus.sessionTimeoutMs;
    const onLog = (message: string, extra: Record<string, unknown>) => {
      // kafkajs resets such a partition by itself; the database decides instead.
      if (message.startsWith('Offset out of range')) o.onOutOfRange(String(extra.topic), Number(extra.partition));
    };
    const made = o.bus.createKafka(onLog).consumer({
      groupId: o.bus.prefix + o.groupId,
      sessionTimeout,
      rebalanceTimeout: Math.max(sessionTimeout, 30_000),
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeout / 4),
      maxWaitTimeInMs: 500,
      // Fetched and decoded records are most of what a consumer holds; a larger single record still comes whole. No more
      // at once than is handled at a time: kafkajs asks for partitions in another order each time, so none has to wait.
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      maxBytes: o.concurrency * MAX_PARTITION_BYTES,
      readUncommitted: false,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 50,
        maxRetryTime: 2_000,
        retries: 10,
        // Else it would be back a moment after it was told to leave.
        restartOnFailure: async () => !o.signal.aborted,
      },
    });
    made.on(made.events.GROUP_JOIN, (event) => {
      o.tick();
      o.onJoined(made, event.payload.memberAssignment);
    });
    for (const name of [made.events.FETCH, made.events.HEARTBEAT] as const) made.on(name as 'consumer.fetch', o.tick);
    made.on(made.events.END_BATCH_PROCESS, (event) => {
      const { topic, partition, batchSize, lastOffset } = event.payload;
      if (batchSize === 0 && lastOffset !== null) o.onMarkers(topic, partition, BigInt(lastOffset) + 1n);
    });
    made.on(made.events.CRASH, (event) => {
      o.tick();
      if (event.payload.restart || o.signal.aborted) return;
      void revive(event.payload.error);
    });
    return made;
  }

  /** kafkajs gave up. A lost broker is waited for; what ends it again and again is for a new process. */
  async function revive(error: Error): Promise<void> {
    if (Date.now() - lastRevivalMs > 120_000) revivals = 0;
    lastRevivalMs = Date.now();
    revivals += 1;
    o.logger.error({ reason: describeError(error), revivals }, 'the Kafka client ended; it is started again');
    if (revivals > 5) {
      o.onFatal(error);
      return;
    }
    await kafka?.disconnect().catch(() => undefined);
    await wait(backoffMs(revivals, { firstMs: 200, maxMs: 5_000 }));
    await join();
  }

  function join(): Promise<void> {
    joining = joinUntilStopped();
    return joining;
  }

  async function joinUntilStopped(): Promise<void> {
    for (let attempt = 0; !o.signal.aborted; attempt += 1) {
      const made = connect();
      try {
        await made.connect();
        await made.subscribe({
          topics: o.topics.map((t) => o.bus.physicalTopic(t)),
          fromBeginning: o.readFromStart,
        });
        // Stopped meanwhile: a member that joined now would stay for ever.
        if (o.signal.aborted) return void (await made.disconnect().catch(() => undefined));
        kafka = made;
        await made.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: o.concurrency,
          eachBatch: o.eachBatch,
        });
        return;
      } catch (error) {
        o.tick();
        await made.disconnect().catch(() => undefined);
        o.logger.warn({ reason: describeError(error), attempt }, 'the broker cannot be joined; it is tried again');
        await wait(backoffMs(attempt, { firstMs: 200, maxMs: 5_000 }));
      }
    }
  }

  return {
    join,
    /** Once the signal is given. kafkajs ignores a stop in mid-join and would consume on afterwards: the join ends first. */
    async leave(): Promise<void> {
      await joining;
      await kafka?.stop();
      await kafka?.disconnect();
    },
  };
}
