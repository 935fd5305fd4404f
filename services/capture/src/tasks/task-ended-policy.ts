import { hash } from 'node:crypto';
import { type AcdChanged, type Channel, storableText, type TaskEnded } from '@wxcc-wfo/contracts';
import type { ActivityFacts, TaskFacts } from '@wxcc-wfo/webex';
import { labelValues, type ReadMapping } from '../metadata/metadata-policy.ts';

/**
 * What an event says of the task itself: neither whose it is, nor which revision, nor what an ACD's settings make of it.
 * Metadata is in it as the mappings of the time of reading labelled it, where there were any.
 */
export type TaskFactsRecord = Omit<
  TaskEnded,
  | 'tenantId'
  | 'acdId'
  | 'taskId'
  | 'webexOrgId'
  | 'revision'
  | 'observedAtMs'
  | 'contactsWanted'
  | 'lastActivityAtMs'
  | 'metadata'
> &
  Partial<Pick<TaskEnded, 'metadata'>>;

/** A task that ended, with its measure: ready to be compared with what is stored. */
export interface EndedTask {
  taskId: string;
  facts: TaskFactsRecord;
  /** The facts as text, which the hash was made of. */
  json: string;
  hash: string;
  activityCount: number;
  factCount: number;
  lastActivityAtMs: number | null;
}

export type Recognised =
  | { kind: 'ended'; task: EndedTask }
  /** It has not ended (a webhook may say "ended" too early): it is read again when it has. */
  | { kind: 'open' }
  /** Its activities were cut short; storing them would tell a shorter story than the ACD does. */
  | { kind: 'incomplete' };

/** Takes from a read task the facts that segmenting and statistics use (CAP-03), in one fixed order, and hashes them. */
export function recogniseEndedTask(read: TaskFacts, mappings: readonly ReadMapping[] = []): Recognised {
  if (read.endedAtMs === null) return { kind: 'open' };
  if (!read.activitiesComplete) return { kind: 'incomplete' };
  let facts = factsOf(read, read.endedAtMs, mappings);
  let json = JSON.stringify(facts);
  if (UNSTORABLE_ESCAPE.test(json)) {
    facts = JSON.parse(json, (_key, value) => (typeof value === 'string' ? storableText(value) : value));
    json = JSON.stringify(facts);
  }
  return {
    kind: 'ended',
    task: {
      taskId: read.taskId,
      facts,
      json,
      hash: hash('sha256', json, 'base64url'),
      activityCount: facts.activities.length,
      factCount: countFacts(json),
      lastActivityAtMs: read.lastActivityAtMs,
    },
  };
}

/** JSON.stringify escapes exactly what Postgres refuses in text and jsonb: NUL and lone surrogates. */
const UNSTORABLE_ESCAPE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** Keys less nulls. A text that holds these characters disturbs the count; that costs one more reading, no fact. */
const countFacts = (json: string) => count(json, '":') - count(json, ':null');

function count(json: string, part: string): number {
  let found = 0;
  for (let at = json.indexOf(part); at >= 0; at = json.indexOf(part, at + part.length)) found += 1;
  return found;
}

function factsOf(read: TaskFacts, endedAtMs: number, mappings: readonly ReadMapping[]): TaskFactsRecord {
  return {
    channel: read.channel,
    channelType: text(read.channelType, 100) ?? '',
    channelSubType: text(read.channelSubType, 100),
    direction: read.direction,
    createdAtMs: read.createdAtMs,
    endedAtMs,
    callingNumber: text(read.ani, 500),
    calledNumber: text(read.dnis, 500),
    queue: namedRef(read.queue?.id, read.queue?.name),
    team: namedRef(read.team?.id, read.team?.name),
    entryPoint: namedRef(read.entryPoint?.id, read.entryPoint?.name),
    terminationType: text(read.terminationType, 200),
    terminationReason: text(read.terminationReason, 500),
    terminatingEnd: text(read.terminatingEnd, 100),
    recordingRequested: read.recordingRequested,
    wrapUpCode: namedRef(read.wrapUpCode?.id, read.wrapUpCode?.name),
    totalMs: read.totals.totalMs,
    // Left out where nothing is mapped, so that such tasks keep the hash that they had before there were mappings.
    ...(mappings.length > 0 ? labelValues(mappings, read.metadata) : {}),
    activities: read.activities.map(activityOf),
  };
}

type Activity = TaskEnded['activities'][number];

function activityOf(read: ActivityFacts): Activity {
  return {
    activityId: read.activityId,
    kind: read.kind,
    sourceEvent: text(read.sourceEvent, 100) ?? '',
    startedAtMs: read.startedAtMs,
    endedAtMs: read.endedAtMs,
    durationMs: read.durationMs,
    agent: agentOf(read.agentId, read.agentName, read.agentSessionId),
    destinationAgent: agentOf(read.destinationAgentId, read.destinationAgentName, read.destinationAgentSessionId),
    queue: namedRef(read.queueId, read.queueName),
    team: namedRef(read.teamId, read.teamName),
    destinationQueueId: read.destinationQueueId,
    transferType: text(read.transferType, 100),
    terminationReason: text(read.terminationReason, 500),
  };
}

const agentOf = (id: string | null, name: string | null, sessionId: string | null): Activity['agent'] =>
  id === null ? null : { id, name: text(name, 500), sessionId };

const namedRef = (id: string | null | undefined, name: string | null | undefined) =>
  id == null ? null : { id, name: text(name ?? null, 500) };

/** A text longer than the contract takes is cut: its end is worth less than the task. */
const text = (value: string | null, maxLength: number): string | null =>
  value !== null && value.length > maxLength ? value.slice(0, maxLength) : value;

/** CAP-02: quality management and the channel's own box both decide; e-mail and the rest count in statistics alone. */
export function areContactsWanted(channel: Channel, qm: AcdChanged['qualityManagement']): boolean {
  const box: Record<Channel, boolean> = {
    voice: qm.voice,
    chat: qm.digital,
    sms: qm.digital,
    email: false,
    social: false,
    other: false,
  };
  return qm.enabled && box[channel];
}

export type AcdSettings = Pick<AcdChanged, 'tenantId' | 'acdId' | 'webexOrgId' | 'qualityManagement'>;

/** What is kept of an accepted reading. */
export interface StoredTask {
  taskId: string;
  revision: number;
  observedAtMs: number;
  lastActivityAtMs: number | null;
  facts: TaskFactsRecord;
}

/** The event of one revision of a task. */
export function toTaskEnded(acd: AcdSettings, task: StoredTask): TaskEnded {
  return {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    taskId: task.taskId,
    webexOrgId: acd.webexOrgId,
    revision: task.revision,
    observedAtMs: task.observedAtMs,
    contactsWanted: areContactsWanted(task.facts.channel, acd.qualityManagement),
    lastActivityAtMs: task.lastActivityAtMs,
    metadata: [],
    ...task.facts,
  };
}
