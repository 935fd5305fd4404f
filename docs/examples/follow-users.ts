// Keeps a list of users by every id that Webex gives them. KAFKA_BROKERS=localhost:9092 GROUP_ID=my-users node docs/examples/follow-users.ts
import { TOPICS, type UserChanged } from '@wxcc-wfo/contracts';
import { Kafka } from 'kafkajs';
import { readEvent } from './read-event.ts';

const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC_PREFIX = '', GROUP_ID = 'my-users' } = process.env;
const users = new Map<string, UserChanged>();
const userIdOf = new Map<string, string>();

const consumer = new Kafka({ brokers: KAFKA_BROKERS.split(',') }).consumer({ groupId: GROUP_ID });
await consumer.connect();
await consumer.subscribe({ topic: KAFKA_TOPIC_PREFIX + TOPICS.userChanged, fromBeginning: true });
await consumer.run({
  async eachMessage({ message }) {
    const user = await readEvent(TOPICS.userChanged, message);
    if (!user) return; // no user; said on stderr
    if ((users.get(user.userId)?.revision ?? 0) >= user.revision) return; // a duplicate, or older than what is known
    users.set(user.userId, user);
    // A user that was merged into another one gives its ids to that one, which carries them in otherAcdIds.
    const known = user.mergedIntoUserId === null ? [user, ...user.otherAcdIds] : [];
    const ids = known.flatMap((one) => [one.webexUserId, one.acdUserId, one.identityId]);
    for (const id of new Set(ids)) if (id !== null) userIdOf.set(`${user.acdId}:${id}`, user.userId);
    const { userId, revision, active, permissions, windowsLogin } = user;
    const line = { userId, revision, active, permissions, windowsLogin, ids: userIdOf.size };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  },
});
