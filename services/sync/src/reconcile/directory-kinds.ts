import { uuidV5 } from '@wxcc-wfo/contracts';
import type { WebexClient } from '@wxcc-wfo/webex';
import { seenAuxiliaryCode, seenEntryPoint, seenQueue, seenSite, seenTeam, seenUser } from '../read/seen-policy.ts';
import { type Decision, KINDS, type Kind } from './decision.ts';
import { type KnownItems, knownQueues, knownReferenceItems, knownTeams, knownUsers } from './known-repository.ts';
import { type KnownItem, reconcileItem, reconcileMissingItem, type SeenItem } from './queue-policy.ts';
import { type KnownTeam, reconcileMissingTeam, reconcileTeam, type SeenTeam } from './team-policy.ts';
import { type KnownUser, reconcileMissingUser, reconcileUser, type SeenUser, type UserRules } from './user-policy.ts';

/** What of libs/webex a run reads. */
export type DirectorySource = Pick<
  WebexClient,
  'listUsers' | 'listTeams' | 'listQueues' | 'listSites' | 'listEntryPoints' | 'listAuxiliaryCodes' | 'findUsers'
>;

/** A record of a listing that cannot be taken over: it is counted and told, and what is known of it stays. */
export interface Refused {
  webexId: string;
  refusal: string;
}

/** How one kind is read, found again and judged. */
export interface DirectoryKind<S extends { webexId: string }, K extends { itemId: string; webexId: string }> {
  kind: Kind;
  pages(source: DirectorySource, signal: AbortSignal): AsyncIterable<(S | Refused)[]>;
  known: KnownItems<K>;
  decide(seen: S, known: K | null): Decision;
  decideMissing(known: K): Decision;
  nameOf(item: S | K): string;
  /** Asks for what a listing did not name, before its absence is believed. */
  findAgain?(source: DirectorySource, webexIds: string[], signal: AbortSignal): Promise<(S | Refused)[]>;
}

/** The WFO id of a thing: made of the id that Webex knew it by first, and kept ever since. */
export const itemIdOf = (acdId: string, kind: Kind, webexId: string): string => uuidV5(acdId, `${kind}:${webexId}`);

async function* mapped<T, S>(pages: AsyncIterable<T[]>, map: (record: T) => S): AsyncIterable<S[]> {
  for await (const page of pages) yield page.map(map);
}

/** Every kind in the order of a run. */
export function directoryKinds(rules: UserRules & { isOneDotZero: boolean }) {
  const byKind = {
    team: teams,
    queue: queues,
    site: sites,
    'entry-point': entryPoints,
    'auxiliary-code': auxiliaryCodes,
    user: users(rules),
  } satisfies Record<Kind, unknown>;
  return KINDS.map((kind) => byKind[kind]);
}

function users(rules: UserRules & { isOneDotZero: boolean }): DirectoryKind<SeenUser, KnownUser> {
  const see = (user: Parameters<typeof seenUser>[0]) => {
    const seen = seenUser(user, rules);
    return 'refusal' in seen ? { webexId: user.userId, ...seen } : seen;
  };
  return {
    kind: 'user',
    pages: (source, signal) => mapped(source.listUsers({ signal }), see),
    known: knownUsers,
    decide: (seen, known) => reconcileUser(seen, known, rules),
    decideMissing: reconcileMissingUser,
    nameOf: (user) => [user.firstName, user.lastName].filter(Boolean).join(' ') || (user.email ?? user.webexId),
    findAgain: async (source, webexIds, signal) => (await source.findUsers(webexIds, { signal })).map(see),
  };
}

const teams: DirectoryKind<SeenTeam, KnownTeam> = {
  kind: 'team',
  pages: (source, signal) => mapped(source.listTeams({ signal }), seenTeam),
  known: knownTeams,
  decide: reconcileTeam,
  decideMissing: reconcileMissingTeam,
  nameOf: (team) => team.name,
};

const ofItems = {
  decide: reconcileItem,
  decideMissing: reconcileMissingItem,
  nameOf: (item: SeenItem | KnownItem) => item.name,
};

const queues: DirectoryKind<SeenItem, KnownItem> = {
  ...ofItems,
  kind: 'queue',
  pages: (source, signal) => mapped(source.listQueues({ signal }), seenQueue),
  known: knownQueues,
};

const sites: DirectoryKind<SeenItem, KnownItem> = {
  ...ofItems,
  kind: 'site',
  pages: (source, signal) => mapped(source.listSites({ signal }), seenSite),
  known: knownReferenceItems('site'),
};

const entryPoints: DirectoryKind<SeenItem, KnownItem> = {
  ...ofItems,
  kind: 'entry-point',
  pages: (source, signal) => mapped(source.listEntryPoints({ signal }), seenEntryPoint),
  known: knownReferenceItems('entry-point'),
};

const auxiliaryCodes: DirectoryKind<SeenItem, KnownItem> = {
  ...ofItems,
  kind: 'auxiliary-code',
  pages: (source, signal) => mapped(source.listAuxiliaryCodes({ signal }), seenAuxiliaryCode),
  known: knownReferenceItems('auxiliary-code'),
};
