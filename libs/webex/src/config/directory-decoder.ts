import {
  amountOf,
  flagOf,
  instantOf,
  type OnUnknownValue,
  objectAt,
  requiredText,
  textOf,
  textsOf,
} from '../http/fields.ts';
import type { WebexQueue, WebexTeam, WebexUser } from '../port.ts';
import { channelOf, directionOf } from '../search/channel-policy.ts';

export function decodeUser(value: unknown, path: string): WebexUser {
  const fields = objectAt(value, path);
  const text = (name: string) => textOf(fields, name, path);
  return {
    userId: requiredText(fields, 'id', path),
    identityId: text('ciUserId'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    email: text('email'),
    isActive: flagOf(fields, 'active', path),
    isContactCenterEnabled: flagOf(fields, 'contactCenterEnabled', path),
    siteId: text('siteId'),
    siteName: text('siteName'),
    teamIds: fields.teamIds === undefined || fields.teamIds === null ? null : textsOf(fields, 'teamIds', path),
    userProfileId: text('userProfileId'),
    agentProfileId: text('agentProfileId'),
    skillProfileId: text('skillProfileId'),
    timezone: text('timezone'),
    externalId: text('externalIdentifier'),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

export function decodeTeam(value: unknown, path: string): WebexTeam {
  const fields = objectAt(value, path);
  const text = (name: string) => textOf(fields, name, path);
  return {
    teamId: requiredText(fields, 'id', path),
    name: text('name'),
    type: text('teamType'),
    status: text('teamStatus'),
    isActive: flagOf(fields, 'active', path),
    siteId: text('siteId'),
    siteName: text('siteName'),
    userIds: fields.userIds === undefined || fields.userIds === null ? null : textsOf(fields, 'userIds', path),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

export function decodeQueue(value: unknown, path: string, onUnknown: OnUnknownValue): WebexQueue {
  const fields = objectAt(value, path);
  const text = (name: string) => textOf(fields, name, path);
  const channelType = text('channelType') ?? '';
  const channel = channelOf(channelType, null);
  if (channel === undefined && channelType !== '') onUnknown('queue.channelType', channelType);
  const queueType = text('queueType');
  const direction = queueType === null ? 'unknown' : directionOf(queueType);
  if (direction === undefined) onUnknown('queue.queueType', queueType ?? '');
  return {
    queueId: requiredText(fields, 'id', path),
    name: text('name'),
    direction: direction ?? 'unknown',
    channel: channel ?? 'other',
    channelType,
    socialChannelType: text('socialChannelType'),
    serviceLevelThresholdSeconds: amountOf(fields, 'serviceLevelThreshold', path),
    isActive: flagOf(fields, 'active', path),
    routingType: text('routingType'),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

/** The configuration API documents these times as numbers, strings and placeholders: what is no time is not told. */
function lenientInstant(value: unknown): number | null {
  try {
    return instantOf({ value }, 'value', '');
  } catch {
    return null;
  }
}
