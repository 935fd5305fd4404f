import { type ContactSegmented, checkEvent, TOPIC_NAMES, type TopicName } from '@wxcc-wfo/contracts';
import { uniqueName } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';

/** What anybody who consumes the events knows: the latest version of every contact, and what came before it. */
export interface EventWatch {
  /** Tasks seen as `task-ended`. */
  tasks: Set<string>;
  /** Task of every stored recording. */
  recordings: Map<string, string>;
  contacts: Map<string, ContactSegmented>;
  /** When a task’s first contact was heard of. */
  firstContactMs: Map<string, number>;
  /** `traceparent` of the record that told of a task’s end. */
  traceOfTask: Map<string, string>;
  records: number;
  stop(): Promise<void>;
}

/** Consumes all topics from their start, as an integrator would, and keeps what the demo shows of one ACD. */
export async function watchEvents(o: { brokers: string[]; topicPrefix?: string; acdId: string }): Promise<EventWatch> {
  const prefix = o.topicPrefix ?? '';
  const kafka = new Kafka({ brokers: o.brokers, clientId: 'demo', logLevel: logLevel.NOTHING });
  const groupId = uniqueName('demo');
  // It stops when the request under way is answered, which for the default would be half of what Ctrl-C may take.
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 300 });
  const watch: EventWatch = {
    tasks: new Set(),
    recordings: new Map(),
    contacts: new Map(),
    firstContactMs: new Map(),
    traceOfTask: new Map(),
    records: 0,
    async stop() {
      await consumer.disconnect();
    },
  };
  await consumer.connect();
  await consumer.subscribe({ topics: TOPIC_NAMES.map((topic) => prefix + topic), fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      watch.records++;
      if (message.value === null) return;
      const checked = checkEvent(topic.slice(prefix.length) as TopicName, JSON.parse(message.value.toString('utf8')));
      if (!checked.ok) throw new Error(`An event on ${topic} breaks its contract: ${checked.problems.join('; ')}`);
      if ((checked.event as { acdId: string }).acdId !== o.acdId) return;
      take(watch, topic.slice(prefix.length) as TopicName, checked.event, message.headers?.traceparent);
    },
  });
  return watch;
}

function take(watch: EventWatch, topic: TopicName, event: unknown, traceparent: unknown): void {
  if (topic === 'task-ended') {
    const { taskId } = event as { taskId: string };
    watch.tasks.add(taskId);
    if (traceparent && !watch.traceOfTask.has(taskId)) watch.traceOfTask.set(taskId, String(traceparent));
  } else if (topic === 'recording-available') {
    const { recordingId, taskId } = event as { recordingId: string; taskId: string };
    watch.recordings.set(recordingId, taskId);
  } else if (topic === 'contact-segmented') {
    const contact = event as ContactSegmented;
    if (!watch.firstContactMs.has(contact.taskId)) watch.firstContactMs.set(contact.taskId, Date.now());
    const known = watch.contacts.get(contact.contactId);
    if (!known || known.version < contact.version) watch.contacts.set(contact.contactId, contact);
  }
}
