import type { WebexAuxiliaryCode, WebexEntryPoint, WebexQueue, WebexSite, WebexTeam, WebexUser } from '@wxcc-wfo/webex';
import { WebexError } from '@wxcc-wfo/webex';
import type { DirectorySource } from '../src/reconcile/directory-kinds.ts';

/** A tenant's directory that a test changes by hand. */
export interface FakeDirectory extends DirectorySource {
  users: WebexUser[];
  teams: WebexTeam[];
  queues: WebexQueue[];
  sites: WebexSite[];
  entryPoints: WebexEntryPoint[];
  auxiliaryCodes: WebexAuxiliaryCode[];
  /** After so many records of a kind its listing breaks off. */
  breaksAfter: Partial<Record<'users' | 'teams' | 'queues', number>>;
  /** What a broken listing throws. */
  failure: () => Error;
  /** Called with each page that is given. */
  onPage: (kind: string) => Promise<void> | void;
  /** Users that the listing leaves out although they are there. */
  hidden: Set<string>;
}

const PAGE = 100;

export function fakeDirectory(): FakeDirectory {
  async function* list<T extends { isActive: boolean | null }>(
    kind: 'users' | 'teams' | 'queues' | 'sites' | 'entryPoints' | 'auxiliaryCodes',
    idOf: (item: T) => string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T[]> {
    const all = (directory[kind] as unknown as T[]).filter((item) => !directory.hidden.has(idOf(item)));
    const end = directory.breaksAfter[kind as 'users'] ?? Number.POSITIVE_INFINITY;
    for (let start = 0; start < all.length && start < end; start += PAGE) {
      await directory.onPage(kind);
      signal?.throwIfAborted();
      yield all.slice(start, Math.min(start + PAGE, end));
    }
    if (end < Number.POSITIVE_INFINITY) throw directory.failure();
  }
  const directory: FakeDirectory = {
    users: [],
    teams: [],
    queues: [],
    sites: [],
    entryPoints: [],
    auxiliaryCodes: [],
    breaksAfter: {},
    hidden: new Set(),
    failure: () => new WebexError('unavailable', 'Listing broke off in the middle'),
    onPage: () => {},
    listUsers: (o) => list<WebexUser>('users', (user) => user.userId, o?.signal),
    listTeams: (o) => list<WebexTeam>('teams', (team) => team.teamId, o?.signal),
    listQueues: (o) => list<WebexQueue>('queues', (queue) => queue.queueId, o?.signal),
    listSites: (o) => list<WebexSite>('sites', (site) => site.siteId, o?.signal),
    listEntryPoints: (o) => list<WebexEntryPoint>('entryPoints', (point) => point.entryPointId, o?.signal),
    listAuxiliaryCodes: (o) => list<WebexAuxiliaryCode>('auxiliaryCodes', (code) => code.auxiliaryCodeId, o?.signal),
    async findUsers(ids) {
      return directory.users.filter((user) => ids.includes(user.userId));
    },
  };
  return directory;
}

export function aWebexUser(id: string, changes: Partial<WebexUser> = {}): WebexUser {
  return {
    userId: id,
    identityId: `ci-${id}`,
    legacyId: null,
    firstName: 'Ada',
    lastName: `Number ${id}`,
    email: `${id}@contactcentre.example`,
    isActive: true,
    isContactCenterEnabled: true,
    siteId: null,
    siteName: null,
    teamIds: null,
    userProfileId: null,
    profileType: null,
    agentProfileId: null,
    skillProfileId: null,
    timezone: null,
    externalId: null,
    updatedAtMs: null,
    ...changes,
  };
}

export function aWebexTeam(id: string, changes: Partial<WebexTeam> = {}): WebexTeam {
  return {
    teamId: id,
    name: `Team ${id}`,
    type: 'AGENT',
    status: 'IN_SERVICE',
    isActive: true,
    siteId: null,
    siteName: null,
    userIds: null,
    updatedAtMs: null,
    ...changes,
  };
}

export function aWebexQueue(id: string, changes: Partial<WebexQueue> = {}): WebexQueue {
  return {
    queueId: id,
    name: `Queue ${id}`,
    direction: 'inbound',
    channel: 'voice',
    channelType: 'TELEPHONY',
    socialChannelType: null,
    serviceLevelThresholdSeconds: 20,
    isActive: true,
    routingType: null,
    updatedAtMs: null,
    ...changes,
  };
}
