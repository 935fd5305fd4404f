import type { EventOf, TopicName } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Outcome } from './outcome.ts';
import type { Keep, OwnedPayload, ReceivedEvent } from './received-event.ts';

/**
 * Handles a batch in ONE transaction and gives one outcome per event, in their order. It may be called again with the
 * same events, and with a part of them; it must not call anything outside of the database.
 */
export type BatchHandler<T extends TopicName = TopicName, P extends OwnedPayload = EventOf<T>> = (
  events: ReceivedEvent<T, P>[],
  tx: SqlClient,
) => Promise<Outcome[]>;

/**
 * A handler for events that are large beside what is needed of them. All events of a transaction lie in memory until it
 * commits; here only what `keep` makes of each does. The rest is garbage before the collector has moved it once: moving it
 * was up to two fifths of the time of a consumer of ended tasks.
 */
export interface KeepingHandler<T extends TopicName = TopicName, K extends OwnedPayload = OwnedPayload> {
  /**
   * Called each time that an event is read, before its transaction; `text` is its JSON. If it throws, the event is parked,
   * as when the handler throws; it is not tried again before that. It must not hold on to `payload`.
   */
  keep(payload: EventOf<T>, text: string): K;
  handle(events: ReceivedEvent<T, K>[], tx: SqlClient): Promise<Outcome[]>;
}

export type TopicHandler<T extends TopicName = TopicName> = BatchHandler<T> | KeepingHandler<T>;

/** Both kinds in one shape. */
export function asKeeping(handler: TopicHandler): { keep: Keep | undefined; handle: BatchHandler } {
  if (typeof handler === 'function') return { keep: undefined, handle: handler };
  return {
    keep: (payload, text) => handler.keep(payload, text),
    handle: (events, tx) => handler.handle(events, tx),
  };
}
