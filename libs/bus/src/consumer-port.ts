import type { TopicName } from '@wxcc-wfo/contracts';
import type { Pool } from 'pg';
import type { Bus } from './bus.ts';
import type { TopicHandler } from './handler.ts';
import type { Logger } from './logger.ts';
import type { RetryPolicy } from './new-letters.ts';
import type { CommittedEvent } from './received-event.ts';
import type { ReplayResult } from './redelivery.ts';

export interface ConsumerOptions {
  bus: Bus;
  /** The pool of the schema that holds consumed_offset and dead_letter, and the handlers' tables. */
  pool: Pool;
  groupId: string;
  handlers: { [T in TopicName]?: TopicHandler<T> };
  logger: Logger;
  /** Most events per transaction. Default 500. */
  batchSize?: number;
  /** Where a group that was never seen begins: at the first event held (default) or after the last. */
  readFromStart?: boolean;
  /** Partitions handled at a time, each on a connection of its own. Default 3. */
  concurrency?: number;
  /** Of events that ended as `retry`. Default 8 attempts, from 1 s to 60 s. */
  retry?: RetryPolicy;
  /** A partition that is behind and hasn't moved for so long counts as stalled. Default 60 s. */
  stallMs?: number;
  /** A batch that takes no step for so long counts as hung, and the process as dead. Default 10 min. */
  hungMs?: number;
  /** Needed to read events larger than 900 kB from their publisher. */
  internalApiKey?: string;
  /** Origins of the siblings that publish such events (EVENT_BLOB_ORIGINS); the key goes nowhere else. */
  blobOrigins?: readonly string[];
  /** After a commit, with the events that are done. It must not throw. */
  onCommitted?(events: CommittedEvent[]): void;
  /** The consumer can't go on in this process: exit non-zero, so that it is started anew. */
  onFatal?(error: Error): void;
}

export interface PartitionHealth {
  topic: TopicName;
  partition: number;
  /** Next offset to handle, and the end of the log when last looked. */
  position: string;
  end: string;
  behindForMs: number;
}

export interface ConsumerHealth {
  running: boolean;
  /** Has joined its group and knows where every partition of its own goes on. */
  assigned: boolean;
  partitions: PartitionHealth[];
  /** Those that are behind and haven't moved for `stallMs`. */
  stalled: PartitionHealth[];
  lastTickMs: number;
}

export interface Consumer {
  readonly groupId: string;
  start(): Promise<void>;
  /** Ends the chunk in flight, commits, leaves the group. */
  stop(deadlineMs?: number): Promise<void>;
  /**
   * Resolves when the group, its other replicas included, has handled what the topics held at this call. For readiness
   * name the compacted ones only: a backlog of work is no reason not to be ready. Stays pending if it is stopped first.
   */
  caughtUp(of?: readonly TopicName[]): Promise<void>;
  health(): ConsumerHealth;
  /**
   * Epoch ms of its last sign of life (fetch, heartbeat, attempt); for liveness. A broker that doesn't answer is no
   * reason to replace the process, a handler that hangs is one: then it is the last step of that batch.
   */
  lastTickMs(): number;
  /** Handles a dead letter again; `tenantId` null sees every tenant's. */
  replay(deadLetterId: string, tenantId: string | null, by?: string): Promise<ReplayResult>;
}
