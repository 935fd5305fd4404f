import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { defineMetrics } from '@wxcc-wfo/service-kit';
import type { AssignedContact } from './segmenting/segment-task.ts';

/** What the segmenter measures. */
export const segmenterMetricsCatalogue = {
  segmenter_contacts_published_total: {
    kind: 'counter',
    unit: '{contact}',
    help: 'Contact versions published, by the state of their audio. None while tasks end: look at the lag of the consumer.',
    labels: ['audio_state'],
  },
  segmenter_segmentation_lag_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'From the end of a call to the first version of its contacts. Long: look at capture first, then at the lag of this consumer.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 7200],
  },
  segmenter_oldest_awaited_task_age_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long the oldest recording has waited for its task. Growing: capture does not deliver the task; look at its sweeps.',
  },
} as const;

export type SegmenterMetrics = ReturnType<typeof createSegmenterMetrics>;

export const createSegmenterMetrics = () => defineMetrics(segmenterMetricsCatalogue);

/** Counts what a batch published; of a call's contacts the last one to end tells when the call did. */
export function recordSegmented(metrics: SegmenterMetrics, changed: readonly AssignedContact[]): void {
  const newest = new Map<string, ContactSegmented>();
  for (const { contact } of changed) {
    metrics.segmenter_contacts_published_total.add(1, { audio_state: contact.audio.state });
    if (contact.version > 1) continue;
    const known = newest.get(contact.taskId);
    if (known === undefined || known.endedAtMs < contact.endedAtMs) newest.set(contact.taskId, contact);
  }
  for (const { segmentedAtMs, endedAtMs } of newest.values()) {
    metrics.segmenter_segmentation_lag_seconds.record(Math.max(0, segmentedAtMs - endedAtMs) / 1_000);
  }
}
