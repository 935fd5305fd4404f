import type { TopicName } from '@wxcc-wfo/contracts';
import type { Pool } from 'pg';
import type { Bus } from '../bus.ts';
import type { Consumer } from '../consumer-port.ts';
import type { Logger } from '../logger.ts';
import type { OutgoingEvent } from '../outbox.ts';

/** What a service tells the suite about one of its consumers. The module that the suite is given default-exports one. */
export interface LifecycleSubject {
  /** Name of the service, for its schema. */
  service: string;
  /** Folders of migrations beside the bus's own. */
  migrations: string[];
  topics: TopicName[];
  /** Makes the consumer as the service does; not started. */
  createConsumer(kit: { bus: Bus; pool: Pool; groupId: string; logger: Logger }): Consumer;
  /** Rows that the handlers need, such as the tenant's ACD. */
  prepare?(pool: Pool, tenantIds: readonly string[]): Promise<void>;
  /** Valid event number n (0, 1, 2 …) of a tenant; consecutive numbers go over all topics and share some keys. */
  event(n: number, tenantId: string): OutgoingEvent;
  /** The same with a \u0000 in a string that the handler stores; undefined if its contract lets no such string pass. */
  refusedEvent?(n: number, tenantId: string): OutgoingEvent;
  /** Numbers of the events whose effect is stored; a number twice if its effect is there twice. */
  effects(pool: Pool): Promise<number[]>;
  /** Records whose handling was committed more than once, if the subject keeps a record of that. */
  handledAgain?(pool: Pool): Promise<string[]>;
}
