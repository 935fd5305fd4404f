import {
  amountOf,
  type Fields,
  flagOf,
  instantOf,
  listAt,
  type OnUnknownValue,
  objectAt,
  optionalObject,
  requiredInstant,
  requiredText,
  textOf,
} from '../http/fields.ts';
import type { ActivityFacts, NamedThing, TaskFacts, TaskTotals } from '../port.ts';
import { activityKindOf, internalNameOf } from './activity-kinds.ts';
import { channelOf, directionOf } from './channel-policy.ts';
import { noting } from './known-values.ts';

export interface ActivityPage {
  activities: ActivityFacts[];
  /** How many Webex says there are; null when it was not told. */
  totalCount: number | null;
  hasNextPage: boolean;
  endCursor: string | null;
}

export type DecodedTask = Omit<TaskFacts, 'metadata' | 'activities' | 'activitiesComplete' | 'activityCount'>;

/** Decodes one `taskDetails.tasks[]` record without its activities. @throws WebexError `invalid-answer` with the path */
export function decodeTask(record: unknown, path: string, onUnknown: OnUnknownValue): DecodedTask {
  const fields = objectAt(record, path);
  const text = (name: string) => textOf(fields, name, path);
  const flag = (name: string) => flagOf(fields, name, path);
  const endedAtMs = instantOf(fields, 'endedTime', path);
  const isActive = flag('isActive') ?? endedAtMs === null;
  const channelType = text('channelType') ?? '';
  const word = (name: Parameters<typeof noting>[0]) => noting(name, text(name), onUnknown);
  const channelSubType = word('channelSubType');
  const wrapUpId = text('lastWrapUpCodeId');
  const wrapUpName = text('lastWrapupCodeName');
  return {
    taskId: requiredText(fields, 'id', path),
    isActive,
    status: word('status') ?? '',
    channel: channelOf(channelType, channelSubType) ?? noteUnknown(onUnknown, 'channelType', channelType, 'other'),
    channelType,
    channelSubType,
    direction: decodeDirection(text('direction'), onUnknown),
    createdAtMs: requiredInstant(fields, 'createdTime', path),
    endedAtMs,
    lastActivityAtMs: instantOf(fields, 'lastActivityTime', path),
    ani: text('origin'),
    dnis: text('destination'),
    customer: decodeCustomer(fields, path),
    queue: decodeNamed(fields, 'lastQueue', path),
    team: decodeNamed(fields, 'lastTeam', path),
    site: decodeNamed(fields, 'lastSite', path),
    entryPoint: decodeNamed(fields, 'lastEntryPoint', path),
    agent: decodeAgent(fields, path),
    terminationType: word('terminationType'),
    terminationReason: text('terminationReason'),
    terminatingEnd: word('terminatingEnd'),
    contactHandleType: word('contactHandleType'),
    isOutdial: flag('isOutdial'),
    isCallback: flag('isCallback'),
    recordingRequested: flag('captureRequested'),
    recordingCount: amountOf(fields, 'recordingCount', path),
    isRecordingDeleted: flag('isRecordingDeleted'),
    totals: decodeTotals(fields, path),
    wrapUpCode: wrapUpId === null && wrapUpName === null ? null : { id: wrapUpId, name: wrapUpName },
    isContactHandled: flag('isContactHandled'),
    isWithinServiceLevel: flag('isWithInServiceLevel'),
  };
}

/** Decodes `activities { totalCount nodes pageInfo }`; the nodes stay in Webex's order (newest first). */
export function decodeActivityPage(value: unknown, path: string, onUnknown: OnUnknownValue): ActivityPage {
  const fields = optionalObject(value, path) ?? {};
  const pageInfo = optionalObject(fields.pageInfo, `${path}.pageInfo`) ?? {};
  return {
    activities: listAt(fields.nodes, `${path}.nodes`).map((node, index) =>
      decodeActivity(node, `${path}.nodes[${index}]`, onUnknown),
    ),
    totalCount: amountOf(fields, 'totalCount', path),
    hasNextPage: flagOf(pageInfo, 'hasNextPage', `${path}.pageInfo`) ?? false,
    endCursor: textOf(pageInfo, 'endCursor', `${path}.pageInfo`),
  };
}

export function decodeActivity(node: unknown, path: string, onUnknown: OnUnknownValue): ActivityFacts {
  const fields = objectAt(node, path);
  const text = (name: string) => textOf(fields, name, path);
  const activityId = requiredText(fields, 'id', path);
  const eventName = text('eventName');
  const kind = activityKindOf(eventName, activityId);
  const sourceEvent = eventName ?? internalNameOf(activityId) ?? '';
  if (kind === 'unknown') onUnknown('activity.eventName', sourceEvent);
  return {
    activityId,
    kind,
    sourceEvent,
    startedAtMs: requiredInstant(fields, 'createdTime', path),
    endedAtMs: instantOf(fields, 'endedTime', path),
    durationMs: amountOf(fields, 'duration', path),
    agentId: text('agentId'),
    agentName: text('agentName'),
    agentSessionId: text('agentSessionId'),
    agentChannelId: text('agentChannelId'),
    queueId: text('queueId'),
    queueName: text('queueName'),
    teamId: text('teamId'),
    teamName: text('teamName'),
    siteId: text('siteId'),
    siteName: text('siteName'),
    entryPointId: text('entrypointId'),
    destinationAgentId: text('destinationAgentId'),
    destinationAgentName: text('destinationAgentName'),
    destinationAgentSessionId: text('destinationAgentSessionId'),
    destinationTeamId: text('destinationAgentTeamId'),
    destinationQueueId: text('destinationQueueId'),
    transferType: text('transferType'),
    childContactId: text('childContactId'),
    childContactType: text('childContactType'),
    terminationReason: text('terminationReason'),
  };
}

/** Webex's order turned round: oldest first, rows of one millisecond in the reverse of Webex's order. */
export function oldestFirst(newestFirst: readonly ActivityFacts[]): ActivityFacts[] {
  return [...newestFirst].reverse().sort((a, b) => a.startedAtMs - b.startedAtMs);
}

function decodeDirection(value: string | null, onUnknown: OnUnknownValue): TaskFacts['direction'] {
  if (value === null) return 'unknown';
  return directionOf(value) ?? noteUnknown(onUnknown, 'direction', value, 'unknown');
}

function decodeNamed(fields: Fields, name: string, path: string): NamedThing | null {
  const named = optionalObject(fields[name], `${path}.${name}`);
  const id = named && textOf(named, 'id', `${path}.${name}`);
  return named && id ? { id, name: textOf(named, 'name', `${path}.${name}`) } : null;
}

function decodeAgent(fields: Fields, path: string): TaskFacts['agent'] {
  const last = optionalObject(fields.lastAgent, `${path}.lastAgent`);
  const id = last && textOf(last, 'id', `${path}.lastAgent`);
  if (last && id) {
    const lastPath = `${path}.lastAgent`;
    return { id, name: textOf(last, 'name', lastPath), sessionId: textOf(last, 'sessionId', lastPath) };
  }
  const owner = decodeNamed(fields, 'owner', path);
  return owner && { ...owner, sessionId: null };
}

function decodeCustomer(fields: Fields, path: string): TaskFacts['customer'] {
  const customer = optionalObject(fields.customer, `${path}.customer`);
  if (!customer) return null;
  const text = (name: string) => textOf(customer, name, `${path}.customer`);
  const decoded = { name: text('name'), phoneNumber: text('phoneNumber'), email: text('email') };
  return Object.values(decoded).every((value) => value === null) ? null : decoded;
}

function decodeTotals(fields: Fields, path: string): TaskTotals {
  const amount = (name: string) => amountOf(fields, name, path) ?? 0;
  return {
    totalMs: amount('totalDuration'),
    queueMs: amount('queueDuration'),
    ringingMs: amount('ringingDuration'),
    connectedMs: amount('connectedDuration'),
    holdMs: amount('holdDuration'),
    consultMs: amount('consultDuration'),
    conferenceMs: amount('conferenceDuration'),
    wrapUpMs: amount('wrapupDuration'),
    selfServiceMs: amount('selfserviceDuration'),
    transferCount: amount('transferCount'),
    blindTransferCount: amount('blindTransferCount'),
    holdCount: amount('holdCount'),
    consultCount: amount('consultCount'),
    conferenceCount: amount('conferenceCount'),
    queueCount: amount('queueCount'),
  };
}

function noteUnknown<T>(onUnknown: OnUnknownValue, field: string, value: string, instead: T): T {
  if (value !== '') onUnknown(field, value);
  return instead;
}
