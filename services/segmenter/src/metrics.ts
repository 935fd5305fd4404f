import { defineMetrics } from '@wxcc-wfo/service-kit';

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
    help: 'From the end of a task to the first version of a contact. Long: look at capture first, then at the lag of this consumer.',
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
