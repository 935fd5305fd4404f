export { buildAsyncApi } from './asyncapi.ts';
export { type Checked, checkEvent } from './check.ts';
export {
  breakingChanges,
  breakingEventChanges,
  type JsonSchema,
  type ReleasedEvent,
  releasedEvent,
} from './compatibility.ts';
export {
  EVENT_DEFINITIONS,
  type EventDefinition,
  type EventMap,
  type EventOf,
  TOPIC_NAMES,
  TOPICS,
  type TopicName,
} from './definitions.ts';
export * from './events/acd-changed.ts';
export * from './events/activity.ts';
export * from './events/authorization-lost.ts';
export * from './events/contact-segmented.ts';
export * from './events/directory.ts';
export * from './events/recording-available.ts';
export * from './events/recording-unavailable.ts';
export * from './events/task-ended.ts';
export * from './events/token-refreshed.ts';
export { GOLDEN_EXAMPLES } from './examples/golden.ts';
export * from './metadata-mapping/index.ts';
export { EpochMs, NamedRef, Nullable, Uuid } from './primitives.ts';
export { ERROR_CODES, type ErrorCode, Problem, problemSchema } from './problems.ts';
export { storableText } from './storable-text.ts';
export { uuidV5 } from './uuid-v5.ts';
