import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';
import { acdMigrationsFolder } from '../src/index.ts';

/** An empty schema with the tables of this lib. */
export const acdDatabase = (): Promise<ServiceDatabase> =>
  serviceDatabase({ service: 'acd', folders: [acdMigrationsFolder] });
