import { trace } from '@opentelemetry/api';
import { defineMetrics } from '@wxcc-wfo/service-kit';

export const tracer = trace.getTracer('@wxcc-wfo/sync');

/** `sync.run`: one run of one ACD, or what was left of it. */
export const SPANS = { run: 'sync.run' } as const;

/** All that sync measures. Labels hold ids and fixed words only, nothing of a person. */
export const syncMetrics = {
  sync_runs_total: {
    kind: 'counter',
    unit: '{run}',
    help: 'Turns by outcome: the state in which the run was left, `interrupted`, or `lease-lost`. Failures: GET /v1/acds/{id}/sync-runs names the remedy.',
    labels: ['acd', 'outcome'],
  },
  sync_run_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long runs take, the waiting for the request budget included.',
    labels: ['acd'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900],
  },
  sync_changes_total: {
    kind: 'counter',
    unit: '{change}',
    help: 'What runs counted, by kind and count: added, changed, deactivated, marked, refused.',
    labels: ['acd', 'kind', 'count'],
  },
  sync_last_complete_age_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long ago the last run that read everything was applied. Beyond some intervals: the directory is out of date.',
    labels: ['acd'],
  },
  sync_users: {
    kind: 'observed',
    unit: '{user}',
    help: 'WFO users by what the ACD says of them (active, not-active, deleted) and whether they are active in WFO.',
    labels: ['acd', 'acd_state', 'active'],
  },
  sync_brake_waiting: {
    kind: 'observed',
    unit: '{run}',
    help: '1 while a run waits for approval because it would deactivate too many users. Look at its changes and decide.',
    labels: ['acd'],
  },
  sync_directory_work_oldest_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'Age of the oldest edit of a role, or merge of teams, whose users are not all published yet; 0 without any. Grows: the log says why.',
    labels: [],
  },
} as const;

const made = defineMetrics(syncMetrics);
export const instruments = {
  runs: made.sync_runs_total,
  runSeconds: made.sync_run_duration_seconds,
  changes: made.sync_changes_total,
  lastCompleteAge: made.sync_last_complete_age_seconds,
  users: made.sync_users,
  brakeWaiting: made.sync_brake_waiting,
  workOldest: made.sync_directory_work_oldest_seconds,
};
