import { describe, expect, it } from '@jest/globals';
import { defineMetrics, describeMetrics } from './metrics.ts';

describe('a catalogue of metrics', () => {
  const polls = { kind: 'counter', unit: '{poll}', help: 'Polls made.', labels: ['outcome'] } as const;

  it('gives an instrument for each name, which costs nothing without telemetry', () => {
    const metrics = defineMetrics({
      capture_polls_total: polls,
      capture_poll_seconds: { kind: 'histogram', unit: 's', help: 'How long.' },
      capture_lag: { kind: 'gauge', unit: 's', help: 'How late.' },
      capture_windows: { kind: 'observed', unit: '{window}', help: 'How many.' },
    });
    metrics.capture_polls_total.add(1, { outcome: 'ok' });
    metrics.capture_poll_seconds.record(0.2);
    metrics.capture_lag.record(3);
    metrics.capture_windows.observe(() => [{ value: 1, attributes: { state: 'open' } }]);
  });

  it.each([
    ['capture_polls', polls, "only they, end in '_total'"],
    ['capture_lag_total', { ...polls, kind: 'gauge' }, "only they, end in '_total'"],
    ['capturePolls_total', polls, 'snake_case'],
    ['capture-polls_total', polls, 'snake_case'],
  ] as const)('refuses %s', (name, definition, message) => {
    expect(() => defineMetrics({ [name]: definition })).toThrow(message);
  });

  it('can be shown as a table', () => {
    expect(describeMetrics({ capture_polls_total: polls })).toContain(
      '| `capture_polls_total` | counter | {poll} | outcome | Polls made. |',
    );
  });
});
