import { describe, expect, it } from '@jest/globals';
import { createTopics, testAddresses, testDatabase, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { dropDeployment } from './drop-deployment.ts';

const { kafkaBrokers, postgresAdminUrl } = testAddresses;

async function databases(names: string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: postgresAdminUrl });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database WHERE datname = ANY($1)', [
    names,
  ]);
  await client.end();
  return rows.map((row) => row.datname);
}

describe('what --fresh abandons on servers that are not ours', () => {
  it('is dropped, and nothing else', async () => {
    const [mine, other] = [await testDatabase('mine'), await testDatabase('other')];
    const [minePrefix, otherPrefix] = [`${uniqueName('test-mine')}.`, `${uniqueName('test-other')}.`];
    await createTopics(kafkaBrokers, { [`${minePrefix}task-ended`]: {}, [`${otherPrefix}task-ended`]: {} });
    const admin = new Kafka({ brokers: kafkaBrokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();

    await dropDeployment(testAddresses, { databaseName: mine.name, topicPrefix: minePrefix });
    expect(await databases([mine.name, other.name])).toEqual([other.name]);
    await waitFor('the topic to be gone', async () => !(await admin.listTopics()).includes(`${minePrefix}task-ended`));
    expect(await admin.listTopics()).toContain(`${otherPrefix}task-ended`);
    await admin.disconnect();

    // Again: nothing is there any more.
    await dropDeployment(testAddresses, { databaseName: mine.name, topicPrefix: minePrefix });
    await other.drop();
  });

  it('is never everything', async () => {
    await expect(dropDeployment(testAddresses, { databaseName: 'x', topicPrefix: '' })).rejects.toThrow(
      'Without a prefix every topic',
    );
  });
});
