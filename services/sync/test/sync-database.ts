import { fileURLToPath } from 'node:url';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';

export { anAcd } from '@wxcc-wfo/acd/testing';

export type SyncDatabase = ServiceDatabase;

/** What sync adds to a schema. */
export const syncMigrations: string[] = [acdMigrationsFolder, fileURLToPath(new URL('../migrations', import.meta.url))];

export const syncDatabase = (): Promise<SyncDatabase> => serviceDatabase({ service: 'sync', folders: syncMigrations });
