export type { SqlClient } from '@wxcc-wfo/service-kit';
export { type Bus, type BusOptions, createBus } from './bus.ts';
export { createConsumer } from './consumer.ts';
export { consumerCheck } from './consumer-health.ts';
export type { Consumer, ConsumerHealth, ConsumerOptions, PartitionHealth } from './consumer-port.ts';
export type { DeadLetterState } from './dead-letter-repository.ts';
export { deadLetterRoutes } from './dead-letter-route.ts';
export {
  createDeadLetters,
  type DeadLetterDetail,
  type DeadLetterFilter,
  type DeadLetterSummary,
  type DeadLetters,
  type DeadLettersOptions,
} from './dead-letters.ts';
export { eventBlobRoutes } from './event-blob-route.ts';
export { isTransient } from './failure-policy.ts';
export type { BatchHandler, KeepingHandler, TopicHandler } from './handler.ts';
export type { Logger } from './logger.ts';
export { busMigrationsFolder } from './migrations.ts';
export type { RetryPolicy } from './new-letters.ts';
export {
  appendEvents,
  InvalidEventError,
  MAX_VALUE_BYTES,
  OUTBOX_SHARDS,
  type OutgoingEvent,
  shardOf,
} from './outbox.ts';
export { deadLetter, done, drop, type Outcome, retry } from './outcome.ts';
export type { CommittedEvent, OwnedPayload, ReceivedEvent } from './received-event.ts';
export type { ReplayResult } from './redelivery.ts';
export { createRelay, type Relay, type RelayOptions } from './relay.ts';
export {
  type RepublicationOptions,
  type RepublicationPage,
  type RepublicationPlace,
  republicationRoute,
} from './republication-route.ts';
export { busMetricCatalogue } from './telemetry.ts';
export { contextOf, parseTraceHeaders, type TraceHeaders, traceHeadersOf } from './trace-context.ts';
