import { defineMetrics } from '@wxcc-wfo/service-kit';

/** The metrics of `media-import`; names and help are for the person on call. */
export const mediaImportMetrics = {
  media_import_recordings_stored_total: {
    kind: 'counter',
    unit: '{recording}',
    help: 'Recordings that were verified, encrypted and stored. Flat while calls end: look at failed downloads.',
  },
  media_import_bytes_stored_total: { kind: 'counter', unit: 'By', help: 'Plaintext bytes of the recordings stored.' },
  media_import_downloads_failed_total: {
    kind: 'counter',
    unit: '{download}',
    help: 'Downloads that brought nothing that may be stored, by code. They are tried again by themselves.',
    labels: ['code'],
  },
  media_import_webhooks_total: {
    kind: 'counter',
    unit: '{webhook}',
    help: 'Webhooks by outcome: woke a job, unknown (its task has not ended here yet), refused (wrong signature).',
    labels: ['outcome'],
  },
  media_import_jobs_waiting: {
    kind: 'gauge',
    unit: '{job}',
    help: 'Tasks whose recordings are still to be had. Growing: see GET /v1/imports for the reasons.',
  },
  media_import_oldest_due_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'How long the oldest due import has been waiting for its turn. Above minutes: add replicas or budget.',
  },
} as const;

export interface ImportMetrics {
  storedBytes(bytes: number): void;
  downloadFailed(code: string): void;
  webhook(outcome: 'woke' | 'unknown' | 'refused'): void;
  backlog(measured: { waiting: number; oldestDueAtMs: number | null }, nowMs: number): void;
}

export function importMetrics(): ImportMetrics {
  const made = defineMetrics(mediaImportMetrics);
  return {
    storedBytes(bytes) {
      made.media_import_recordings_stored_total.add(1);
      made.media_import_bytes_stored_total.add(bytes);
    },
    downloadFailed: (code) => made.media_import_downloads_failed_total.add(1, { code }),
    webhook: (outcome) => made.media_import_webhooks_total.add(1, { outcome }),
    backlog({ waiting, oldestDueAtMs }, nowMs) {
      made.media_import_jobs_waiting.record(waiting);
      made.media_import_oldest_due_seconds.record(
        oldestDueAtMs === null ? 0 : Math.max(0, nowMs - oldestDueAtMs) / 1000,
      );
    },
  };
}
