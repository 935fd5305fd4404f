import { trace } from '@opentelemetry/api';
import { defineMetrics } from '@wxcc-wfo/service-kit';

export const tracer = trace.getTracer('@wxcc-wfo/capture');

/** `capture.poll`: one poll of one ACD. `capture.hints`: one query for hinted tasks. `capture.task`: one accepted revision. */
export const SPANS = { poll: 'capture.poll', hints: 'capture.hints', task: 'capture.task' } as const;

/** All that capture measures. Labels hold ids and fixed words only, nothing of a person. */
export const captureMetrics = {
  capture_polls_total: {
    kind: 'counter',
    unit: '{poll}',
    help: 'Polls by outcome. Nothing succeeded for minutes: read GET /v1/acds/{id}/capture, it names the remedy.',
    labels: ['acd', 'outcome'],
  },
  capture_poll_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long polls take. Long ones are catching up or waiting for the request budget.',
    labels: ['acd'],
  },
  capture_tasks_total: {
    kind: 'counter',
    unit: '{task}',
    help: 'Readings of tasks by outcome: accepted, unchanged, held, older, open, incomplete, refused. Refused are listed.',
    labels: ['acd', 'outcome'],
  },
  capture_window_mismatches_total: {
    kind: 'counter',
    unit: '{window}',
    help: 'Listings whose distinct tasks differed from the ACD’s own count. Steady growth: tasks may be missing.',
    labels: ['acd'],
  },
  capture_publish_lag_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'From the end of a task to the commit of its first event.',
    labels: ['acd'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600],
  },
  capture_source_questions_total: {
    kind: 'counter',
    unit: '{question}',
    help: 'Questions put to the ACD by kind: count, page, tasks, subscription. They share the budget of the OAuth client.',
    labels: ['acd', 'kind'],
  },
  capture_hints_total: {
    kind: 'counter',
    unit: '{hint}',
    help: 'Webhook hints by outcome: received, refused, settled, retried, left-to-polling.',
    labels: ['acd', 'outcome'],
  },
  capture_metadata_not_offered_total: {
    kind: 'counter',
    unit: '{refusal}',
    help: 'Mapped metadata fields that the ACD’s API refused. GET /v1/acds/{id}/metadata-mappings names them.',
    labels: ['acd'],
  },
} as const;

const made = defineMetrics(captureMetrics);
export const instruments = {
  polls: made.capture_polls_total,
  pollSeconds: made.capture_poll_duration_seconds,
  tasks: made.capture_tasks_total,
  windowMismatches: made.capture_window_mismatches_total,
  publishLagSeconds: made.capture_publish_lag_seconds,
  questions: made.capture_source_questions_total,
  hints: made.capture_hints_total,
  notOffered: made.capture_metadata_not_offered_total,
};
