import { type Tracer, trace } from '@opentelemetry/api';
import { defineMetrics, type MetricDefinition, type MetricsOf } from '@wxcc-wfo/service-kit';

export function tracer(): Tracer {
  return trace.getTracer('@wxcc-wfo/bus');
}

/** What the bus measures, declared before it is emitted. */
export const busMetricCatalogue = {
  bus_published_total: {
    kind: 'counter',
    unit: '{event}',
    help: 'Events that the broker acknowledged.',
    labels: ['topic'],
  },
  bus_publish_failures_total: {
    kind: 'counter',
    unit: '{batch}',
    help: 'Sends that failed; their rows stay and are sent again. Growing: look at the broker.',
  },
  bus_publish_refused_total: {
    kind: 'counter',
    unit: '{attempt}',
    help: 'Attempts to send one event that the broker refuses for good; all later ones of its shard wait. ALARM: the log names the event; mend the topic (size, name, permissions).',
    labels: ['topic', 'reason'],
  },
  bus_outbox_oldest_age_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'Age of the oldest unpublished event. Growing: the broker is away, or no replica relays its shard.',
  },
  bus_outbox_unpublished: {
    kind: 'gauge',
    unit: '{event}',
    help: 'Committed events that are not yet published, counted up to 100000.',
  },
  bus_consumed_total: { kind: 'counter', unit: '{event}', help: 'Handled events.', labels: ['topic', 'outcome'] },
  bus_batch_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'Duration of one committed chunk, its handler and transaction.',
    labels: ['topic'],
  },
  bus_transient_failures_total: {
    kind: 'counter',
    unit: '{attempt}',
    help: 'Attempts that failed because the database was away or busy; they are repeated for ever.',
    labels: ['topic'],
  },
  bus_dead_letters_total: {
    kind: 'counter',
    unit: '{event}',
    help: 'Events parked as dead letters. ALARM: look at /v1/dead-letters, mend the cause, replay or discard.',
    labels: ['topic', 'code'],
  },
  bus_incidents_total: {
    kind: 'counter',
    unit: '{incident}',
    help: 'Positions that did not fit the log: it began anew, or events were deleted unread. ALARM: see table bus_incident.',
    labels: ['topic', 'kind'],
  },
  bus_consumer_lag: {
    kind: 'observed',
    unit: '{event}',
    help: 'Records that are not yet handled, of the partitions that this replica holds. Growing: add replicas, or see bus_consumer_behind_seconds.',
    labels: ['topic', 'partition'],
  },
  bus_consumer_behind_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long a partition with unhandled records has not moved; 0 while it is at its end. Minutes: it stands still, /ready names it.',
    labels: ['topic', 'partition'],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Made when first asked for: the metrics API hands out no-op instruments until the process has set its provider. */
let made: MetricsOf<typeof busMetricCatalogue> | undefined;
export function busMetrics(): MetricsOf<typeof busMetricCatalogue> {
  made ??= defineMetrics(busMetricCatalogue);
  return made;
}
