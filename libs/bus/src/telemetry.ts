import { metrics, type Tracer, trace } from '@opentelemetry/api';

const SCOPE = '@wxcc-wfo/bus';

export function tracer(): Tracer {
  return trace.getTracer(SCOPE);
}

/** Made when first asked for: the metrics API hands out no-op instruments until the process has set its provider. */
let declared: ReturnType<typeof declareMetrics> | undefined;
export function busMetrics() {
  declared ??= declareMetrics();
  return declared;
}

function declareMetrics() {
  const meter = metrics.getMeter(SCOPE);
  const counter = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description });
  return {
    published: counter('wfo.outbox.published', '{event}', 'Events that the broker acknowledged.'),
    sendFailures: counter(
      'wfo.outbox.send.failures',
      '{batch}',
      'Sends that failed; the rows stay. Look at the broker.',
    ),
    outboxAge: meter.createGauge('wfo.outbox.oldest.age', {
      unit: 's',
      description: 'Age of the oldest unpublished event. Growing: the broker is away or no relay holds the shard.',
    }),
    outboxRows: meter.createGauge('wfo.outbox.unpublished', {
      unit: '{event}',
      description: 'Events not yet published.',
    }),
    consumed: counter('wfo.consumer.events', '{event}', 'Consumed events by topic and outcome.'),
    batchSeconds: meter.createHistogram('wfo.consumer.batch.duration', {
      unit: 's',
      description: 'Duration of one committed chunk: handler and transaction.',
    }),
    transientFailures: counter(
      'wfo.consumer.transient.failures',
      '{attempt}',
      'Attempts that failed because our database or broker was away.',
    ),
    deadLetters: counter(
      'wfo.dead_letters.parked',
      '{event}',
      'Events parked as dead letters. Alarm: somebody has to look.',
    ),
    incidents: counter(
      'wfo.bus.incidents',
      '{incident}',
      'Logs that began anew, events deleted unread. Alarm: see bus_incident.',
    ),
    lag: meter.createGauge('wfo.consumer.lag', {
      unit: '{event}',
      description: 'Records not yet consumed, by topic and partition.',
    }),
  };
}
