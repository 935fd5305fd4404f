import type { OnUnknownValue } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import type { CallOptions, WebexClient, WebexUser } from '../port.ts';
import {
  decodeAuxiliaryCode,
  decodeEntryPoint,
  decodeQueue,
  decodeSite,
  decodeTeam,
  decodeUser,
} from './directory-decoder.ts';
import { type Listing, readListing, readListPage } from './directory-listing.ts';

export type DirectoryClient = Pick<
  WebexClient,
  | 'listUsers'
  | 'listTeams'
  | 'listQueues'
  | 'listSites'
  | 'listEntryPoints'
  | 'listAuxiliaryCodes'
  | 'findUsers'
  | 'findUserByIdentity'
>;

/** Ids of one question: half a page, and a URL of some two thousand characters. */
const IDS_PER_QUESTION = 50;

/** Reads users, teams, queues and what else is configured, by the configuration API. */
export function createDirectoryClient(deps: {
  transport: Transport;
  apiUrl: string;
  orgId: string;
  onUnknown: OnUnknownValue;
}): DirectoryClient {
  const { transport, onUnknown } = deps;
  const base = `${deps.apiUrl}/organization/${encodeURIComponent(deps.orgId)}`;

  function listing<T>(name: string, resource: string, rest: Pick<Listing<T>, 'decode' | 'idOf'>) {
    const operation = `config.${name.replaceAll(' ', '-')}`;
    const whole: Listing<T> = { what: `Listing ${name}`, operation, url: `${base}/v2/${resource}`, ...rest };
    return (options: CallOptions = {}) => readListing(transport, whole, options.signal);
  }

  async function findSome(userIds: string[], signal: AbortSignal | undefined): Promise<WebexUser[]> {
    const filter = encodeURIComponent(`id=in=(${userIds.map((id) => `"${id}"`).join(',')})`);
    const url = `${base}/v2/user?page=0&pageSize=${2 * IDS_PER_QUESTION}&filter=${filter}`;
    const what = 'Looking for users by their ids';
    const answer = await transport.call({ what, operation: 'config.find-users', method: 'GET', url, signal });
    const { records, totalRecords } = readListPage(answer);
    if (totalRecords !== null && totalRecords !== records.length) {
      throw new WebexError('incomplete', `${what} was answered with ${records.length} of ${totalRecords} users`);
    }
    return records.map((record, index) => decodeUser(record, `data[${index}]`));
  }

  return {
    listUsers: listing('users', 'user', { decode: decodeUser, idOf: (user) => user.userId }),
    listTeams: listing('teams', 'team', { decode: decodeTeam, idOf: (team) => team.teamId }),
    listQueues: listing('queues', 'contact-service-queue', {
      decode: (value, path) => decodeQueue(value, path, onUnknown),
      idOf: (queue) => queue.queueId,
    }),
    listSites: listing('sites', 'site', { decode: decodeSite, idOf: (site) => site.siteId }),
    listEntryPoints: listing('entry points', 'entry-point', {
      decode: (value, path) => decodeEntryPoint(value, path, onUnknown),
      idOf: (entryPoint) => entryPoint.entryPointId,
    }),
    listAuxiliaryCodes: listing('auxiliary codes', 'auxiliary-code', {
      decode: (value, path) => decodeAuxiliaryCode(value, path, onUnknown),
      idOf: (code) => code.auxiliaryCodeId,
    }),

    async findUsers(userIds, { signal } = {}) {
      const found: WebexUser[] = [];
      for (let start = 0; start < userIds.length; start += IDS_PER_QUESTION) {
        found.push(...(await findSome(userIds.slice(start, start + IDS_PER_QUESTION), signal)));
      }
      return found;
    },

    async findUserByIdentity(identityId, { signal } = {}) {
      const url = `${base}/user/by-ci-user-id/${encodeURIComponent(identityId)}?includeUserProfile=true`;
      const what = 'Looking for a user by the Common Identity id';
      try {
        const call = { what, operation: 'config.find-user', method: 'GET', url, signal } as const;
        return decodeUser(await transport.call(call), 'answer');
      } catch (error) {
        if (error instanceof WebexError && error.kind === 'not-found') return undefined;
        throw error;
      }
    },
  };
}
