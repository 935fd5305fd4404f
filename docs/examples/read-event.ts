// The event of a record, checked: the part that every consumer needs. The examples beside it use it.
import { checkEvent, type EventOf, type TopicName } from '@wxcc-wfo/contracts';
import type { KafkaMessage } from 'kafkajs';

// EVENT_ORIGINS=http://segmenter:8080,… are the services that large events are read from, EVENT_API_KEY a key of scope events:read.
const { EVENT_API_KEY = '', EVENT_ORIGINS = '' } = process.env;

/** Gives nothing for what can never be read, and says so on stderr: an error would bring the same record again for ever. */
export async function readEvent<T extends TopicName>(topic: T, message: KafkaMessage): Promise<EventOf<T> | undefined> {
  const skip = (reason: string) => {
    process.stderr.write(
      `${JSON.stringify({ skipped: topic, key: String(message.key), offset: message.offset, reason })}\n`,
    );
    return undefined;
  };
  let value = String(message.value);
  const dataref = message.headers?.ce_dataref;
  if (dataref) {
    // Larger than 900 kB: the value is at its publisher. Whoever can write a record must not be shown the key.
    const url = URL.parse(String(dataref));
    if (!url || !EVENT_ORIGINS.split(',').includes(url.origin))
      return skip(`EVENT_ORIGINS does not name the origin of ${dataref}`);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${EVENT_API_KEY}` }, redirect: 'error' });
    if (answer.status === 404) return skip(`${dataref} is gone`);
    if (!answer.ok) throw new Error(`${dataref} answers ${answer.status}; the record comes again`);
    value = await answer.text();
  }
  try {
    const checked = checkEvent(topic, JSON.parse(value));
    return checked.ok ? checked.event : skip(checked.problems.join('; '));
  } catch {
    return skip('the value is not JSON');
  }
}
