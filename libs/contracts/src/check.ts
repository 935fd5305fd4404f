import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { EVENT_DEFINITIONS, type EventOf, type TopicName } from './definitions.ts';

export type Checked<T extends TopicName> = { ok: true; event: EventOf<T> } | { ok: false; problems: string[] };

/** Compiles the schema of a topic when it is asked for first: a service has to do with few of them. */
function validatorsOf(ajv: Ajv): (topic: TopicName) => ValidateFunction {
  const compiled = new Map<TopicName, ValidateFunction>();
  return (topic) => {
    let validate = compiled.get(topic);
    if (!validate) {
      validate = ajv.compile(EVENT_DEFINITIONS[topic].schema);
      compiled.set(topic, validate);
    }
    return validate;
  };
}

const quick = validatorsOf(new Ajv({ strict: false, allErrors: false }));
const complete = validatorsOf(new Ajv({ strict: false, allErrors: true }));

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
  if (quick(topic)(payload)) return { ok: true, event: payload as EventOf<T> };
  const validate = complete(topic);
  validate(payload);
  return { ok: false, problems: (validate.errors ?? []).slice(0, 50).map(describe) };
}
