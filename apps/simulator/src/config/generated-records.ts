import { seedOf } from '../story/prng.ts';
import type { RecordSource } from './record-table.ts';
import type { ConfigRecord } from './records.ts';

/** How large a generated directory is. The same seed gives the same people under the same ids. */
export interface GeneratedSize {
  users?: number;
  teams?: number;
  queues?: number;
  seed?: string;
}

export interface GeneratedFacts {
  organizationId: string;
  seed: string;
  /** Grows when a directory sync gives everybody a new id. */
  generation: number;
  createdMs: number;
  site: { id: string; name: string };
  emailDomain: string;
  /** How many teams users are dealt to. */
  teams: number;
}

const FIRST_NAMES = ['Ada', 'Ben', 'Chloe', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Liam'];
const LAST_NAMES = ['Abel', 'Brandt', 'Costa', 'Diaz', 'Eriksen', 'Falk', 'Garcia', 'Holm', 'Ito', 'Jansen', 'Kovac'];
const CHANNELS = ['TELEPHONY', 'CHAT', 'EMAIL', 'SOCIAL_CHANNEL'];
const KINDS = { user: 1, identity: 2, team: 3, queue: 4 } as const;

/** Ids that tell their place again: 8 digits of the seed, 4 of the kind, 3 of the generation, 12 of the place. */
function idsOf(facts: Pick<GeneratedFacts, 'seed' | 'generation'>, kind: keyof typeof KINDS) {
  const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');
  const [word] = seedOf(`${facts.seed}/${kind}`);
  const prefix = `${hex(word, 8)}-${hex(KINDS[kind], 4)}-4${hex(facts.generation, 3)}-8000-`;
  return { prefix, at: (n: number): string => prefix + hex(n, 12) };
}

function source(
  facts: GeneratedFacts,
  kind: 'user' | 'team' | 'queue',
  count: number,
  make: (n: number) => Record<string, unknown>,
): RecordSource {
  const ids = idsOf(facts, kind);
  return {
    count,
    make: (n) =>
      ({
        organizationId: facts.organizationId,
        id: ids.at(n),
        version: 1,
        active: true,
        createdTime: facts.createdMs,
        lastUpdatedTime: facts.createdMs,
        ...make(n),
      }) as ConfigRecord,
    placeOf(id) {
      if (!id.startsWith(ids.prefix)) return undefined;
      const n = Number.parseInt(id.slice(-12), 16);
      return n < count ? n : undefined;
    },
  };
}

export function generatedUsers(facts: GeneratedFacts, count: number): RecordSource {
  const identities = idsOf(facts, 'identity');
  const teams = idsOf({ ...facts, generation: 0 }, 'team');
  return source(facts, 'user', count, (n) => {
    const firstName = FIRST_NAMES[n % FIRST_NAMES.length]!;
    const lastName = `${LAST_NAMES[n % LAST_NAMES.length]!} ${n}`;
    return {
      ciUserId: identities.at(n),
      firstName,
      lastName,
      email: `${firstName}.${lastName.replace(' ', '.')}@${facts.emailDomain}`.toLowerCase(),
      contactCenterEnabled: true,
      siteId: facts.site.id,
      siteName: facts.site.name,
      teamIds: facts.teams === 0 ? [] : [teams.at(n % facts.teams)],
      userProfileType: 'STANDARD_AGENT',
      timezone: 'UTC',
    };
  });
}

export function generatedTeams(facts: GeneratedFacts, count: number): RecordSource {
  return source(facts, 'team', count, (n) => ({
    name: `Team ${n}`,
    // Every tenth by capacity: guide, "teams of any type".
    ...(n % 10 === 9 ? { teamType: 'CAPACITY', capacity: 5, dialedNumber: `+1408555${n}` } : { teamType: 'AGENT' }),
    teamStatus: 'IN_SERVICE',
    siteId: facts.site.id,
    siteName: facts.site.name,
    systemDefault: false,
    rankQueuesForTeam: false,
  }));
}

export function generatedQueues(facts: GeneratedFacts, count: number): RecordSource {
  return source(facts, 'queue', count, (n) => ({
    name: `Queue ${n}`,
    description: null,
    queueType: n % 20 === 19 ? 'OUTBOUND' : 'INBOUND',
    channelType: CHANNELS[n % CHANNELS.length],
    serviceLevelThreshold: 20,
    maxActiveContacts: 100,
    maxTimeInQueue: 3_600,
    routingType: 'LONGEST_AVAILABLE_AGENT',
    queueRoutingType: 'TEAM_BASED',
    callDistributionGroups: [],
    timezone: 'UTC',
    recordingPermitted: true,
    recordingAllCallsPermitted: true,
    monitoringPermitted: true,
    checkAgentAvailability: false,
  }));
}
