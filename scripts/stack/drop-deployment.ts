import type { ServerAddresses } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';

/**
 * Drops the database of that name and the topics and groups of that prefix from servers that outlive the deployment. What
 * is not there is no error; what is left in Redis expires by itself.
 */
export async function dropDeployment(
  servers: Pick<ServerAddresses, 'postgresAdminUrl' | 'kafkaBrokers'>,
  o: { databaseName: string; topicPrefix: string },
): Promise<void> {
  if (o.topicPrefix === '') throw new Error('Without a prefix every topic on the cluster would be deleted.');
  const client = new Client({ connectionString: servers.postgresAdminUrl });
  client.on('error', () => undefined); // the statement that runs reports it
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(o.databaseName)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
  const kafka = new Kafka({ brokers: servers.kafkaBrokers, clientId: 'drop-deployment', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const isOwn = (name: string) => name.startsWith(o.topicPrefix);
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(isOwn);
    if (groups.length > 0) await admin.deleteGroups(groups);
    const topics = (await admin.listTopics()).filter(isOwn);
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
}
