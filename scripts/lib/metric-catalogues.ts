import { busMetricCatalogue } from '@wxcc-wfo/bus';
import { httpMetrics, type MetricDefinition, rewrapMetrics } from '@wxcc-wfo/service-kit';
import { captureMetrics } from '../../services/capture/src/telemetry.ts';
import { mediaImportMetrics } from '../../services/media-import/src/metrics.ts';
import { oauthMetricsCatalogue } from '../../services/oauth/src/metrics.ts';
import { segmenterMetricsCatalogue } from '../../services/segmenter/src/metrics.ts';
import { syncMetrics } from '../../services/sync/src/metrics.ts';

export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;

/** Every metric that the product declares, by who emits it: for the documents, and for the test of the alert rules. */
export const METRIC_CATALOGUES: Readonly<Record<string, MetricCatalogue>> = {
  oauth: oauthMetricsCatalogue,
  sync: syncMetrics,
  capture: captureMetrics,
  'media-import': mediaImportMetrics,
  segmenter: segmenterMetricsCatalogue,
  'every service: outbox and consumers': busMetricCatalogue,
  'every service: HTTP': httpMetrics,
  'every service that seals: keys at rest': rewrapMetrics,
};
