// A typed consumer of contacts. KAFKA_BROKERS=localhost:9092 GROUP_ID=my-archive node docs/examples/consume-contacts.ts
import { TOPICS } from '@wxcc-wfo/contracts';
import { Kafka } from 'kafkajs';
import { readEvent } from './read-event.ts';

const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC_PREFIX = '', GROUP_ID = 'my-archive' } = process.env;
const consumer = new Kafka({ brokers: KAFKA_BROKERS.split(',') }).consumer({ groupId: GROUP_ID });
await consumer.connect();
await consumer.subscribe({ topic: KAFKA_TOPIC_PREFIX + TOPICS.contactSegmented, fromBeginning: true });
await consumer.run({
  async eachMessage({ message }) {
    const contact = await readEvent(TOPICS.contactSegmented, message);
    if (!contact) return; // no contact; said on stderr
    const { contactId, version, superseded, agent, durationMs, audio } = contact;
    const line = { contactId, version, superseded, agent: agent.name, durationMs, audio: audio.state };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  },
});
