import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { EVENT_DEFINITIONS, type EventOf, TOPIC_NAMES, type TopicName } from './definitions.ts';

export type Checked<T extends TopicName> = { ok: true; event: EventOf<T> } | { ok: false; problems: string[] };

const ajv = new Ajv({ strict: false, allErrors: false });
const thorough = new Ajv({ strict: false, allErrors: true });
const quick = new Map<TopicName, ValidateFunction>();
const complete = new Map<TopicName, ValidateFunction>();
for (const topic of TOPIC_NAMES) quick.set(topic, ajv.compile(EVENT_DEFINITIONS[topic].schema));

/** `activities/3/startedAtMs: must be integer`; the value itself is left out, it may be personal. */
function describe(error: ErrorObject): string {
  const missing = error.keyword === 'required' ? `/${String(error.params.missingProperty)}` : '';
  const at = `${error.instancePath}${missing}`.replace(/^\//, '') || '(whole event)';
  const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params.allowedValues)}` : '';
  return `${at}: ${missing ? 'is missing' : `${error.message ?? 'is invalid'}${allowed}`}`;
}

/**
 * Checks a payload against the contract of its topic.
 * The valid path stops at the first error and allocates nothing; only a refused payload is checked again to list all.
 */
export function checkEvent<T extends TopicName>(topic: T, payload: unknown): Checked<T> {
  if (quick.get(topic)!(payload)) return { ok: true, event: payload as EventOf<T> };
  let validate = complete.get(topic);
  if (!validate) {
    validate = thorough.compile(EVENT_DEFINITIONS[topic].schema);
    complete.set(topic, validate);
  }
  validate(payload);
  return { ok: false, problems: (validate.errors ?? []).slice(0, 50).map(describe) };
}
