import type { ActivityKind } from '@wxcc-wfo/contracts';

/** Epoch ms. Webex does not say whether a time equal to `endMs` is in: treat windows as overlapping by that millisecond. */
export interface TimeWindow {
  startMs: number;
  endMs: number;
}

export interface NamedThing {
  id: string;
  name: string | null;
}

export type TaskChannel = 'voice' | 'chat' | 'sms' | 'email' | 'social' | 'other';

/** One contact session as it was when read. Times are epoch ms, durations ms; null is "not said". */
export interface TaskFacts {
  taskId: string;
  isActive: boolean;
  status: string;
  channel: TaskChannel;
  channelType: string;
  channelSubType: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  createdAtMs: number;
  endedAtMs: number | null;
  lastActivityAtMs: number | null;
  /** Where the contact came from (calling number, address). */
  ani: string | null;
  /** Where it went (called number, address). */
  dnis: string | null;
  customer: { name: string | null; phoneNumber: string | null; email: string | null } | null;
  queue: NamedThing | null;
  team: NamedThing | null;
  site: NamedThing | null;
  entryPoint: NamedThing | null;
  /** The last agent, or the owner where only that is told. */
  agent: { id: string; name: string | null; sessionId: string | null } | null;
  terminationType: string | null;
  terminationReason: string | null;
  terminatingEnd: string | null;
  contactHandleType: string | null;
  isOutdial: boolean | null;
  isCallback: boolean | null;
  recordingRequested: boolean | null;
  recordingCount: number | null;
  isRecordingDeleted: boolean | null;
  totals: TaskTotals;
  wrapUpCode: { id: string | null; name: string | null } | null;
  isContactHandled: boolean | null;
  isWithinServiceLevel: boolean | null;
  /** Values of the metadata fields that were asked for, by `keyOfMetadataField` of the contracts; one without a value is not in it. */
  metadata: Readonly<Record<string, string>>;
  /** Oldest first. */
  activities: ActivityFacts[];
  /** False when not every activity could be read: such a task must not be stored as complete. */
  activitiesComplete: boolean;
  /** How many activities Webex says there are. */
  activityCount: number;
}

/** What was not told or not finished counts as 0 here. */
export interface TaskTotals {
  totalMs: number;
  queueMs: number;
  ringingMs: number;
  connectedMs: number;
  holdMs: number;
  consultMs: number;
  conferenceMs: number;
  wrapUpMs: number;
  selfServiceMs: number;
  transferCount: number;
  blindTransferCount: number;
  holdCount: number;
  consultCount: number;
  conferenceCount: number;
  queueCount: number;
}

/** One step in a task's life. `offered` is ringing, `hold-ended` talk after a hold. */
export interface ActivityFacts {
  activityId: string;
  kind: ActivityKind;
  /** Webex's literal, as evidence. */
  sourceEvent: string;
  startedAtMs: number;
  endedAtMs: number | null;
  /** Until the next state; null while unfinished. Holds and the like may span the steps that happen within them. */
  durationMs: number | null;
  agentId: string | null;
  agentName: string | null;
  agentSessionId: string | null;
  agentChannelId: string | null;
  queueId: string | null;
  queueName: string | null;
  teamId: string | null;
  teamName: string | null;
  siteId: string | null;
  siteName: string | null;
  entryPointId: string | null;
  destinationAgentId: string | null;
  destinationAgentName: string | null;
  destinationAgentSessionId: string | null;
  destinationTeamId: string | null;
  destinationQueueId: string | null;
  transferType: string | null;
  childContactId: string | null;
  childContactType: string | null;
  terminationReason: string | null;
}
