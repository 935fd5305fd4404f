import type { ExpectedContact } from '../ground-truth/types.ts';
import type { Agent, AuxiliaryCode, EntryPoint, Queue } from './directory.ts';

/** One activity row (CAR). A point event ends where it begins; a span's end may still lie in the future. */
export interface ActivityRow {
  createdMs: number;
  endMs: number;
  eventName: string;
  /** Last part of the row's id, which the tenant spells differently from eventName for some rows. */
  internalEvent: string;
  agent?: Agent | undefined;
  destinationAgent?: Agent | undefined;
  queue?: Queue | undefined;
  destinationQueue?: Queue | undefined;
  wrapUpCode?: AuxiliaryCode | undefined;
  activityName?: string | undefined;
  terminationReason?: string | undefined;
  /** Of the leg to a consulted agent: it tells nothing of the customer's connection. */
  consultLeg?: true;
}

/** Who is heard on a channel of a recording, as the audio marker says it. */
export const heardRoles = ['silence', 'caller', 'agent', 'hold-music', 'ringback'] as const;
export type HeardRole = (typeof heardRoles)[number];

/** What a recording contains from one moment to another (epoch ms, half-open). */
export interface HeardSpan {
  startMs: number;
  endMs: number;
  left: HeardRole;
  right: HeardRole;
  /** Number of the agent on the right channel; 4095 where nobody is. */
  agentNumber: number;
  /** Number of the agent on the left channel, where agents talk with each other. */
  leftAgentNumber?: number;
}

export interface RecordingModel {
  id: string;
  /** Number that the audio marker carries: task number × 16 + position. */
  number: number;
  taskId: string;
  segment: boolean;
  callType: 'main' | 'consult';
  fileName: string;
  startMs: number;
  stopMs: number;
  /** From when on the captures query names it. */
  availableMs: number;
  agents: Agent[];
  spans: HeardSpan[];
}

/** Facts that tests or faults change after the end; they win over what the story says. */
export interface TaskChanges {
  wrapUpCodeName?: string;
  topicName?: string;
  csatScore?: number;
  /** The calling number of an inbound call. */
  origin?: string;
  /** When the change became visible; it moves lastActivityTime. */
  changedMs?: number;
}

export interface TaskModel {
  id: string;
  number: number;
  scenario: string;
  channelType: 'telephony' | 'chat' | 'email' | 'social_channel';
  channelSubType: string | null;
  createdMs: number;
  endedMs: number;
  direction: 'INBOUND' | 'OUTBOUND';
  origin: string;
  destination: string;
  customerName: string | null;
  customerEmail: string | null;
  contactReason: string | null;
  /** Of an e-mail: what its header says. */
  email: { subject: string; metadata: string } | null;
  entryPoint: EntryPoint;
  terminatingEnd: 'Customer' | 'Agent' | 'System';
  terminationReason: string;
  terminationType: 'normal' | 'abandoned' | 'self_service';
  rows: ActivityRow[];
  recordings: RecordingModel[];
  globalVariables: Record<string, string | number | boolean>;
  expectedContacts: ExpectedContact[];
  /** Where set: Search does not know the task before this moment, although it has ended. */
  visibleFromMs?: number;
  changes?: TaskChanges;
}
