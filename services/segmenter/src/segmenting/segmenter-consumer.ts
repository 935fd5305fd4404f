import { trace } from '@opentelemetry/api';
import {
  appendEvents,
  type BatchHandler,
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  done,
  type KeepingHandler,
  type OutgoingEvent,
  type ReceivedEvent,
  type SqlClient,
  traceHeadersOf,
} from '@wxcc-wfo/bus';
import { TOPICS, type TopicName } from '@wxcc-wfo/contracts';
import { rememberDeletedAcds } from '../contacts/acd-changed-consumer.ts';
import { type EndedTask, readEndedTask } from './ended-task.ts';
import { createSegmentBatchStep, type SegmentBatchStep } from './segment-batch-step.ts';
import type { AssignedContact } from './segment-task.ts';
import { keyText, type TaskKey } from './task-key.ts';

export type SegmenterConsumerOptions = Omit<ConsumerOptions, 'handlers' | 'groupId'> & {
  groupId?: string;
  /** Told of contacts before their transaction commits: for measurements only. */
  onSegmented?(changed: readonly AssignedContact[]): void;
};

/** The one group that takes in all kinds of facts, and which ACDs are gone. */
export function createSegmenterConsumer({ onSegmented = () => {}, ...options }: SegmenterConsumerOptions): Consumer {
  const step = createSegmentBatchStep({ nowMs: Date.now });
  const handlers = { ...createSegmenterHandlers({ step, onSegmented }), [TOPICS.acdChanged]: rememberDeletedAcds };
  return createConsumer({ groupId: 'segmenter', ...options, handlers });
}

interface SegmenterHandlers {
  'task-ended': KeepingHandler<'task-ended', EndedTask>;
  'recording-available': BatchHandler<'recording-available'>;
  'recording-unavailable': BatchHandler<'recording-unavailable'>;
}

/** Facts in, `contact-segmented` out, all in the batch's transaction (rules 2 and 3). */
function createSegmenterHandlers(deps: {
  step: SegmentBatchStep;
  onSegmented(changed: readonly AssignedContact[]): void;
}): SegmenterHandlers {
  const publish = async (tx: SqlClient, events: readonly Cause[], changed: readonly AssignedContact[]) => {
    await appendEvents(tx, outgoing(events, changed));
    deps.onSegmented(changed);
    return events.map(() => done);
  };
  return {
    'task-ended': {
      keep: (task, text) => readEndedTask(task, text, Date.now()),
      async handle(events, tx) {
        const tasks = events.map(({ payload }) => payload);
        return await publish(tx, events, await deps.step.ofTasks(tx, tasks));
      },
    },
    'recording-available': async (events, tx) => {
      const recordings = events.map(({ payload }) => payload);
      return await publish(tx, events, await deps.step.ofRecordings(tx, recordings));
    },
    'recording-unavailable': async (events, tx) => {
      const verdicts = events.map(({ payload }) => payload);
      return await publish(tx, events, await deps.step.ofVerdicts(tx, verdicts));
    },
  };
}

/** A fact of a task. */
type Cause = ReceivedEvent<TopicName, TaskKey>;

/** Each contact's event continues the trace of the fact that changed it. */
function outgoing(events: readonly Cause[], changed: readonly AssignedContact[]): OutgoingEvent[] {
  const causes = new Map(events.map((event) => [keyText(event.payload), event.context]));
  return changed.map(({ contact }) => {
    const cause = causes.get(keyText(contact));
    const traceContext = cause && traceHeadersOf(trace.getSpanContext(cause));
    return { topic: TOPICS.contactSegmented, payload: contact, ...(traceContext && { traceContext }) };
  });
}
