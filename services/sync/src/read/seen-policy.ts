import type { WebexAuxiliaryCode, WebexEntryPoint, WebexQueue, WebexSite, WebexTeam, WebexUser } from '@wxcc-wfo/webex';
import type { SeenItem } from '../reconcile/queue-policy.ts';
import type { SeenTeam } from '../reconcile/team-policy.ts';
import type { SeenUser } from '../reconcile/user-policy.ts';

const LONGEST_TEXT = 500;
const LONGEST_ID = 200;

/** Postgres takes no NUL, our contracts nothing longer; neither may stop a run. */
const text = (value: string | null) => (value === null ? null : value.replaceAll('\u0000', '').slice(0, LONGEST_TEXT));
const nameOr = (value: string | null, id: string) => text(value)?.trim() || id;
const isId = (value: string | null): value is string =>
  value !== null && value.length > 0 && value.length <= LONGEST_ID && !value.includes('\u0000');

/**
 * What of a user counts here, or why it cannot be told apart from others: 1.0 knows its users by their TID, which the
 * API calls `dbId` (guide, Core Configuration Data for 1.0).
 */
export function seenUser(user: WebexUser, o: { isOneDotZero: boolean }): SeenUser | { refusal: string } {
  const acdUserId = o.isOneDotZero ? user.legacyId : user.userId;
  if (!isId(user.userId)) return { refusal: 'a user has an id that cannot be kept' };
  if (!isId(acdUserId)) return { refusal: `user ${user.userId} has no TID, by which 1.0 knows its users` };
  return {
    webexId: user.userId,
    acdUserId,
    identityId: isId(user.identityId) ? user.identityId : null,
    externalId: text(user.externalId),
    firstName: text(user.firstName),
    lastName: text(user.lastName),
    email: text(user.email),
    contactCenterEnabled: user.isContactCenterEnabled,
    state: user.isActive === null ? null : user.isActive ? 'active' : 'not-active',
  };
}

const TEAM_TYPES: Record<string, SeenTeam['type']> = { AGENT: 'agent', CAPACITY: 'capacity' };

export function seenTeam(team: WebexTeam): SeenTeam {
  return {
    webexId: team.teamId,
    name: nameOr(team.name, team.teamId),
    type: TEAM_TYPES[team.type?.toUpperCase() ?? ''] ?? 'unknown',
    state: stateOf(team.isActive),
  };
}

export function seenQueue(queue: WebexQueue): SeenItem {
  return {
    webexId: queue.queueId,
    name: nameOr(queue.name, queue.queueId),
    state: stateOf(queue.isActive),
    fields: {
      channel: queue.channel,
      channelType: queue.channelType.slice(0, 100),
      direction: queue.direction,
      serviceLevelThresholdSeconds: queue.serviceLevelThresholdSeconds,
    },
  };
}

export function seenSite(site: WebexSite): SeenItem {
  return { webexId: site.siteId, name: nameOr(site.name, site.siteId), state: stateOf(site.isActive), fields: {} };
}

export function seenEntryPoint(point: WebexEntryPoint): SeenItem {
  return {
    webexId: point.entryPointId,
    name: nameOr(point.name, point.entryPointId),
    state: stateOf(point.isActive),
    fields: {
      channel: point.channel,
      direction: point.direction,
      serviceLevelThresholdSeconds: point.serviceLevelThresholdSeconds,
    },
  };
}

export function seenAuxiliaryCode(code: WebexAuxiliaryCode): SeenItem {
  return {
    webexId: code.auxiliaryCodeId,
    name: nameOr(code.name, code.auxiliaryCodeId),
    state: stateOf(code.isActive),
    fields: { codeKind: code.kind, isDefault: code.isDefault, isSystemCode: code.isSystemCode },
  };
}

/** The API leaves `active` out of some lists; what it lists without a word is there. */
function stateOf(isActive: boolean | null): 'active' | 'inactive' {
  return isActive === false ? 'inactive' : 'active';
}
