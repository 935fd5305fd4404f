import { EVENT_DEFINITIONS, TOPIC_NAMES } from './definitions.ts';
import { GOLDEN_EXAMPLES } from './examples/golden.ts';

const HEADERS = {
  type: 'object',
  description: 'CloudEvents 1.0 attributes in Kafka binary mode, and W3C trace context.',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'content-type'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', description: 'Unique with ce_source; a redelivery carries the same id.' },
    ce_source: { type: 'string', description: '/wxcc-wfo/<service>' },
    ce_type: { type: 'string' },
    ce_subject: { type: 'string', description: 'The record’s key.' },
    ce_time: { type: 'string', format: 'date-time' },
    ce_tenantid: { type: 'string' },
    ce_acdid: { type: 'string' },
    ce_dataref: { type: 'string', description: 'Where the value is, when it was too large for the broker.' },
    'content-type': { type: 'string', const: 'application/json' },
    traceparent: { type: 'string' },
    tracestate: { type: 'string' },
  },
};

/** The AsyncAPI 3 document of all events, made from the contracts (OPS-04). */
export function buildAsyncApi(version: string): Record<string, unknown> {
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  const messages: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const topic of TOPIC_NAMES) {
    const definition = EVENT_DEFINITIONS[topic];
    const { $id: _id, ...schema } = JSON.parse(JSON.stringify(definition.schema)) as Record<string, unknown>;
    schemas[topic] = schema;
    messages[topic] = {
      name: topic,
      title: topic,
      summary: schema.description,
      description: `ce_type ${definition.type}; key ${definition.keyDescription}; published by ${definition.publisher}.`,
      contentType: 'application/json',
      headers: HEADERS,
      payload: { $ref: `#/components/schemas/${topic}` },
      bindings: { kafka: { key: { type: 'string', description: definition.keyDescription } } },
      examples: GOLDEN_EXAMPLES[topic].valid.map((example) => ({ name: example.name, payload: example.payload })),
    };
    channels[topic] = {
      address: topic,
      description: definition.compacted
        ? 'Compacted: the last record of every key stays for ever.'
        : 'Retained for a bounded time, since events carry personal data.',
      messages: { [topic]: { $ref: `#/components/messages/${topic}` } },
    };
    operations[`receive-${topic}`] = {
      action: 'receive',
      summary: `Consume ${topic}`,
      channel: { $ref: `#/channels/${topic}` },
      messages: [{ $ref: `#/channels/${topic}/messages/${topic}` }],
    };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Events of the bridge',
      version,
      description:
        'What the services tell each other and everybody else. Delivery is at least once, in order per key; the highest revision or version of a key wins.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages, schemas },
  };
}
