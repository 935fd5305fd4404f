import { type Counter, type Histogram, metrics } from '@opentelemetry/api';

/**
 * Metrics of this library. Attributes are of fixed sets only: no ids, no URLs, no values of answers.
 * They are made on first use, so that a meter provider started before the first call is the one that gets them.
 */
let requests: Counter | undefined;
let unknownValues: Counter | undefined;
let quotaWait: Histogram | undefined;

const meter = () => metrics.getMeter('@wxcc-wfo/webex');

export function countRequest(operation: string, outcome: string): void {
  requests ??= meter().createCounter('webex.client.requests', {
    unit: '{request}',
    description: 'Requests to Webex by operation and outcome (ok, or the kind of error).',
  });
  requests.add(1, { operation, outcome });
}

export function countUnknownValue(field: string): void {
  unknownValues ??= meter().createCounter('webex.client.unknown_values', {
    unit: '{value}',
    description: 'Values in answers of Webex that this release does not know; they were carried on.',
  });
  unknownValues.add(1, { field });
}

export function recordQuotaWait(kind: string, seconds: number, source: 'shared' | 'local'): void {
  quotaWait ??= meter().createHistogram('webex.client.quota_wait', {
    unit: 's',
    description: 'How long a request waited for the budget of its client id.',
  });
  quotaWait.record(seconds, { kind, source });
}
