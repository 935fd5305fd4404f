import { fileURLToPath } from 'node:url';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { type ServiceDatabase, serviceDatabase } from '@wxcc-wfo/bus/testing/service-database';
import type { AcdChanged, TaskEnded } from '@wxcc-wfo/contracts';

export { anAcd } from '@wxcc-wfo/acd/testing';

export type MediaImportDatabase = ServiceDatabase;

/** What media-import adds to a schema. */
export const mediaImportMigrations: string[] = [
  acdMigrationsFolder,
  fileURLToPath(new URL('../migrations', import.meta.url)),
];

export const mediaImportDatabase = (): Promise<MediaImportDatabase> =>
  serviceDatabase({ service: 'media-import', folders: mediaImportMigrations });

/** An ended call that was recorded, as capture publishes it. */
export function aTaskEnded(acd: AcdChanged, changes: Partial<TaskEnded> & { taskId: string }): TaskEnded {
  const endedAtMs = changes.endedAtMs ?? Date.now();
  return {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    webexOrgId: acd.webexOrgId,
    revision: 1,
    observedAtMs: endedAtMs,
    channel: 'voice',
    channelType: 'telephony',
    channelSubType: null,
    direction: 'inbound',
    contactsWanted: true,
    createdAtMs: endedAtMs - 10_000,
    endedAtMs,
    lastActivityAtMs: endedAtMs,
    callingNumber: null,
    calledNumber: null,
    queue: null,
    team: null,
    entryPoint: null,
    terminationType: null,
    terminationReason: null,
    terminatingEnd: null,
    recordingRequested: true,
    wrapUpCode: null,
    totalMs: 10_000,
    metadata: [],
    activities: [],
    ...changes,
  };
}
