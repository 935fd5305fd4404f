import type { SimulatorOptions } from '../options.ts';
import type { Directory } from '../story/directory.ts';

/** One configured thing as the API shows it by id; lists leave its array fields out. */
export type ConfigRecord = Record<string, unknown> & { id: string };

export const resources = ['user', 'team', 'contact-service-queue', 'site', 'entry-point', 'auxiliary-code'] as const;
export type Resource = (typeof resources)[number];

export const CONFIGURED_MS = Date.UTC(2024, 0, 15);
export const ADMIN_ID = '00000000-0000-4000-8000-00000000000a';
export const ADMIN_IDENTITY_ID = '00000000-0000-4000-8000-00000000000b';

/** What a record of each resource says where nothing else is told. */
const DEFAULTS: Record<Resource, Record<string, unknown>> = {
  user: {
    workPhone: null,
    mobile: null,
    contactCenterEnabled: true,
    teamIds: [],
    userProfileId: '00000000-0000-4000-8000-000000000001',
    userProfileType: 'STANDARD_AGENT',
    agentProfileId: '00000000-0000-4000-8000-000000000002',
    timezone: 'UTC',
    externalIdentifier: null,
  },
  team: { teamType: 'AGENT', teamStatus: 'IN_SERVICE', systemDefault: false, rankQueuesForTeam: false },
  'contact-service-queue': {
    description: null,
    queueType: 'INBOUND',
    channelType: 'TELEPHONY',
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
  },
  site: { systemDefault: false, multimediaProfileId: null },
  'entry-point': {
    entryPointType: 'INBOUND',
    channelType: 'TELEPHONY',
    serviceLevelThreshold: 20,
    flowId: null,
    timezone: 'UTC',
    flowOverrideSettings: [],
    ...nothing(
      'assetId controlFlowScriptUrl imiOrgType overflowNumber socialChannelType maximumActiveContacts xspVersion subscriptionId',
    ),
  },
  'auxiliary-code': { workTypeCode: 'IDLE_CODE', workTypeId: null, defaultCode: false, isSystemCode: false },
};

/** A whole record of `resource` from what is told of it. */
export function recordOf(
  resource: Resource,
  about: { organizationId: string; createdMs: number },
  facts: { id: string } & Record<string, unknown>,
): ConfigRecord {
  return {
    organizationId: about.organizationId,
    version: 1,
    active: true,
    createdTime: about.createdMs,
    lastUpdatedTime: about.createdMs,
    ...DEFAULTS[resource],
    ...facts,
  };
}

/** Records of every resource, made from the directory of the story, and the account that authorizes. */
export function createRecords(
  directory: Directory,
  options: Pick<SimulatorOptions, 'adminEmail'>,
): Record<Resource, ConfigRecord[]> {
  const about = { organizationId: directory.orgId, createdMs: CONFIGURED_MS };
  const users = directory.agents.map((agent) =>
    recordOf('user', about, {
      id: agent.id,
      ciUserId: agent.ciUserId,
      firstName: agent.firstName,
      lastName: agent.lastName,
      email: agent.email,
      siteId: agent.team.site.id,
      siteName: agent.team.site.name,
      teamIds: [agent.team.id],
      deafultDialledNumber: agent.phoneNumber,
    }),
  );
  const admin = recordOf('user', about, {
    id: ADMIN_ID,
    ciUserId: ADMIN_IDENTITY_ID,
    firstName: 'Tenant',
    lastName: 'Administrator',
    email: options.adminEmail,
    // Guide, "Configure Contact Center settings": the status of the API account is No.
    contactCenterEnabled: false,
    userProfileId: '00000000-0000-4000-8000-000000000003',
    userProfileType: 'ADMINISTRATOR',
    agentProfileId: null,
  });
  const groups = [{ order: 1, duration: 0, agentGroups: directory.teams.map((team) => ({ teamId: team.id })) }];
  return {
    user: [...users, admin],
    team: directory.teams.map((team) =>
      recordOf('team', about, { id: team.id, name: team.name, siteId: team.site.id, siteName: team.site.name }),
    ),
    'contact-service-queue': directory.queues.map((queue) =>
      recordOf('contact-service-queue', about, {
        id: queue.id,
        name: queue.name,
        channelType: queue.channelType,
        callDistributionGroups: groups,
      }),
    ),
    site: directory.sites.map((site) => recordOf('site', about, { ...site })),
    'entry-point': directory.entryPoints.map((entryPoint) =>
      recordOf('entry-point', about, {
        id: entryPoint.id,
        name: entryPoint.name,
        entryPointType: entryPoint.entryPointType,
      }),
    ),
    'auxiliary-code': directory.auxiliaryCodes.map((code) =>
      recordOf('auxiliary-code', about, {
        id: code.id,
        name: code.name,
        workTypeCode: code.workTypeCode,
        isSystemCode: code.name === 'RONA',
      }),
    ),
  };
}

/** Fields that the tenant always names although this story has nothing to say in them. */
function nothing(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]));
}
