import { Kafka, logLevel } from 'kafkajs';
import { waitFor } from './wait-for.ts';

export interface TopicSettings {
  partitions?: number;
  compacted?: boolean;
}

/** Makes topics and resolves when each of their partitions has a leader. Existing ones are left as they are. */
export async function createTopics(brokers: string[], topics: string | Record<string, TopicSettings>): Promise<void> {
  const wanted = typeof topics === 'string' ? { [topics]: {} as TopicSettings } : topics;
  const admin = new Kafka({ clientId: 'testkit-admin', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: Object.entries(wanted).map(([topic, settings]) => ({
        topic,
        numPartitions: settings.partitions ?? 3,
        replicationFactor: 1,
        ...(settings.compacted ? { configEntries: [{ name: 'cleanup.policy', value: 'compact' }] } : {}),
      })),
      waitForLeaders: false,
    });
    await waitFor(`leaders of ${Object.keys(wanted).join(', ')}`, async () => {
      const { topics: seen } = await admin.fetchTopicMetadata({ topics: Object.keys(wanted) });
      return seen.every((topic) => topic.partitions.every((partition) => partition.leader >= 0));
    });
  } finally {
    await admin.disconnect();
  }
}
