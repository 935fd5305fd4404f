import type { TaskChannel } from './tasks.ts';

export interface WebexUser {
  userId: string;
  /** The Common Identity id, by which recordings and webhooks name the same person. */
  identityId: string | null;
  /** `dbId`, the identifier from before a migration: what 1.0 calls TID. */
  legacyId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  isActive: boolean | null;
  isContactCenterEnabled: boolean | null;
  siteId: string | null;
  siteName: string | null;
  /** Null where the list left it out, which is not "no teams". */
  teamIds: string[] | null;
  userProfileId: string | null;
  /** `ADMINISTRATOR`, `STANDARD_AGENT` and so on; told only where one user is asked for. */
  profileType: string | null;
  agentProfileId: string | null;
  skillProfileId: string | null;
  timezone: string | null;
  externalId: string | null;
  updatedAtMs: number | null;
}

export interface WebexTeam {
  teamId: string;
  name: string | null;
  type: string | null;
  status: string | null;
  isActive: boolean | null;
  siteId: string | null;
  siteName: string | null;
  userIds: string[] | null;
  updatedAtMs: number | null;
}

export interface WebexQueue {
  queueId: string;
  name: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  channel: TaskChannel;
  channelType: string;
  socialChannelType: string | null;
  serviceLevelThresholdSeconds: number | null;
  isActive: boolean | null;
  routingType: string | null;
  updatedAtMs: number | null;
}

export interface WebexSite {
  siteId: string;
  name: string | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}

export interface WebexEntryPoint {
  entryPointId: string;
  name: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  channel: TaskChannel;
  channelType: string;
  socialChannelType: string | null;
  serviceLevelThresholdSeconds: number | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}

/** Why an agent is idle, or how a contact was wrapped up. */
export interface WebexAuxiliaryCode {
  auxiliaryCodeId: string;
  name: string | null;
  kind: 'idle' | 'wrap-up' | 'unknown';
  isDefault: boolean | null;
  isSystemCode: boolean | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}
