import type { SimulatorOptions } from '../options.ts';
import type { ActivityRow, TaskModel } from '../story/task-model.ts';

/** A record as Search shows it: plain values by field name. */
export type View = Record<string, unknown>;

export interface TaskView extends View {
  id: string;
  createdTime: number;
  endedTime: number;
  lastActivityTime: number;
  /** Rows newest first. */
  activityRows: View[];
}

type Settings = Pick<SimulatorOptions, 'searchAgentId'>;

const settledViews = new WeakMap<TaskModel, { view: TaskView; changes: TaskModel['changes']; rows: number }>();

/** What Search shows of a task at one moment: rows that have begun, unfinished ones with −1. */
export function viewTask(task: TaskModel, nowMs: number, settings: Settings): TaskView {
  const known = settledViews.get(task);
  if (known !== undefined && known.changes === task.changes && known.rows === task.rows.length) return known.view;
  const view = buildView(task, nowMs, settings);
  const settled = nowMs >= task.endedMs && task.rows.every((row) => row.endMs <= nowMs);
  if (settled) settledViews.set(task, { view, changes: task.changes, rows: task.rows.length });
  return view;
}

function buildView(task: TaskModel, nowMs: number, settings: Settings): TaskView {
  const rows = task.rows.filter((row) => row.createdMs <= nowMs);
  const ofCall = rows.filter((row) => !row.consultLeg);
  const ended = nowMs >= task.endedMs;
  const idOf = (agent: ActivityRow['agent']): string | null => agent?.[settings.searchAgentId] ?? null;
  const lastAgent = ofCall.find((row) => row.agent !== undefined && talk.has(row.eventName))?.agent;
  const lastQueueRow = rows.find((row) => row.queue !== undefined && row.eventName === 'parked');
  const wrapUp = rows.find((row) => row.eventName === 'WrapUp' && row.endMs <= nowMs && row.wrapUpCode !== undefined);
  const changes = task.changes ?? {};
  const total = (...names: string[]): number => totalOf(ofCall, names, nowMs);
  const count = (...names: string[]): number => ofCall.filter((row) => names.includes(row.eventName)).length;
  const connected = total('connected', 'hold-done', 'conference-done');
  return {
    id: task.id,
    status: ended ? 'ended' : statusOf(ofCall),
    channelType: task.channelType,
    channelSubType: task.channelSubType,
    createdTime: task.createdMs,
    endedTime: ended ? task.endedMs : -1,
    lastActivityTime: Math.max(task.createdMs, changes.changedMs ?? 0, ...rows.map((row) => lastTouched(row, nowMs))),
    isActive: !ended,
    origin: changes.origin ?? task.origin,
    destination: task.destination,
    direction: task.direction,
    isOutdial: task.direction === 'OUTBOUND',
    outdialType: task.direction === 'OUTBOUND' ? 'OUTDIAL' : null,
    isCampaign: false,
    isCallback: false,
    terminationType: ended ? task.terminationType : null,
    terminationReason: ended ? task.terminationReason : null,
    terminatingEnd: ended ? task.terminatingEnd : null,
    contactHandleType: ended ? (task.terminationType === 'abandoned' ? 'abandoned' : 'normal') : null,
    abandonedType: ended && task.terminationType === 'abandoned' ? 'queue' : null,
    contactReason: task.contactReason,
    captureRequested: task.recordings.length > 0,
    recordingLocation: task.recordings[0] ? `recordings/${task.id}` : null,
    recordingCount: count('recording-available'),
    isRecordingDeleted: false,
    isTranscriptionAvailable: null,
    totalDuration: ended ? task.endedMs - task.createdMs : nowMs - task.createdMs,
    queueDuration: total('parked'),
    queueCount: count('parked'),
    ringingDuration: total('connect', 'Transferred'),
    connectedDuration: connected,
    connectedCount: count('connected'),
    holdDuration: total('on-hold'),
    holdCount: count('on-hold'),
    consultDuration: total('consulting'),
    consultCount: count('consulting'),
    consultToQueueDuration: 0,
    consultToQueueCount: 0,
    conferenceDuration: 0,
    conferenceCount: 0,
    wrapupDuration: total('WrapUp'),
    selfserviceDuration: total('ivr-connected'),
    selfserviceCount: count('ivr-connected'),
    transferCount: count('ConsultTransfer', 'blind-transfer', 'vt-transfer'),
    blindTransferCount: count('blind-transfer', 'vt-transfer'),
    agentToAgentTransferCount: count('ConsultTransfer', 'blind-transfer'),
    agentToQueueTransferCount: count('vt-transfer'),
    csatScore: changes.csatScore ?? 0,
    topicName: changes.topicName ?? null,
    isContactHandled: count('connected') > 0,
    isWithInServiceLevel: total('parked') <= 20_000,
    customer: {
      name: task.customerName,
      phoneNumber: task.direction === 'INBOUND' ? task.origin : task.destination,
      email: task.customerEmail,
    },
    lastQueue: nameOf(lastQueueRow?.queue, { duration: lastQueueRow ? durationOf(lastQueueRow, nowMs) : null }),
    lastSite: nameOf(lastAgent?.team.site),
    lastTeam: nameOf(lastAgent?.team),
    lastEntryPoint: nameOf(task.entryPoint),
    entryPoint: nameOf(task.entryPoint),
    previousQueue: nameOf(undefined),
    lastAgent: {
      ...nameOf(undefined),
      id: idOf(lastAgent),
      name: lastAgent?.name ?? null,
      signInId: lastAgent?.email ?? null,
      sessionId: lastAgent?.sessionId ?? null,
      phoneNumber: lastAgent?.phoneNumber ?? null,
      channelId: lastAgent?.channelId ?? null,
    },
    owner: { id: idOf(lastAgent), name: lastAgent?.name ?? null },
    lastWrapUpCodeId: wrapUp?.wrapUpCode?.id ?? null,
    lastWrapupCodeName: changes.wrapUpCodeName ?? wrapUp?.wrapUpCode?.name ?? null,
    channelMetaData: {
      email: task.email && { ...task.email, metaData: task.email.metadata },
      chat: null,
      inBoundTranscript: null,
      outBoundTranscript: null,
    },
    globalVariables: task.globalVariables,
    // Made when somebody asks and not kept: rows are most of a record, and most queries do not read them.
    get activityRows() {
      return rows.map((row, index) =>
        viewRow(task, row, { nowMs, idOf, older: rows[index + 1], newer: rows[index - 1] }),
      );
    },
  };
}

interface RowContext {
  nowMs: number;
  idOf: (agent: ActivityRow['agent']) => string | null;
  older: ActivityRow | undefined;
  newer: ActivityRow | undefined;
}

function viewRow(task: TaskModel, row: ActivityRow, context: RowContext): View {
  const { nowMs, idOf } = context;
  const { agent, destinationAgent, queue, destinationQueue } = row;
  return {
    id: `${task.id}-${row.createdMs}-${row.internalEvent}`,
    isActive: row.endMs > nowMs,
    createdTime: row.createdMs,
    endedTime: row.endMs > nowMs ? -1 : row.endMs,
    duration: durationOf(row, nowMs),
    lastActivityTime: lastTouched(row, nowMs),
    eventName: row.eventName,
    previousState: context.older?.eventName ?? null,
    nextState: context.newer?.eventName ?? null,
    agentId: idOf(agent),
    agentName: agent?.name ?? null,
    agentPhoneNumber: agent?.phoneNumber ?? null,
    agentSessionId: agent?.sessionId ?? null,
    agentChannelId: agent?.channelId ?? null,
    entrypointId: task.entryPoint.id,
    entrypointName: task.entryPoint.name,
    queueId: queue?.id ?? null,
    queueName: queue?.name ?? null,
    siteId: agent?.team.site.id ?? null,
    siteName: agent?.team.site.name ?? null,
    teamId: agent?.team.id ?? null,
    teamName: agent?.team.name ?? null,
    activityName: row.activityName ?? null,
    activityType: row.eventName === 'flow-activity' ? 'flow' : null,
    destinationAgentPhoneNumber: destinationAgent ? Number(destinationAgent.phoneNumber) : null,
    destinationAgentId: idOf(destinationAgent),
    destinationAgentName: destinationAgent?.name ?? null,
    destinationAgentSessionId: destinationAgent?.sessionId ?? null,
    destinationAgentChannelId: destinationAgent?.channelId ?? null,
    destinationAgentTeamId: destinationAgent?.team.id ?? null,
    destinationAgentTeamName: destinationAgent?.team.name ?? null,
    destinationQueueId: destinationQueue?.id ?? null,
    destinationQueueName: destinationQueue?.name ?? null,
    terminationReason: row.terminationReason ?? null,
  };
}

const talk = new Set(['connected', 'hold-done', 'conference-done']);

const statuses: Record<string, string> = {
  new: 'created',
  parked: 'parked',
  connected: 'connected',
  'hold-done': 'connected',
};

function statusOf(rows: readonly ActivityRow[]): string {
  return statuses[rows.find((row) => row.eventName in statuses)?.eventName ?? 'new'] ?? 'created';
}

function durationOf(row: ActivityRow, nowMs: number): number {
  return row.endMs > nowMs ? -1 : row.endMs - row.createdMs;
}

/** A span that has ended was written again at its end. */
function lastTouched(row: ActivityRow, nowMs: number): number {
  return row.endMs <= nowMs ? row.endMs : row.createdMs;
}

function totalOf(rows: readonly ActivityRow[], names: readonly string[], nowMs: number): number {
  return rows
    .filter((row) => names.includes(row.eventName))
    .reduce((sum, row) => sum + Math.max(0, durationOf(row, nowMs)), 0);
}

function nameOf(thing: { id: string; name: string } | undefined, more: View = {}): View {
  return { id: thing?.id ?? null, name: thing?.name ?? null, ...more };
}
