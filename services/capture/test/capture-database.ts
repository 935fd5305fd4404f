import { fileURLToPath } from 'node:url';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import type { ReceivedEvent } from '@wxcc-wfo/bus';
import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { captureHandlers } from '../src/polling/consumed-events.ts';

export { anAcd } from '@wxcc-wfo/acd/testing';

export type CaptureDatabase = ServiceDatabase;

/** What capture adds to a schema. */
export const captureMigrations: string[] = [
  acdMigrationsFolder,
  fileURLToPath(new URL('../migrations', import.meta.url)),
];

export const captureDatabase = (): Promise<CaptureDatabase> =>
  serviceDatabase({ service: 'capture', folders: captureMigrations });

/** What `acd-changed` does to capture. */
export async function applyAcdChanges(sql: SqlClient, acds: AcdChanged[]): Promise<void> {
  const events = acds.map((payload) => ({ payload }) as ReceivedEvent<'acd-changed'>);
  await captureHandlers['acd-changed'](events, sql);
}
