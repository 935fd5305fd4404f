const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'TRANSACTIONAL_ID_FENCED']);

/** What the broker says again each time until a person changes something: the event, the topic or the permissions. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'TOPIC_AUTHORIZATION_FAILED',
]);

interface KafkaError {
  type?: string;
  message?: string;
  cause?: unknown;
}

/** Whether a newer producer of the same transactional id has begun, so this one has lost its shard. */
export function isFenced(error: unknown): boolean {
  return causesOf(error).some((e) => FENCED.has(e.type ?? '') || /old epoch|fenced/i.test(e.message ?? ''));
}

/** Why the broker does not take what was sent, whoever sends it; undefined if it may take it the next time. */
export function refusalOf(error: unknown): string | undefined {
  const refused = causesOf(error).find((e) => REFUSALS.has(e.type ?? '') || e instanceof TypeError);
  return refused && (refused.type ?? 'NOT_AN_EVENT');
}

function causesOf(error: unknown): KafkaError[] {
  const causes: KafkaError[] = [];
  for (let e = error as KafkaError | undefined; e && causes.length < 10; e = e.cause as KafkaError | undefined) {
    causes.push(e);
  }
  return causes;
}
