import {
  amountOf,
  flagOf,
  lenientInstant,
  type OnUnknownValue,
  objectAt,
  optionalObject,
  requiredText,
  textOf,
  textsOf,
} from '../http/fields.ts';
import type { WebexAuxiliaryCode, WebexEntryPoint, WebexQueue, WebexSite, WebexTeam, WebexUser } from '../port.ts';
import { channelOf, directionOf } from '../search/channel-policy.ts';

export function decodeUser(value: unknown, path: string): WebexUser {
  const fields = objectAt(value, path);
  const text = (name: string) => textOf(fields, name, path);
  const profile = optionalObject(fields.userProfileData, path) ?? {};
  return {
    userId: requiredText(fields, 'id', path),
    identityId: text('ciUserId'),
    legacyId: text('dbId'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    email: text('email'),
    isActive: flagOf(fields, 'active', path),
    isContactCenterEnabled: flagOf(fields, 'contactCenterEnabled', path),
    siteId: text('siteId'),
    siteName: text('siteName'),
    teamIds: fields.teamIds === undefined || fields.teamIds === null ? null : textsOf(fields, 'teamIds', path),
    userProfileId: text('userProfileId'),
    profileType: text('userProfileType') ?? textOf(profile, 'profileType', path),
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
  return {
    queueId: requiredText(fields, 'id', path),
    name: text('name'),
    direction: decodeDirection('queue.queueType', text('queueType'), onUnknown),
    ...decodeChannel('queue.channelType', text('channelType'), onUnknown),
    socialChannelType: text('socialChannelType'),
    serviceLevelThresholdSeconds: amountOf(fields, 'serviceLevelThreshold', path),
    isActive: flagOf(fields, 'active', path),
    routingType: text('routingType'),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

export function decodeSite(value: unknown, path: string): WebexSite {
  const fields = objectAt(value, path);
  return {
    siteId: requiredText(fields, 'id', path),
    name: textOf(fields, 'name', path),
    isActive: flagOf(fields, 'active', path),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

export function decodeEntryPoint(value: unknown, path: string, onUnknown: OnUnknownValue): WebexEntryPoint {
  const fields = objectAt(value, path);
  const text = (name: string) => textOf(fields, name, path);
  return {
    entryPointId: requiredText(fields, 'id', path),
    name: text('name'),
    direction: decodeDirection('entryPoint.entryPointType', text('entryPointType'), onUnknown),
    ...decodeChannel('entryPoint.channelType', text('channelType'), onUnknown),
    socialChannelType: text('socialChannelType'),
    serviceLevelThresholdSeconds: amountOf(fields, 'serviceLevelThreshold', path),
    isActive: flagOf(fields, 'active', path),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

const CODE_KINDS: Record<string, WebexAuxiliaryCode['kind']> = { IDLE_CODE: 'idle', WRAP_UP_CODE: 'wrap-up' };

export function decodeAuxiliaryCode(value: unknown, path: string, onUnknown: OnUnknownValue): WebexAuxiliaryCode {
  const fields = objectAt(value, path);
  const workType = textOf(fields, 'workTypeCode', path);
  const kind = CODE_KINDS[workType ?? ''];
  if (kind === undefined && workType !== null) onUnknown('auxiliaryCode.workTypeCode', workType);
  return {
    auxiliaryCodeId: requiredText(fields, 'id', path),
    name: textOf(fields, 'name', path),
    kind: kind ?? 'unknown',
    isDefault: flagOf(fields, 'defaultCode', path),
    isSystemCode: flagOf(fields, 'isSystemCode', path),
    isActive: flagOf(fields, 'active', path),
    updatedAtMs: lenientInstant(fields.lastUpdatedTime),
  };
}

function decodeChannel(field: string, channelType: string | null, onUnknown: OnUnknownValue) {
  const channel = channelOf(channelType ?? '', null);
  if (channel === undefined && channelType !== null) onUnknown(field, channelType);
  return { channel: channel ?? ('other' as const), channelType: channelType ?? '' };
}

function decodeDirection(field: string, type: string | null, onUnknown: OnUnknownValue) {
  const direction = type === null ? 'unknown' : directionOf(type);
  if (direction === undefined) onUnknown(field, type ?? '');
  return direction ?? 'unknown';
}
