import type { TopicName } from '../definitions.ts';
import { ACD_EXAMPLES, AUTHORIZATION_LOST_EXAMPLES, TOKEN_EXAMPLES } from './connection-examples.ts';
import { CONTACT_EXAMPLES } from './contact-examples.ts';
import { QUEUE_EXAMPLES, TEAM_EXAMPLES, USER_EXAMPLES } from './directory-examples.ts';
import type { GoldenExamples } from './golden-example.ts';
import { RECORDING_EXAMPLES, RECORDING_UNAVAILABLE_EXAMPLES } from './recording-examples.ts';
import { TASK_EXAMPLES } from './task-examples.ts';

/** Golden examples of every event, valid and invalid. */
export const GOLDEN_EXAMPLES: Record<TopicName, GoldenExamples> = {
  'acd-changed': ACD_EXAMPLES,
  'token-refreshed': TOKEN_EXAMPLES,
  'authorization-lost': AUTHORIZATION_LOST_EXAMPLES,
  'user-changed': USER_EXAMPLES,
  'team-changed': TEAM_EXAMPLES,
  'queue-changed': QUEUE_EXAMPLES,
  'task-ended': TASK_EXAMPLES,
  'recording-available': RECORDING_EXAMPLES,
  'recording-unavailable': RECORDING_UNAVAILABLE_EXAMPLES,
  'contact-segmented': CONTACT_EXAMPLES,
};
