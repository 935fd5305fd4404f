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
  media_import_jobs_waiting: {
    kind: 'observed',
    unit: '{job}',
    help: 'Tasks whose recordings are still to be had. Growing: see GET /v1/imports for the reasons.',
  },
  media_import_oldest_due_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long the oldest due import has been waiting for its turn. Above minutes: add replicas or budget.',
  },
} as const;

export interface ImportMetrics {
  storedBytes(bytes: number): void;
  downloadFailed(code: string): void;
  observe(read: { waiting(): number; oldestDueSeconds(): number }): void;
}

export function importMetrics(): ImportMetrics {
  const made = defineMetrics(mediaImportMetrics);
  return {
    storedBytes(bytes) {
      made.media_import_recordings_stored_total.add(1);
      made.media_import_bytes_stored_total.add(bytes);
    },
    downloadFailed: (code) => made.media_import_downloads_failed_total.add(1, { code }),
    observe(read) {
      made.media_import_jobs_waiting.observe(read.waiting);
      made.media_import_oldest_due_seconds.observe(read.oldestDueSeconds);
    },
  };
}
