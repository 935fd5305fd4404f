import { fileURLToPath } from 'node:url';
import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';

export const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));

export type SegmenterDatabase = ServiceDatabase;

export const segmenterDatabase = (): Promise<SegmenterDatabase> =>
  serviceDatabase({ service: 'segmenter', folders: [migrationsFolder] });
