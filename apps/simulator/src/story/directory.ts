import { createPrng, seedOf } from './prng.ts';

export interface Site {
  id: string;
  name: string;
}
export interface Team {
  id: string;
  name: string;
  site: Site;
}
export interface Queue {
  id: string;
  name: string;
  channelType: 'TELEPHONY' | 'CHAT' | 'EMAIL' | 'SOCIAL_CHANNEL';
}
export interface EntryPoint {
  id: string;
  name: string;
  dialedNumber: string;
  entryPointType: 'INBOUND' | 'OUTBOUND';
}
export interface Agent {
  /** Place in the directory; scripts name agents by it and the audio marker carries it. */
  number: number;
  /** Contact-centre id, what Search calls agentId. */
  id: string;
  /** Common Identity id, what recordings list under participants. */
  ciUserId: string;
  firstName: string;
  lastName: string;
  name: string;
  email: string;
  phoneNumber: string;
  sessionId: string;
  channelId: string;
  team: Team;
}
export interface AuxiliaryCode {
  id: string;
  name: string;
  workTypeCode: 'WRAP_UP_CODE' | 'IDLE_CODE';
}
/** Everybody and everything that a tenant has configured. */
export interface Directory {
  orgId: string;
  sites: Site[];
  teams: Team[];
  queues: Queue[];
  entryPoints: EntryPoint[];
  agents: Agent[];
  auxiliaryCodes: AuxiliaryCode[];
}

const FIRST_NAMES = ['Ada', 'Ben', 'Chloe', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Liam'];
const LAST_NAMES = ['Abel', 'Brandt', 'Costa', 'Diaz', 'Eriksen', 'Falk', 'Garcia', 'Holm', 'Ito', 'Jansen', 'Kovac'];

/** Makes a tenant's directory from a seed: the same seed gives the same ids. */
export function createDirectory(orgId: string, seed: string, agentCount: number): Directory {
  const prng = createPrng(seedOf(`${seed}/directory`));
  const sites: Site[] = ['North', 'South'].map((name) => ({ id: prng.uuid(), name }));
  const teams: Team[] = ['Billing', 'Orders', 'Support'].map((name, index) => ({
    id: prng.uuid(),
    name: `${name} team`,
    site: sites[index % sites.length]!,
  }));
  const queues: Queue[] = [
    { name: 'Billing', channelType: 'TELEPHONY' },
    { name: 'Orders', channelType: 'TELEPHONY' },
    { name: 'Support', channelType: 'TELEPHONY' },
    { name: 'Web chat', channelType: 'CHAT' },
    { name: 'Mailbox', channelType: 'EMAIL' },
    { name: 'Text messages', channelType: 'SOCIAL_CHANNEL' },
  ].map((queue) => ({ id: prng.uuid(), ...queue }) as Queue);
  const entryPoints: EntryPoint[] = [
    { id: prng.uuid(), name: 'Main line', dialedNumber: '+14085550100', entryPointType: 'INBOUND' },
    { id: prng.uuid(), name: 'Outdial', dialedNumber: '+14085550199', entryPointType: 'OUTBOUND' },
  ];
  const agents = Array.from({ length: agentCount }, (_, number): Agent => {
    const firstName = FIRST_NAMES[number % FIRST_NAMES.length]!;
    const lastName = `${LAST_NAMES[number % LAST_NAMES.length]!}${number >= 132 ? number : ''}`;
    return {
      number,
      id: prng.uuid(),
      ciUserId: prng.uuid(),
      firstName,
      lastName,
      name: `${firstName} ${lastName}`,
      email: `${firstName}.${lastName}@contactcentre.example`.toLowerCase(),
      phoneNumber: String(6000 + number),
      sessionId: prng.uuid(),
      channelId: prng.uuid(),
      team: teams[number % teams.length]!,
    };
  });
  const auxiliaryCodes: AuxiliaryCode[] = [
    { id: prng.uuid(), name: 'Sale', workTypeCode: 'WRAP_UP_CODE' },
    { id: prng.uuid(), name: 'Complaint', workTypeCode: 'WRAP_UP_CODE' },
    { id: prng.uuid(), name: 'Question answered', workTypeCode: 'WRAP_UP_CODE' },
    { id: prng.uuid(), name: 'Lunch', workTypeCode: 'IDLE_CODE' },
    { id: prng.uuid(), name: 'RONA', workTypeCode: 'IDLE_CODE' },
  ];
  return { orgId, sites, teams, queues, entryPoints, agents, auxiliaryCodes };
}
