import { createServer, type Server } from 'node:http';
import {
  type Attributes,
  type Counter,
  type Gauge,
  type Histogram,
  metrics,
  type ObservableGauge,
} from '@opentelemetry/api';
import { telemetryHandle } from './telemetry-handle.ts';

/** One metric as it is declared before anything is measured. */
export interface MetricDefinition {
  kind: 'counter' | 'histogram' | 'gauge' | 'observed';
  /** UCUM: `s`, `By`, `{task}` */
  unit: string;
  /** For the person on call: what it counts and what a change means */
  help: string;
  /** Names of the labels; few values each, never anything personal */
  labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit */
  buckets?: readonly number[];
}

type InstrumentOf<D extends MetricDefinition> = D['kind'] extends 'counter'
  ? Counter
  : D['kind'] extends 'histogram'
    ? Histogram
    : D['kind'] extends 'gauge'
      ? Gauge
      : Observed;

/** A gauge that is asked when somebody scrapes. */
export interface Observed {
  /** Replaces what was observed before. */
  observe(read: () => number | { value: number; attributes: Attributes }[]): void;
}

export type MetricsOf<C extends Record<string, MetricDefinition>> = { [K in keyof C]: InstrumentOf<C[K]> };

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Makes the instruments of a service's catalogue; keys are Prometheus names (snake case, counters end in `_total`).
 * Without telemetry.ts they do nothing and cost nothing. @throws TypeError for a name that breaks the rules
 */
export function defineMetrics<const C extends Record<string, MetricDefinition>>(catalogue: C): MetricsOf<C> {
  const made: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(catalogue)) {
    if (!SNAKE_CASE.test(name)) throw new TypeError(`The metric '${name}' is not in snake_case.`);
    if ((definition.kind === 'counter') !== name.endsWith('_total')) {
      throw new TypeError(`The metric '${name}' is a ${definition.kind}: counters, and only they, end in '_total'.`);
    }
    made[name] = instrument(name, definition);
  }
  return made as MetricsOf<C>;
}

function instrument(name: string, d: MetricDefinition): Counter | Histogram | Gauge | Observed {
  const meter = metrics.getMeter('wxcc-wfo');
  const options = { description: d.help, unit: d.unit };
  switch (d.kind) {
    case 'counter':
      return meter.createCounter(name, options);
    case 'histogram':
      return meter.createHistogram(name, {
        ...options,
        advice: { explicitBucketBoundaries: [...(d.buckets ?? SECONDS)] },
      });
    case 'gauge':
      return meter.createGauge(name, options);
    case 'observed':
      return observed(meter.createObservableGauge(name, options));
  }
}

function observed(gauge: ObservableGauge): Observed {
  let read: Parameters<Observed['observe']>[0] | undefined;
  gauge.addCallback((result) => {
    const values = read?.() ?? [];
    if (typeof values === 'number') result.observe(values);
    else for (const { value, attributes } of values) result.observe(value, attributes);
  });
  return {
    observe(next) {
      read = next;
    },
  };
}

/** A markdown table of a catalogue. */
export function describeMetrics(catalogue: Record<string, MetricDefinition>): string {
  const rows = Object.entries(catalogue).map(
    ([name, d]) => `| \`${name}\` | ${d.kind} | ${d.unit} | ${(d.labels ?? []).join(', ') || '–'} | ${d.help} |`,
  );
  return ['| metric | kind | unit | labels | says |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

/** Opens a port of its own that serves /metrics without a credential, for scrapers inside the deployment. */
export async function serveMetrics(o: {
  host: string;
  port: number;
}): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const telemetry = telemetryHandle();
    if (request.url === '/metrics' && telemetry) telemetry.serveMetrics(request, response);
    else response.writeHead(telemetry ? 404 : 503).end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(o.port, o.host, resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://${o.host}:${address.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
