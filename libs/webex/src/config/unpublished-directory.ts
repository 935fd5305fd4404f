import type { AcdVariant } from '@wxcc-wfo/contracts';
import { WebexError } from '../http/webex-error.ts';
import type { DirectoryClient } from './directory-client.ts';

export type DirectoryAvailability = { available: true } | { available: false; missing: string };

const MISSING =
  'nothing public describes its answers for users, teams and queues: the paths, the paging and the fields are missing, among them which one is the TID, whether a user is active and whether contact-center enabled. ' +
  'Public of the legacy APIs are only the Analyzer’s sessions and activities (csrs, cars, asrs, aars)';

const unavailable = (api: string): DirectoryAvailability => ({ available: false, missing: `Of ${api}, ${MISSING}` });

const DIRECTORIES: Record<AcdVariant, DirectoryAvailability> = {
  '1.0-cmsv1': unavailable('CWCC 1.0 with legacy CMSv1 APIs'),
  '1.0-to-2.0-cmsv2': unavailable('CWCC 1.0 to 2.0 with CMSv2 APIs'),
  '2.0-cmsv1': unavailable('CWCC 2.0 with legacy CMSv1 APIs'),
  '2.0': { available: true },
};

/** Whether users, teams and queues of a variant can be read, or precisely what is missing (AUTH-07, SYNC-01). */
export function directoryOf(variant: AcdVariant): DirectoryAvailability {
  return DIRECTORIES[variant];
}

/**
 * Stands for the directory of a variant whose API is not published: every question fails with `not-published` and
 * says what is missing. Nothing is sent, as nothing is known that could be sent.
 */
export function createUnpublishedDirectory(variant: Exclude<AcdVariant, '2.0'>): DirectoryClient {
  const fail = (what: string): WebexError => {
    const directory = directoryOf(variant);
    const missing = directory.available ? '' : directory.missing;
    return new WebexError(
      'not-published',
      `${what} is not possible over variant ${variant}. ${missing}. Connect by the 2.0 programmatic APIs, or supply Cisco’s description of these answers with a sample`,
    );
  };
  // biome-ignore lint/correctness/useYield: fails before its first page
  async function* nothing(what: string): AsyncGenerator<never> {
    throw fail(what);
  }
  return {
    listUsers: () => nothing('Listing users'),
    listTeams: () => nothing('Listing teams'),
    listQueues: () => nothing('Listing queues'),
    listSites: () => nothing('Listing sites'),
    listEntryPoints: () => nothing('Listing entry points'),
    listAuxiliaryCodes: () => nothing('Listing auxiliary codes'),
    findUsers: () => Promise.reject(fail('Looking for users by their ids')),
    findUserByIdentity: () => Promise.reject(fail('Looking for a user by the Common Identity id')),
  };
}
