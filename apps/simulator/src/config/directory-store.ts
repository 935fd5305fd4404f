import type { SimulatorOptions } from '../options.ts';
import type { Directory } from '../story/directory.ts';
import { createPrng, seedOf } from '../story/prng.ts';
import {
  type GeneratedFacts,
  type GeneratedSize,
  generatedQueues,
  generatedTeams,
  generatedUsers,
} from './generated-records.ts';
import { createRecordTable, type RecordPatch, type RecordTable } from './record-table.ts';
import { CONFIGURED_MS, type ConfigRecord, createRecords, type Resource, recordOf, resources } from './records.ts';
import { keepStoryInStep } from './story-link.ts';

/** What becomes of the records that a directory sync replaces. */
export type OldRecords = 'deleted' | 'inactive' | 'kept';

export interface DirectorySwitch {
  /** Whom it concerns; without it everybody but the administrator. */
  userIds?: string[];
  /** Addresses get this domain; without it they are kept. */
  emailDomain?: string;
  /** Default `deleted`, as the guide says of a directory sync that is switched on later. */
  old?: OldRecords;
}

export interface Replacement {
  before: ConfigRecord;
  after: ConfigRecord;
}

/** The directory of the tenant as it is now; every change keeps `version` and `lastUpdatedTime` as the API does. */
export interface DirectoryStore {
  table(resource: Resource): RecordTable;
  add(resource: Resource, facts: RecordPatch): ConfigRecord;
  change(resource: Resource, id: string, patch: RecordPatch): ConfigRecord;
  remove(resource: Resource, id: string): ConfigRecord;
  restore(resource: Resource, id: string): ConfigRecord;
  /** The same thing again under a new id (and a new Common Identity id). */
  replace(resource: Resource, id: string, change: { old?: OldRecords; patch?: RecordPatch }): Replacement;
  switchDirectory(change: DirectorySwitch): { replaced: number; pairs: Replacement[] };
  /** Puts this many generated records beside the others; 0 takes them away. */
  generate(size: GeneratedSize): void;
  teamIdsOf(userIds: readonly string[]): string[];
  /** A team as it is by id: with its members. */
  withMembers(team: ConfigRecord): ConfigRecord;
}

/** Fields that may be told when something is added or changed; the API keeps the others itself. */
const FIELDS: Record<Resource, readonly string[]> = {
  user: 'ciUserId dbId firstName lastName email workPhone mobile contactCenterEnabled active siteId siteName teamIds userProfileId userProfileType agentProfileId skillProfileId multimediaProfileId deafultDialledNumber timezone externalIdentifier'.split(
    ' ',
  ),
  team: 'name teamType teamStatus active capacity dialedNumber siteId siteName description'.split(' '),
  'contact-service-queue':
    'name description queueType channelType socialChannelType serviceLevelThreshold maxActiveContacts maxTimeInQueue active routingType queueRoutingType timezone'.split(
      ' ',
    ),
  site: ['name', 'active', 'description'],
  'entry-point': 'name active description entryPointType channelType socialChannelType serviceLevelThreshold'.split(
    ' ',
  ),
  'auxiliary-code': 'name active description workTypeCode defaultCode isSystemCode'.split(' '),
};

export function createDirectoryStore(
  directory: Directory,
  options: Pick<SimulatorOptions, 'adminEmail' | 'seed' | 'now'>,
): DirectoryStore {
  const { now } = options;
  const first = createRecords(directory, options);
  const tables = Object.fromEntries(resources.map((name) => [name, createRecordTable(first[name])])) as Record<
    Resource,
    RecordTable
  >;
  const administrator = first.user.at(-1)?.id;
  const prng = createPrng(seedOf(`${options.seed}/directory-changes`));
  let generated: GeneratedFacts = {
    organizationId: directory.orgId,
    seed: options.seed,
    generation: 0,
    createdMs: CONFIGURED_MS,
    site: directory.sites[0]!,
    emailDomain: 'generated.example',
    teams: 0,
  };

  const checked = (resource: Resource, facts: RecordPatch): RecordPatch => {
    const unknown = Object.keys(facts).filter((name) => !FIELDS[resource].includes(name));
    if (unknown.length === 0) return facts;
    throw new Error(`${unknown.join(', ')} cannot be set on a ${resource}. Fields: ${FIELDS[resource].join(' ')}.`);
  };
  const known = (resource: Resource, id: string, record: ConfigRecord | undefined): ConfigRecord => {
    if (record === undefined) throw new Error(`There is no ${resource} with id ${id} to do that with.`);
    return record;
  };
  const changed = (resource: Resource, id: string, patch: RecordPatch): ConfigRecord => {
    const before = known(resource, id, tables[resource].find(id));
    const after = { ...patch, version: Number(before.version) + 1, lastUpdatedTime: now() };
    return keepStoryInStep(directory, resource, id, known(resource, id, tables[resource].change(id, after)));
  };
  const add = (resource: Resource, facts: RecordPatch): ConfigRecord => {
    const id = prng.uuid();
    const about = { organizationId: directory.orgId, createdMs: now() };
    const identity = resource === 'user' ? { ciUserId: prng.uuid() } : {};
    return tables[resource].add(recordOf(resource, about, { ...identity, ...facts, id }));
  };
  const dispose = (resource: Resource, id: string, old: OldRecords): void => {
    if (old === 'deleted') known(resource, id, tables[resource].remove(id));
    if (old === 'inactive') changed(resource, id, { active: false });
  };

  const store: DirectoryStore = {
    table: (resource) => tables[resource],
    add: (resource, facts) => add(resource, checked(resource, facts)),
    change: (resource, id, patch) => changed(resource, id, checked(resource, patch)),
    remove: (resource, id) => known(resource, id, tables[resource].remove(id)),
    restore(resource, id) {
      const record = known(resource, id, tables[resource].restore(id, {}));
      return changed(resource, id, { version: record.version });
    },
    replace(resource, id, { old = 'deleted', patch = {} }) {
      const before = known(resource, id, tables[resource].find(id));
      const copied = Object.fromEntries(FIELDS[resource].map((name) => [name, before[name]]));
      dispose(resource, id, old);
      const identity = resource === 'user' ? { ciUserId: prng.uuid() } : {};
      const after = add(resource, { ...defined(copied), ...identity, ...checked(resource, patch) });
      keepStoryInStep(directory, resource, id, after);
      return { before, after };
    },
    switchDirectory({ userIds, emailDomain, old = 'deleted' }) {
      const moved = (email: unknown): RecordPatch =>
        emailDomain === undefined ? {} : { email: `${String(email).split('@')[0]}@${emailDomain}` };
      const generatedCount = userIds === undefined ? tables.user.generatedSize() : 0;
      const wanted = userIds ?? tables.user.namedIds().filter((id) => id !== administrator);
      const pairs = wanted.map((id) => {
        const email = known('user', id, tables.user.find(id)).email;
        return store.replace('user', id, { old, patch: moved(email) });
      });
      if (generatedCount > 0) {
        generated = {
          ...generated,
          generation: generated.generation + 1,
          createdMs: now(),
          ...(emailDomain === undefined ? {} : { emailDomain }),
        };
        const overlay =
          old === 'deleted' ? old : old === 'inactive' ? { active: false, version: 2, lastUpdatedTime: now() } : {};
        tables.user.succeed(overlay, (source) => generatedUsers(generated, source.count));
      }
      return { replaced: pairs.length + generatedCount, pairs };
    },
    generate({ users, teams, queues, seed }) {
      generated = { ...generated, seed: seed ?? generated.seed, generation: 0, createdMs: CONFIGURED_MS };
      if (teams !== undefined) generated.teams = teams;
      if (users !== undefined) tables.user.generate(generatedUsers(generated, users));
      if (teams !== undefined) tables.team.generate(generatedTeams(generated, teams));
      if (queues !== undefined) tables['contact-service-queue'].generate(generatedQueues(generated, queues));
    },
    teamIdsOf: (userIds) => userIds.flatMap((id) => (tables.user.find(id)?.teamIds as string[] | undefined) ?? []),
    withMembers(team) {
      const userIds: string[] = [];
      for (const user of tables.user.all()) if ((user.teamIds as string[]).includes(team.id)) userIds.push(user.id);
      return { ...team, userIds };
    },
  };
  return store;
}

function defined(patch: RecordPatch): RecordPatch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
