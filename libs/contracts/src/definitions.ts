import type { TSchema } from 'typebox';
import { AcdChanged } from './events/acd-changed.ts';
import { AuthorizationLost } from './events/authorization-lost.ts';
import { ContactSegmented } from './events/contact-segmented.ts';
import { QueueChanged, TeamChanged, UserChanged } from './events/directory.ts';
import { RecordingAvailable } from './events/recording-available.ts';
import { RecordingUnavailable } from './events/recording-unavailable.ts';
import { TaskEnded } from './events/task-ended.ts';
import { TokenRefreshed } from './events/token-refreshed.ts';

/** Every topic by its name (architecture, Topics). A topic is named as the event it carries. */
export const TOPICS = {
  acdChanged: 'acd-changed',
  tokenRefreshed: 'token-refreshed',
  authorizationLost: 'authorization-lost',
  userChanged: 'user-changed',
  teamChanged: 'team-changed',
  queueChanged: 'queue-changed',
  taskEnded: 'task-ended',
  recordingAvailable: 'recording-available',
  recordingUnavailable: 'recording-unavailable',
  contactSegmented: 'contact-segmented',
} as const;
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];

/** The payload of every topic. */
export interface EventMap {
  'acd-changed': AcdChanged;
  'token-refreshed': TokenRefreshed;
  'authorization-lost': AuthorizationLost;
  'user-changed': UserChanged;
  'team-changed': TeamChanged;
  'queue-changed': QueueChanged;
  'task-ended': TaskEnded;
  'recording-available': RecordingAvailable;
  'recording-unavailable': RecordingUnavailable;
  'contact-segmented': ContactSegmented;
}
export type EventOf<T extends TopicName> = EventMap[T];

export interface EventDefinition<T extends TopicName = TopicName> {
  topic: T;
  /** CloudEvents `type`; its major version changes only with a breaking change. */
  type: string;
  schema: TSchema;
  /** What must stay in order shares a key. */
  key(payload: EventOf<T>): string;
  keyDescription: string;
  /** Compacted topics keep the last record of every key for ever. */
  compacted: boolean;
  publisher: string;
}

const byAcd = (payload: { acdId: string }) => payload.acdId;
const byTask = (payload: { acdId: string; taskId: string }) => `${payload.acdId}:${payload.taskId}`;

function define<T extends TopicName>(
  topic: T,
  schema: TSchema,
  publisher: string,
  keyed: { key: (payload: EventOf<T>) => string; keyDescription: string; compacted?: boolean },
): EventDefinition<T> {
  return { topic, type: `wxcc-wfo.${topic}.v1`, schema, publisher, compacted: false, ...keyed };
}

/** A compacted thing of one ACD’s directory. */
const itemKey = <N extends string>(id: N) => ({
  key: (payload: Record<'acdId' | N, string>) => `${payload.acdId}:${payload[id]}`,
  keyDescription: `acdId:${id}`,
  compacted: true,
});

const ACD_KEY = { key: byAcd, keyDescription: 'acdId' };
const TASK_KEY = { key: byTask, keyDescription: 'acdId:taskId' };

/** Type, schema, key and publisher of every event; AsyncAPI is generated from here. */
export const EVENT_DEFINITIONS: { [T in TopicName]: EventDefinition<T> } = {
  'acd-changed': define('acd-changed', AcdChanged, 'oauth', { ...ACD_KEY, compacted: true }),
  'token-refreshed': define('token-refreshed', TokenRefreshed, 'oauth', ACD_KEY),
  'authorization-lost': define('authorization-lost', AuthorizationLost, 'oauth', ACD_KEY),
  'user-changed': define('user-changed', UserChanged, 'sync', itemKey('userId')),
  'team-changed': define('team-changed', TeamChanged, 'sync', itemKey('teamId')),
  'queue-changed': define('queue-changed', QueueChanged, 'sync', itemKey('queueId')),
  'task-ended': define('task-ended', TaskEnded, 'capture', TASK_KEY),
  'recording-available': define('recording-available', RecordingAvailable, 'media-import', TASK_KEY),
  'recording-unavailable': define('recording-unavailable', RecordingUnavailable, 'media-import', TASK_KEY),
  'contact-segmented': define('contact-segmented', ContactSegmented, 'segmenter', TASK_KEY),
};

/** All topics, in the order of the path a call takes. */
export const TOPIC_NAMES = Object.keys(EVENT_DEFINITIONS) as TopicName[];
