import type { SimulatorOptions } from '../options.ts';
import type { Directory } from '../story/directory.ts';

/** One configured thing as the API shows it by id; lists leave its array fields out. */
export type ConfigRecord = Record<string, unknown> & { id: string };

export const resources = ['user', 'team', 'contact-service-queue', 'site', 'entry-point', 'auxiliary-code'] as const;
export type Resource = (typeof resources)[number];

const CONFIGURED_MS = Date.UTC(2024, 0, 15);

/** Records of every resource, made from the directory. */
export function createRecords(
  directory: Directory,
  options: Pick<SimulatorOptions, 'adminEmail'>,
): Record<Resource, ConfigRecord[]> {
  const base = {
    organizationId: directory.orgId,
    version: 1,
    active: true,
    createdTime: CONFIGURED_MS,
    lastUpdatedTime: CONFIGURED_MS,
  };
  const users = directory.agents.map((agent) => ({
    ...base,
    id: agent.id,
    ciUserId: agent.ciUserId,
    firstName: agent.firstName,
    lastName: agent.lastName,
    email: agent.email,
    workPhone: null,
    mobile: null,
    contactCenterEnabled: true,
    siteId: agent.team.site.id,
    siteName: agent.team.site.name,
    teamIds: [agent.team.id],
    userProfileId: '00000000-0000-4000-8000-000000000001',
    userProfileType: 'STANDARD_AGENT',
    agentProfileId: '00000000-0000-4000-8000-000000000002',
    deafultDialledNumber: agent.phoneNumber,
    timezone: 'UTC',
    externalIdentifier: null,
  }));
  const admin = {
    ...base,
    id: '00000000-0000-4000-8000-00000000000a',
    ciUserId: '00000000-0000-4000-8000-00000000000b',
    firstName: 'Tenant',
    lastName: 'Administrator',
    email: options.adminEmail,
    contactCenterEnabled: true,
    teamIds: [],
    userProfileType: 'ADMINISTRATOR',
  };
  return {
    user: [...users, admin],
    team: directory.teams.map((team) => ({
      ...base,
      id: team.id,
      name: team.name,
      teamType: 'AGENT',
      teamStatus: 'IN_SERVICE',
      siteId: team.site.id,
      siteName: team.site.name,
      userIds: directory.agents.filter((agent) => agent.team.id === team.id).map((agent) => agent.id),
      systemDefault: false,
      rankQueuesForTeam: false,
    })),
    'contact-service-queue': directory.queues.map((queue) => ({
      ...base,
      id: queue.id,
      name: queue.name,
      description: null,
      queueType: 'INBOUND',
      channelType: queue.channelType,
      serviceLevelThreshold: 20,
      maxActiveContacts: 100,
      maxTimeInQueue: 3_600,
      routingType: 'LONGEST_AVAILABLE_AGENT',
      queueRoutingType: 'TEAM_BASED',
      callDistributionGroups: [
        { order: 1, duration: 0, agentGroups: directory.teams.map((team) => ({ teamId: team.id })) },
      ],
      timezone: 'UTC',
      recordingPermitted: true,
      recordingAllCallsPermitted: true,
      monitoringPermitted: true,
      checkAgentAvailability: false,
    })),
    site: directory.sites.map((site) => ({ ...base, ...site, systemDefault: false, multimediaProfileId: null })),
    'entry-point': directory.entryPoints.map((entryPoint) => ({
      ...base,
      id: entryPoint.id,
      name: entryPoint.name,
      entryPointType: entryPoint.entryPointType,
      channelType: 'TELEPHONY',
      serviceLevelThreshold: 20,
      flowId: null,
      timezone: 'UTC',
      flowOverrideSettings: [],
      ...nothing(
        'assetId controlFlowScriptUrl imiOrgType overflowNumber socialChannelType maximumActiveContacts xspVersion subscriptionId',
      ),
    })),
    'auxiliary-code': directory.auxiliaryCodes.map((code) => ({
      ...base,
      id: code.id,
      name: code.name,
      workTypeCode: code.workTypeCode,
      workTypeId: null,
      defaultCode: false,
      isSystemCode: code.name === 'RONA',
    })),
  };
}

/** Fields that the tenant always names although this story has nothing to say in them. */
function nothing(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]));
}
